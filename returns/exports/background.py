"""Workbooks made in the background: asked for, made, kept for a day in pieces, given out.

While one is made, its process holds a lock of the database's session. So whoever looks for work
passes it by, and takes it again when that process has died.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import SEEK_END
from itertools import count as numbers
from tempfile import TemporaryFile
from typing import IO

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from xlsxwriter.exceptions import XlsxWriterException

from returns.database.locks import Lock, locked
from returns.exports import as_xlsx
from returns.exports.forms import Asked, check_fits, check_may
from returns.exports.selection import count, read
from returns.filters.query import Query
from returns.models import Export, ExportPart, Progress

logger = logging.getLogger(__name__)

OPEN = (Progress.WAITING, Progress.RUNNING)
KEPT = timedelta(hours=24)
PART = 1024 * 1024  # bytes
# How many of a person may wait at once, and how often one is begun whose process died.
MOST_OPEN = 3
MOST_ATTEMPTS = 3


def order(asked: Asked, person: User) -> Export:
    """Keep what the person wants made.

    Raises ``ValidationError`` when a sheet cannot hold it, or enough of theirs waits already.
    """
    total = count(asked.wanted, as_xlsx.MOST_ROWS + 1)
    check_fits(total)
    if Export.objects.filter(by=person, status__in=OPEN).count() >= MOST_OPEN:
        raise ValidationError(
            f"{MOST_OPEN} of your exports are not made yet. Wait for one of them."
        )
    return Export.objects.create(
        by=person,
        query=asked.wanted.query.urlencode(),
        columns=asked.wanted.columns,
        name=asked.name(timezone.now(), "xlsx"),
        total=total,
    )


def exports_of(person: User) -> list[Export]:
    """Return the person's exports that are not expired, the newest first."""
    mine = Export.objects.filter(by=person).exclude(expires_at__lt=timezone.now())
    return list(mine)


def export_of(pk: int, person: User) -> Export | None:
    """Return the export if it is this person's and not expired."""
    return next((export for export in exports_of(person) if export.pk == pk), None)


def pieces(export: Export, person: User) -> Iterator[bytes]:
    """Return the file in pieces, each read when it is asked for.

    Raises ``ValidationError`` when it is not ready, or the person may not have it any more.
    """
    if export.status != Progress.DONE:
        raise ValidationError("This export is not ready.")
    check_may(person, export.rows)
    return _pieces(export)


def _pieces(export: Export) -> Iterator[bytes]:
    for place in range(-(-export.size // PART)):
        part = ExportPart.objects.values_list("data", flat=True).get(export=export, place=place)
        yield bytes(part)


def drop(export: Export) -> None:
    """Delete an export and its file; one that is being made is not kept then."""
    Export.objects.filter(pk=export.pk).delete()


def forget_expired() -> bool:
    """Delete what is expired; tell whether there was any."""
    deleted = Export.objects.filter(expires_at__lt=timezone.now()).delete()[1]
    number = deleted.get(Export._meta.label, 0)
    if number:
        logger.info("Forgot expired exports: %s.", number)
    return number > 0


def make_next() -> bool:
    """Make the oldest export that nobody makes at this moment; tell whether there was one."""
    for pk in Export.objects.filter(status__in=OPEN).order_by("pk").values_list("pk", flat=True):
        with locked(Lock.EXPORT, pk) as mine:
            export = Export.objects.filter(pk=pk, status__in=OPEN).first() if mine else None
            if export:
                _make(export)
                return True
    return False


def _make(export: Export) -> None:
    if export.attempts >= MOST_ATTEMPTS:
        _fail(export, f"It was begun {MOST_ATTEMPTS} times and never finished.")
        return
    export.status, export.attempts, export.rows = Progress.RUNNING, export.attempts + 1, 0
    export.save(update_fields=["status", "attempts", "rows"])
    try:
        with TemporaryFile() as file, _told(export) as tell:
            _write(export, file, tell)
    except ValidationError as refusal:
        _fail(export, " ".join(refusal.messages))
    except (XlsxWriterException, OSError):
        logger.exception("The export %s was not made", export.pk)
        _fail(export, "The file could not be written. Is there room left where the desk runs?")


def _write(export: Export, file: IO[bytes], tell: Callable[[int], None]) -> None:
    wanted = read(Query.parse(export.query), export.columns)
    number = count(wanted, as_xlsx.MOST_ROWS + 1)
    check_fits(number)
    check_may(export.by, number)
    rows = as_xlsx.write(wanted, file, timezone.now(), tell)
    size = file.seek(0, SEEK_END)
    file.seek(0)
    _keep(export, file, rows, size)


def _keep(export: Export, file: IO[bytes], rows: int, size: int) -> None:
    """Keep the file, all of it or nothing; nothing when the export was deleted meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        found = Export.objects.select_for_update().filter(pk=export.pk, status__in=OPEN)
        if not found.exists():
            return
        for place in numbers():
            if not (data := file.read(PART)):
                break
            ExportPart.objects.create(export=export, place=place, data=data)
        export.status, export.rows, export.size = Progress.DONE, rows, size
        export.ended_at, export.expires_at = now, now + KEPT
        export.save(update_fields=["status", "rows", "size", "ended_at", "expires_at"])
    logger.info("Export %s is made (returns: %s, bytes: %s).", export.pk, rows, size)


def _fail(export: Export, why: str) -> None:
    now = timezone.now()
    fields = {"status": Progress.FAILED, "message": why, "ended_at": now, "expires_at": now + KEPT}
    Export.objects.filter(pk=export.pk).update(**fields)
    logger.warning("Export %s was not made; the exports page says why.", export.pk)


@contextmanager
def _told(export: Export) -> Iterator[Callable[[int], None]]:
    """Give what keeps how many rows are written, beside the transaction that reads them."""
    beside = connection.copy()

    def tell(rows: int) -> None:
        with beside.cursor() as cursor:
            cursor.execute("UPDATE returns_export SET rows = %s WHERE id = %s", [rows, export.pk])

    try:
        yield tell
    finally:
        beside.close()
