#!/bin/sh
# Restore the newest dump of BACKUP_FOLDER into the database DRILL_URL, and print what is in it.
#
# This empties that database first, so its name must end in _drill. Ends with exit code 1 at the first
# error. Afterwards, `manage.py migrate --check` and `check` with this database tell whether this
# version can work with it.
set -eu
: "${DRILL_URL:?}" "${BACKUP_FOLDER:?}"
case $DRILL_URL in *_drill) ;; *)
    echo "DRILL_URL must name a database whose name ends in _drill: it is emptied." >&2
    exit 2
    ;;
esac

dump=$(find "$BACKUP_FOLDER" -name 'returns-*.dump' | sort | tail -1)
if [ -z "$dump" ]; then
    echo "There is no dump in $BACKUP_FOLDER." >&2
    exit 1
fi
sql() { psql --set=ON_ERROR_STOP=1 --quiet --no-align --tuples-only --dbname="$DRILL_URL" "$@"; }

echo "Restoring $dump"
sql --command='DROP SCHEMA public CASCADE; CREATE SCHEMA public' 2>/dev/null
pg_restore --no-owner --no-acl --exit-on-error --dbname="$DRILL_URL" "$dump"
for table in returns_return returns_returnevent returns_comment tags_tag auth_user; do
    echo "$table: $(sql --command="SELECT count(*) FROM $table") rows"
done
echo "The newest change of a return: $(sql --command='SELECT max(updated_at) FROM returns_return')"
[ "$(sql --command='SELECT count(*) FROM django_migrations')" -gt 0 ]
echo "Restored."
