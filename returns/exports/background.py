"""Files made in the background: requested, written, kept for some days, downloaded.

While a file is made, its process holds a lock. So other processes skip it, and make it again if
that process dies.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from io import SEEK_END
from itertools import count
from tempfile import TemporaryFile
from typing import IO

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from xlsxwriter.exceptions import XlsxWriterException

from config.numbers import grouped
from config.stored_texts import StoredText, stored_text
from returns.database.locks import Lock, try_lock
from returns.exports import as_csv, as_xlsx
from returns.exports.forms import ExportRequest, check_fits_sheet, check_permission, refusal
from returns.exports.progress import progress_writer
from returns.exports.selection import Selection, count_returns, measure, parse_selection
from returns.filters.query import Query
from returns.models import Export, ExportPart, FileFormat, Progress
from returns.people.access import record_export

logger = logging.getLogger(__name__)

UNFINISHED = (Progress.WAITING, Progress.RUNNING)
PART_SIZE = 1024 * 1024  # bytes
MEGABYTE = 1_000_000  # bytes
MAX_CSV_ROWS = 1_000_000_000  # beyond what any file may hold
MAX_UNFINISHED_PER_PERSON = 3
# An export whose process dies starts again: at once at first, then after pauses that grow, so that
# one that kills its process does not do so for ever.
MAX_EXPORT_ATTEMPTS, ATTEMPTS_WITHOUT_PAUSE = 10, 3
LONGEST_PAUSE = 60  # minutes
EXPORT_CONTENT_TYPES = {
    FileFormat.XLSX: as_xlsx.CONTENT_TYPE,
    FileFormat.CSV: as_csv.CSV_CONTENT_TYPE,
}


def request_export(request: ExportRequest, person: User, file_format: FileFormat) -> Export:
    """Store an export to be made in the background.

    Raises ``ValidationError`` if an Excel sheet cannot hold it, or if the person has too many
    unfinished exports, or too much storage in use.
    """
    _check_limits(person)
    return Export.objects.create(
        by=person,
        query=request.selection.file_query.urlencode(),
        columns=request.selection.columns,
        format=file_format,
        bom=request.bom,
        name=request.file_name(timezone.now(), file_format),
        total=_count(request.selection, file_format),
        language=get_language() or "",
    )


def start_again(export: Export) -> None:
    """Let a failed export start again. Raises ``ValidationError`` as ``request_export`` does."""
    _check_limits(export.by)
    Export.objects.filter(pk=export.pk, status=Progress.FAILED).update(
        status=Progress.WAITING,
        attempts=0,
        started_at=None,
        message="",
        ended_at=None,
        expires_at=None,
    )


def _check_limits(person: User) -> None:
    unfinished = Export.objects.filter(by=person, status__in=UNFINISHED)
    if unfinished.count() >= MAX_UNFINISHED_PER_PERSON:
        raise ValidationError(
            _("You already have %(count)s exports in progress. Wait until one of them is ready.")
            % {"count": grouped(MAX_UNFINISHED_PER_PERSON)}
        )
    _check_storage(person, 0)


def _check_storage(person: User, size: int) -> None:
    """Raise ``ValidationError`` if ``size`` more bytes are too much for this person's files."""
    kept = Export.objects.filter(by=person, expires_at__gte=timezone.now())
    used = kept.aggregate(total=Sum("size", default=0))["total"]
    if used + size >= settings.EXPORT_STORAGE_MB * MEGABYTE:
        raise refusal(
            stored_text(
                "Your exports may take up %(megabytes)s MB. Delete those that you no longer need, "
                "or filter for fewer returns.",
                megabytes=settings.EXPORT_STORAGE_MB,
            )
        )


def _count(selection: Selection, file_format: str) -> int:
    if file_format == FileFormat.CSV:
        return count_returns(selection, MAX_CSV_ROWS)
    size = measure(selection, as_xlsx.MAX_SHEET_ROWS + 1)
    check_fits_sheet(size, by_items=selection.by_items)
    return size.returns


def list_exports(person: User) -> list[Export]:
    """Return the person's exports that have not expired, newest first."""
    return list(Export.objects.filter(by=person).exclude(expires_at__lt=timezone.now()))


def get_export(pk: int, person: User) -> Export | None:
    """Return the export if it is this person's and has not expired, otherwise None."""
    return next((export for export in list_exports(person) if export.pk == pk), None)


def file_chunks(export: Export, person: User) -> Iterator[bytes]:
    """Return the file in chunks, each of them read when it is needed.

    Raises ``ValidationError`` if it is not ready, or if the person may not export so many returns
    any more.
    """
    if export.status != Progress.DONE:
        raise ValidationError(_("This export is not ready yet."))
    check_permission(person, export.rows)
    return _file_chunks(export)


