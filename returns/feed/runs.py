"""Runs of the feed: what was imported from where, and which records were rejected.

The process of a run holds a session-level lock in the database. So if the process dies, the run is
known to be interrupted.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.utils import timezone

from config.text import shorten, to_storable_text
from returns.database.locks import Lock, try_lock, without_lock
from returns.feed.ingest import WrittenRow
from returns.feed.intake import IntakeResult, OnReject, import_items
from returns.feed.items import Item
from returns.feed.records import API_NAMES, REFERENCE_FIELD, RecordError
from returns.models import Fate, FeedRun, Outcome, RejectedRecord, Way
from tags.deadlocks import retry_deadlocks
from tags.history import record_part

logger = logging.getLogger(__name__)

MAX_SHORT_TEXT = 200
MAX_EXPONENT = 300
TOO_DEEP = json.dumps("nested too deeply to be stored")
# A record that was set aside or superseded keeps that fate when it is received again. A record that
# is retried stays with the run that first rejected it.
UPSERT_REJECTS = """
    INSERT INTO returns_rejectedrecord
        (run_id, place, reference, field, reason, written, is_record, digest, fate)
    SELECT %s, given.*, 'waiting' FROM unnest(
        %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::text[]
    ) AS given
    ON CONFLICT (digest) DO UPDATE SET
        run_id = CASE (SELECT way FROM returns_feedrun WHERE id = excluded.run_id)
            WHEN 'retry' THEN returns_rejectedrecord.run_id ELSE excluded.run_id END,
        place = excluded.place, field = excluded.field, reason = excluded.reason, seen_at = now(),
        fate = CASE returns_rejectedrecord.fate WHEN 'taken' THEN 'waiting'
            ELSE returns_rejectedrecord.fate END
