#!/bin/sh
# Dump the database BACKUP_URL into BACKUP_FOLDER, and delete dumps older than BACKUP_DAYS.
#
# A dump has its name only once it is whole and can be read. With --every-night, it is made now, and
# then every night at two o'clock (UTC).
set -eu
: "${BACKUP_URL:?}" "${BACKUP_FOLDER:?}"
umask 077

dump() {
    file="$BACKUP_FOLDER/returns-$(date -u +%Y%m%dT%H%M%SZ).dump"
    pg_dump --format=custom --file="$file.part" "$BACKUP_URL" || return 1
    pg_restore --list "$file.part" >/dev/null || return 1
    mv "$file.part" "$file" || return 1
    find "$BACKUP_FOLDER" -name 'returns-*.dump' -mtime "+${BACKUP_DAYS:-14}" -delete
    find "$BACKUP_FOLDER" -name 'returns-*.part' -mtime +1 -delete
    echo "Backed up: $file, $(wc -c <"$file") bytes"
}

if [ "${1-}" != --every-night ]; then
    dump
    exit
fi
trap 'exit 0' TERM INT
while :; do
    if dump; then
        now=$(date -u +%s)
        pause=$(((now / 86400 * 86400 + 7200 - now + 86400 - 1) % 86400 + 1))
    else
        echo "The backup failed. It is tried again in ten minutes." >&2
        pause=600
    fi
    sleep "$pause" &
    wait $!
done
