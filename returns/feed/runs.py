"""Runs of the feed: what came in from where, kept while it comes, with what was left out.

While a run goes on, its process holds a lock of the database's session, so that one whose
process died is known at once.
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

from config.text import shorten
from returns.database.locks import Lock, locked, unlocked
from returns.feed.intake import OnReject, Taken, take
from returns.feed.items import Item
from returns.feed.records import API_NAMES, RecordError
from returns.models import Fate, FeedRun, Outcome, RejectedRecord, Way
from tags.deadlocks import retry_deadlocks

logger = logging.getLogger(__name__)

LONGEST_TEXT = 200
REFERENCE = API_NAMES["return_reference_number"]
TOO_DEEP = json.dumps("nested too deeply to be kept")
# Whoever set a record aside does not want to see it again; what was overtaken is old. One that is
# tried again stays with the run that brought it.
KEEP = """
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
    """A run that goes on; its counts are kept after each batch."""

    def __init__(self, row: FeedRun) -> None:
        self.row = row
        self._rejects: list[tuple[Item, RecordError]] = []

    def take(
        self,
        items: Iterable[Item],
        *,
        source: str = "feed",
        on_reject: OnReject | None = None,
        on_batch: Callable[[Taken], None] | None = None,
    ) -> Taken:
        """Write what the items say; may be called again, page by page.

        Returns what became of these items alone.
        """
        before = (self.row.read, self.row.created, self.row.updated, self.row.rejected)

        def reject(item: Item, error: RecordError) -> None:
            self._rejects.append((item, error))
            if on_reject:
                on_reject(item, error)

        def keep(taken: Taken) -> None:
            self._keep(before, taken)
            if on_batch:
                on_batch(taken)
            taken.written = []

        taken = take(items, source=source, on_reject=reject, on_batch=keep)
        self._keep(before, taken)
        return taken

    def _keep(self, before: tuple[int, ...], taken: Taken) -> None:
        _settle([row.reference for row in taken.written])
        _keep_rejects(self.row, self._rejects)
        self._rejects = []
        now = (taken.read, taken.created, taken.updated, taken.rejected)
        row = self.row
        row.read, row.created, row.updated, row.rejected = map(sum, zip(before, now, strict=True))
        # Of a pull, only the far side's order tells what was reached.
        if taken.newest and row.way != Way.PULL:
            row.to_time = max(row.to_time or taken.newest, taken.newest)
        row.save()

    def reached(self, time: datetime) -> None:
        """Keep that everything older has come in."""
        if self.row.to_time is None or self.row.to_time < time:
            self.row.to_time = time
            self.row.save(update_fields=["to_time"])


@contextmanager
def recorded(
    way: Way, origin: str, *, by: User | None = None, from_time: datetime | None = None
) -> Iterator[Run]:
    """Keep what comes in as a run, whatever happens. An exception marks it failed and goes on."""
    row = FeedRun(way=way, origin=fitting(origin), by=by, from_time=from_time)
    row.save()
    # Only of a pull: other origins are files, programs and people by their names.
    source = f" from {row.origin}" if way == Way.PULL else ""
    logger.info("Feed run %s (%s) began%s.", row.pk, way.value, source)
    with locked(Lock.RUN, row.pk):
        try:
            yield Run(row)
        except BaseException as error:
            _end(row, Outcome.FAILED, _words(error))
            _log_end(row, f"failed ({type(error).__name__})")
            raise
        _end(row, Outcome.DONE)
        _log_end(row, "is done")


def _log_end(row: FeedRun, how: str) -> None:
    taken = Taken(row.read, row.created, row.updated, row.rejected)
    logger.info("Feed run %s (%s) %s: %s.", row.pk, row.way, how, taken)


def interrupted(runs: Iterable[FeedRun]) -> set[int]:
    """Return the ids of those runs that stand as running though their process is gone."""
    running = [run.pk for run in runs if run.outcome == Outcome.RUNNING]
    return unlocked(Lock.RUN, running) if running else set()


def _end(row: FeedRun, outcome: Outcome, message: str = "") -> None:
    row.outcome, row.ended_at, row.message = outcome, timezone.now(), message
    try:
        row.save()
    except DatabaseError:
        # Without its lock it is known as interrupted.
        logger.exception("The end of run %s of the feed could not be kept.", row.pk)


def _words(error: BaseException) -> str:
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return "Stopped by hand."
    return str(error) or type(error).__name__


def _settle(references: list[str]) -> None:
    """Rejected records of returns of which something was written are of no use any more."""
    waiting = RejectedRecord.objects.filter(fate=Fate.WAITING)
    if references and waiting.exists():
        waiting.filter(reference__in=references).update(fate=Fate.OVERTAKEN)


def _keep_rejects(row: FeedRun, rejects: list[tuple[Item, RecordError]]) -> None:
    rows = {values[-1]: values for item, error in rejects if (values := _values(row, item, error))}
    if not rows:
        return

    def keep() -> None:
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [row.pk, *map(list, zip(*rows.values(), strict=True))])

    retry_deadlocks(keep)


def _values(row: FeedRun, item: Item, error: RecordError) -> list[Any]:
    entry = item.written if item.raw is None else item.raw
    written = as_written(entry)
    # Of what left nothing behind, its place and the reason tell what it is.
    same = written if entry is not None else f"{row.origin} {item.place} {error}"
    is_record = item.raw is not None and written != TOO_DEEP
    return [
        *(fitting(item.place), _reference(item), fitting(error.field), storable(error.reason)),
        *(written, is_record, sha256(same.encode(errors="replace")).hexdigest()),
    ]


def _reference(item: Item) -> str:
    value = (item.raw or {}).get(REFERENCE)
    return fitting(value.strip()) if isinstance(value, str) else ""


def as_written(value: object) -> str:
    """Return a value as JSON in ASCII, which every text column can hold."""
    try:
        return json.dumps(value, default=_plain)
    except RecursionError:
        return TOO_DEEP


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"not JSON: {value!r}")


def fitting(text: str) -> str:
    """Return a text as a short column can hold it."""
    return shorten(storable(text), LONGEST_TEXT)


def storable(text: str) -> str:
    """Return a text as the database can hold it."""
    return text.replace("\x00", "�").encode(errors="replace").decode()