"""


class Run:
    """A run in progress; its counts are saved after each batch."""

    def __init__(self, row: FeedRun) -> None:
        self.row = row
        self._rejects: list[tuple[Item, RecordError]] = []

    def import_items(
        self,
        items: Iterable[Item],
        *,
        source: str = "feed",
        on_reject: OnReject | None = None,
        on_batch: Callable[[IntakeResult], None] | None = None,
    ) -> IntakeResult:
        """Write the records of these items; may be called again for each page.

        Returns the result for these items alone.
        """
        before = (self.row.read, self.row.created, self.row.updated, self.row.rejected)

        def reject(item: Item, error: RecordError) -> None:
            self._rejects.append((item, error))
            if on_reject:
                on_reject(item, error)

        def save(result: IntakeResult) -> None:
            self._save(before, result)
            if on_batch:
                on_batch(result)
            result.written = []

        result = import_items(items, source=source, on_reject=reject, on_batch=save, run=self.row)
        self._save(before, result)
        return result

    def _save(self, before: tuple[int, ...], result: IntakeResult) -> None:
        _supersede_rejects(result.written)
        _save_rejects(self.row, self._rejects)
        self._rejects = []
        now = (result.read, result.created, result.updated, result.rejected)
        row = self.row
        row.read, row.created, row.updated, row.rejected = map(sum, zip(before, now, strict=True))
        # A pull advances by the other API's order instead; see ``advance_to``.
        if result.newest and row.way != Way.PULL:
            row.to_time = max(row.to_time or result.newest, result.newest)
        row.save()

    def advance_to(self, time: datetime) -> None:
        """Save that everything with an earlier ``updatedAt`` has been imported."""
        if self.row.to_time is None or self.row.to_time < time:
            self.row.to_time = time
            self.row.save(update_fields=["to_time"])


@contextmanager
def record_run(
    way: Way, origin: str, *, by: User | None = None, from_time: datetime | None = None
) -> Iterator[Run]:
    """Record everything that is imported in the block as one run.

    An exception marks the run as failed and is raised again.
    """
    row = FeedRun(way=way, origin=to_short_text(origin), by=by, from_time=from_time)
    # Only imports can be undone.
    row.tag_action = record_part(by) if way == Way.FILE else None
    row.save()
    # Log the origin of pulls only: others are the names of files, programs and people.
    source = f" from {row.origin}" if way == Way.PULL else ""
    logger.info("Feed run %s (%s) started%s.", row.pk, way.value, source)
    with try_lock(Lock.RUN, row.pk):
        try:
            yield Run(row)
        except BaseException as error:
            _end(row, Outcome.FAILED, _message(error))
            _log_end(row, f"failed ({type(error).__name__})")
            raise
        _end(row, Outcome.DONE)
        _log_end(row, "finished")


def _log_end(row: FeedRun, how: str) -> None:
    result = IntakeResult(row.read, row.created, row.updated, row.rejected)
    logger.info("Feed run %s (%s) %s: %s.", row.pk, row.way, how, result)


def interrupted_runs(runs: Iterable[FeedRun]) -> set[int]:
    """Return the ids of the runs whose outcome is running although their process is gone."""
    running = [run.pk for run in runs if run.outcome == Outcome.RUNNING]
    return without_lock(Lock.RUN, running) if running else set()


def _end(row: FeedRun, outcome: Outcome, message: str = "") -> None:
    row.outcome, row.ended_at, row.message = outcome, timezone.now(), message
    try:
        row.save()
    except DatabaseError:
        # Without its lock it will be shown as interrupted.
        logger.exception("The end of feed run %s could not be saved.", row.pk)


def _message(error: BaseException) -> str:
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return "Stopped manually."
    return str(error) or type(error).__name__


def _supersede_rejects(written: Iterable[WrittenRow]) -> None:
    """Mark waiting rejected records as superseded when a newer record has what was wrong in them.

    A record that says nothing about the wrong field leaves them waiting.
    """
    waiting = RejectedRecord.objects.filter(fate=Fate.WAITING)
    after = {row.reference: row.after for row in written}
    if not after or not waiting.exists():
        return
    waiting = waiting.filter(reference__in=list(after))
    columns = {api_name: column for column, api_name in API_NAMES.items()}
    superseded = [
        pk
        for pk, reference, field in waiting.values_list("pk", "reference", "field")
        if columns.get(field) not in after[reference].stamps
    ]
    if superseded:
        RejectedRecord.objects.filter(pk__in=superseded).update(fate=Fate.SUPERSEDED)


def _save_rejects(row: FeedRun, rejects: list[tuple[Item, RecordError]]) -> None:
    rows = {
        values[-1]: values
        for item, error in rejects
        if (values := _reject_values(row, item, error))
    }
    if not rows:
        return

    def save() -> None:
        with connection.cursor() as cursor:
            cursor.execute(UPSERT_REJECTS, [row.pk, *map(list, zip(*rows.values(), strict=True))])

    retry_deadlocks(save)


def _reject_values(row: FeedRun, item: Item, error: RecordError) -> list[Any]:
    content = item.original if item.raw is None else item.raw
    written = to_ascii_json(content)
    # An item without content is identified by its place and error.
    identity = written if content is not None else f"{row.origin} {item.place} {error}"
    is_record = item.raw is not None and written != TOO_DEEP
    return [
        *(
            to_short_text(item.place),
            _reference(item),
            to_short_text(error.field),
            to_storable_text(item.reason(error)),
        ),
        *(written, is_record, sha256(identity.encode(errors="replace")).hexdigest()),
    ]


def _reference(item: Item) -> str:
    value = (item.raw or {}).get(REFERENCE_FIELD)
    return to_short_text(value.strip()) if isinstance(value, str) else ""


def to_ascii_json(value: object) -> str:
    """Return a value as ASCII JSON, which every text column can store."""
    try:
        return json.dumps(value, default=_plain)
    except RecursionError:
        return TOO_DEEP


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        if value.adjusted() > MAX_EXPONENT:  # as an integer it would take all memory
            return str(value)
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"not JSON: {value!r}")


def to_short_text(text: str) -> str:
    """Return a text that fits into a short column."""
    return shorten(to_storable_text(text), MAX_SHORT_TEXT)
