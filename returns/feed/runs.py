"""Runs of the feed: what was imported from where, and which records were rejected.

The process of a run holds a lock in the database. So if the process dies, the run is known to be
interrupted.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.db.models.functions import Now

from config.stored_texts import StoredText, stored_text
from returns.database.faults import is_passing_fault
from returns.database.locks import Lock, try_lock, without_lock
from returns.feed.ahead import Pace
from returns.feed.arrivals import Arrivals
from returns.feed.intake import IntakeResult, OnReject, import_items
from returns.feed.items import Item
from returns.feed.reasons import Why
from returns.feed.records import RecordError
from returns.feed.rejected import keep_rejects, reference_of, to_short_text
from returns.feed.superseding import supersede_rejects
from returns.models import FeedRun, Outcome, Return, Way
from tags.history import record_part

logger = logging.getLogger(__name__)

STOPPED = stored_text("Stopped manually.")


class Run:
    """A run in progress; its counts are saved after each batch."""

    def __init__(self, row: FeedRun) -> None:
        self.row = row
        self._rejects: list[tuple[Item, RecordError]] = []
        self._kept = 0  # rejected records
        self._arrivals = Arrivals(row)

    def import_items(
        self,
        items: Iterable[Item],
        *,
        source: str = "feed",
        on_reject: OnReject | None = None,
        on_batch: Callable[[IntakeResult], None] | None = None,
        pace: Pace | None = None,
    ) -> IntakeResult:
        """Write the records of these items; may be called again for each page.

        Returns the result for these items alone.
        """
        before = (self.row.read, self.row.created, self.row.updated, self.row.rejected)

        def reject(item: Item, error: RecordError) -> None:
            self._rejects.append((item, error))
            self._arrivals.reject(item, error)
            if on_reject:
                on_reject(item, error)

        def save(result: IntakeResult) -> None:
            self._save(before, result)
            if on_batch:
                on_batch(result)
            result.written = []

        result = import_items(
            self._watch(items),
            source=source,
            on_reject=reject,
            on_batch=save,
            run=self.row,
            pace=pace,
        )
        self._save(before, result)
        return result

    def _watch(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            self._arrivals.add(item)
            yield item

    def _save(self, before: tuple[int, ...], result: IntakeResult) -> None:
        if self._rejects:
            self._keep_rejects()
        supersede_rejects(self._arrivals)
        self._arrivals = Arrivals(self.row)
        now = (result.read, result.created, result.updated, result.rejected)
        row = self.row
        row.read, row.created, row.updated, row.rejected = map(sum, zip(before, now, strict=True))
        # A pull advances by the other API's order instead; see ``advance_to``.
        if result.newest and row.way != Way.PULL:
            row.to_time = max(row.to_time or result.newest, result.newest)
        row.save()

    def _keep_rejects(self) -> None:
        rejects, self._rejects = self._rejects, []
        self._arrivals.find_waiting()
        unkept = keep_rejects(self.row, rejects, self._kept)
        self._kept += len(rejects) - unkept
        self.row.unkept += unkept
        # Another process may have brought the time of a record before it was kept.
        waiting = {reference_of(item): item for item, error in rejects if error.field == "state"}
        known = Return.objects.filter(return_reference_number__in=list(waiting)) if waiting else ()
        if known:
            again = [waiting[each.return_reference_number] for each in known]
            import_items(again, source="feed", on_reject=lambda *_: None, run=self.row)

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


def _end(row: FeedRun, outcome: Outcome, message: Why = "") -> None:
    # By the database's clock, as the beginning, whatever time this process believes it is.
    row.outcome, row.ended_at, row.message = outcome, Now(), message
    try:
        row.save()
    except DatabaseError as error:
        # Without its lock it will be shown as interrupted.
        details = None if is_passing_fault(error) else error
        logger.error("The end of feed run %s could not be saved.", row.pk, exc_info=details)


def _message(error: BaseException) -> Why:
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return STOPPED
    if error.args and isinstance(error.args[0], StoredText):
        return error.args[0]
    return str(error) or type(error).__name__