def _file_chunks(export: Export) -> Iterator[bytes]:
    for place in range(-(-export.size // PART_SIZE)):
        part = ExportPart.objects.values_list("data", flat=True).get(export=export, place=place)
        yield bytes(part)


def delete_export(export: Export) -> None:
    """Delete an export with its file. If it is just being made, its file is not stored."""
    Export.objects.filter(pk=export.pk).delete()


def expired_exports(now: datetime) -> QuerySet[Export]:
    """Return the exports that are not kept any more."""
    return Export.objects.filter(expires_at__lt=now)


def make_next() -> bool:
    """Make the oldest export that no process is making; return whether there was one."""
    unfinished = Export.objects.filter(status__in=UNFINISHED).order_by("pk")
    for pk in unfinished.values_list("pk", flat=True):
        with try_lock(Lock.EXPORT, pk) as has_lock:
            # Read again with the lock, because it may just have been made.
            export = unfinished.filter(pk=pk).first() if has_lock else None
            if export and _is_due(export):
                with override(export.language or settings.LANGUAGE_CODE):
                    _make(export)
                return True
    return False


def _is_due(export: Export) -> bool:
    """Tell whether an export may start now; the pause counts from its last start.

    A start in the future comes from a wrong clock, and is not waited for.
    """
    if not export.started_at or export.attempts < ATTEMPTS_WITHOUT_PAUSE:
        return True
    pause = min(2 ** (export.attempts - ATTEMPTS_WITHOUT_PAUSE), LONGEST_PAUSE)
    is_paused = timedelta(0) <= timezone.now() - export.started_at < timedelta(minutes=pause)
    return not is_paused


def _make(export: Export) -> None:
    if export.attempts >= MAX_EXPORT_ATTEMPTS:
        _fail(
            export,
            stored_text(
                "This export was interrupted %(count)s times. Start it again, or filter for fewer "
                "returns.",
                count=MAX_EXPORT_ATTEMPTS,
            ),
        )
        return
    export.status, export.attempts, export.rows = Progress.RUNNING, export.attempts + 1, 0
    export.started_at = timezone.now()
    export.save(update_fields=["status", "attempts", "rows", "started_at"])
    try:
        with TemporaryFile() as file, progress_writer(export) as write_progress:
            _write(export, file, write_progress)
    except ValidationError as error:
        # A single message may be one for every language.
        _fail(export, getattr(error, "message", " ".join(error.messages)))
    except (XlsxWriterException, OSError):
        logger.exception("The export %s was not made", export.pk)
        text = stored_text("The file could not be written. The server's disk may be full.")
        _fail(export, text)


def _write(export: Export, file: IO[bytes], write_progress: Callable[[int], None]) -> None:
    selection = parse_selection(Query.parse(export.query), export.columns)
    number = _count(selection, export.format)
    check_permission(export.by, number)
    if export.format == FileFormat.CSV:
        rows = _write_csv(export, selection, file, write_progress)
    else:
        rows = as_xlsx.write_workbook(selection, file, timezone.now(), write_progress)
    size = file.seek(0, SEEK_END)
    _check_size(size)
    # It may have taken an hour, with the rows from the replica: is there still a connection?
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    _check_storage(export.by, size)
    file.seek(0)
    _store(export, file, rows, size)


def _write_csv(
    export: Export, selection: Selection, file: IO[bytes], write_progress: Callable[[int], None]
) -> int:
    rows = 0

    def on_progress(number: int) -> None:
        nonlocal rows
        rows = number
        write_progress(number)

    now, bom = timezone.now(), export.bom
    # Closed at once if the file grows too large: its transaction must be over before that is said.
    with closing(as_csv.csv_chunks(selection, now, bom=bom, on_progress=on_progress)) as chunks:
        for chunk in chunks:
            _check_size(file.tell() + len(chunk))
            file.write(chunk)
    return rows


def _check_size(size: int) -> None:
    if size > settings.EXPORT_FILE_MB * MEGABYTE:
        raise refusal(
            stored_text(
                "A file may have up to %(megabytes)s MB. Filter for fewer returns, or choose fewer "
                "columns.",
                megabytes=settings.EXPORT_FILE_MB,
            )
        )


def _store(export: Export, file: IO[bytes], rows: int, size: int) -> None:
    """Store the whole file, or nothing if the export was deleted in the meantime."""
    now = timezone.now()
    with transaction.atomic():
        unfinished = Export.objects.filter(pk=export.pk, status__in=UNFINISHED)
        if not unfinished.select_for_update().exists():
            return
        for place in count():
            if not (data := file.read(PART_SIZE)):
                break
            ExportPart.objects.create(export=export, place=place, data=data)
        export.status, export.rows, export.size = Progress.DONE, rows, size
        export.ended_at, export.expires_at = now, now + _kept_for()
        export.save(update_fields=["status", "rows", "size", "ended_at", "expires_at"])
    record_export(export.by, None, export.format, export.query, rows)
    logger.info("Export %s is made (returns: %s, bytes: %s).", export.pk, rows, size)


def _fail(export: Export, reason: StoredText | str) -> None:
    now = timezone.now()
    # Another process may have made it, if this one seemed to have ended.
    Export.objects.filter(pk=export.pk, status__in=UNFINISHED).update(
        status=Progress.FAILED, message=reason, ended_at=now, expires_at=now + _kept_for()
    )
    logger.warning("Export %s was not made; the exports page says why.", export.pk)


def _kept_for() -> timedelta:
    return timedelta(days=settings.EXPORT_DAYS)
