"""Undoes imports: every return becomes what it was before, unless it has changed since.

Undoing runs in steps, in the request and then in the background. Each step is one transaction, so
it can be interrupted at any time.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.numbers import grouped
from config.stored_texts import StoredText, stored_text, to_stored
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.feed.accepted import forget_accepted
from returns.feed.reopening import reopen_rejects
from returns.feed.retries import MAY_CHANGE_FEED
from returns.feed.runs import interrupted_runs
from returns.feed.statements import CLASSIFY, RESTORE
from returns.models import FeedRun, Kept, Outcome, ReturnTag, RunChange, RunUndo, Way
from returns.record.deletion import delete_returns, lock_returns
from tags import tagging
from tags.deadlocks import retry_deadlocks
from tags.history import DAYS_TO_UNDO, oldest_undoable

logger = logging.getLogger(__name__)

UNDO_STEP_SIZE = 5_000  # returns
# Seconds that a person waits. The rest is done in the background.
MAX_UNDO_SECONDS = 1.5
PREVIEW_TIME_LIMIT_MS = 6_000  # for each of its queries
MAX_EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What undoing does to a return. ``kept`` says why it stays as it is, if it does."""

    record_id: int
    reference: str
    is_new: bool
    kept: str

    @property
    def kept_label(self) -> str:
        """Return why it stays, for people."""
        return str(Kept(self.kept).label)


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """The numbers of returns that undoing would restore, delete and leave as they are.

    ``kept_first`` are the first of the latter. ``is_estimate`` means that there are so many returns
    that nobody has looked whether they have changed since.
    """

    restored: int
    deleted: int
    kept: int
    kept_first: list[Verdict]
    is_estimate: bool = False


def undo_problem(run: FeedRun) -> str:
    """Return why a run cannot be undone, as a sentence; "" if it can."""
    if run.way != Way.FILE:
        return _("Only imports of files can be undone.")
    if hasattr(run, "undo"):
        return _("This import has already been undone.")
    if run.outcome == Outcome.RUNNING and not interrupted_runs([run]):
        return _("This import is still running. Wait until it has finished.")
    if run.began_at < oldest_undoable():
        return ngettext(
            "Imports older than %(count)s day can no longer be undone.",
            "Imports older than %(count)s days can no longer be undone.",
            DAYS_TO_UNDO,
        ) % {"count": grouped(DAYS_TO_UNDO)}
    if not RunChange.objects.filter(run=run).exists():
        return _("This import changed nothing that can be undone.")
    return ""


def preview(run: FeedRun) -> UndoPreview:
    """Return what undoing would do now."""
    try:
        with time_limit(PREVIEW_TIME_LIMIT_MS):
            verdicts = _classify(run)
    except QueryTimeoutError:
        changes = RunChange.objects.filter(run=run)
        deleted = changes.filter(before=None).count()
        total = changes.values("record_id").distinct().count()
        return UndoPreview(total - deleted, deleted, 0, [], is_estimate=True)
    kept = [each for each in verdicts if each.kept]
    deleted = sum(each.is_new and not each.kept for each in verdicts)
    restored = len(verdicts) - len(kept) - deleted
    return UndoPreview(restored, deleted, len(kept), kept[:MAX_EXAMPLES])


def undo(run: FeedRun, by: User) -> RunUndo:
    """Undo an import; a large one continues in the background.

    Raises ``ValidationError`` if it cannot be undone. If somebody else has begun to undo it, their
    undoing is continued and returned.
    """
    started = _start(run.pk, by)
    end = time.monotonic() + MAX_UNDO_SECONDS
    while retry_deadlocks(lambda: _run_step(started.pk)) and time.monotonic() < end:
        pass
    started.refresh_from_db()
    return started


def run_oldest_step() -> bool:
    """Run a step of the oldest undoing that has not ended; tell whether there may be more to do."""
    active = RunUndo.objects.filter(ended_at=None).order_by("id")
    oldest = active.values_list("pk", flat=True).first()
    return oldest is not None and retry_deadlocks(lambda: _run_step(oldest))


@transaction.atomic
def _start(run_id: int, by: User) -> RunUndo:
    # Lock before reading: two people may press the button at the same time.
    run = FeedRun.objects.select_for_update().get(pk=run_id)
    started = RunUndo.objects.filter(run=run).first()
    if started:
        return started
    if problem := undo_problem(run):
        raise ValidationError(problem)
    logger.info("Undoing feed run %s started.", run.pk)
    return RunUndo.objects.create(run=run, by=by)


def _run_step(pk: int) -> bool:
    """Run one step completely or not at all. Return whether more steps may be left.

    Does nothing while another process runs a step of the same undoing.
    """
    with transaction.atomic():
        active = RunUndo.objects.select_related("by", "run__tag_action").filter(ended_at=None)
        undoing = active.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
        if undoing is None:
            return False
        try:
            with transaction.atomic():
                _check_may_undo(undoing)
                _undo_next(undoing)
        except (IntegrityError, DataError, PermissionDenied) as error:
            # Trying again would fail again, and would hold up all other background work.
            undoing = active.get(pk=pk)
            undoing.message = _message(error)
            undoing.ended_at = timezone.now()
            logger.exception("Undoing feed run %s failed.", undoing.run_id)
        undoing.save()
    if undoing.ended_at:
        logger.info("Undoing feed run %s ended.", undoing.run_id)
    return undoing.ended_at is None


def _check_may_undo(undoing: RunUndo) -> None:
    if undoing.by is None or not undoing.by.has_perm(MAY_CHANGE_FEED):
        raise PermissionDenied(
            stored_text("The person who started undoing may not do so any more.")
        )


def _message(error: Exception) -> StoredText | str:
    if error.args and isinstance(error.args[0], StoredText):
        return error.args[0]
    return str(error).partition("\n")[0]


def _undo_next(undoing: RunUndo) -> None:
    ids = _next_ids(undoing)
    # Lock before reading: the feed and people may change these returns.
    lock_returns(ids)
    verdicts = _classify(undoing.run, ids) if ids else []
    created = [each.record_id for each in verdicts if each.is_new and not each.kept]
    changed = [each.record_id for each in verdicts if not each.is_new and not each.kept]
    with (
        pghistory.context(user=undoing.by_id, source=tagging.UNDO_SOURCE, run=undoing.run_id),
        connection.cursor() as cursor,
    ):
        _restore_tags(undoing.run, changed)
        cursor.execute(RESTORE, {"run": undoing.run_id, "ids": changed})
        forget_accepted(changed)
        delete_returns(created, undoing.by, to_stored(_reason(undoing.run)))
    reopen_rejects(undoing.run, [each.reference for each in verdicts if not each.kept])
    for reason in Kept:
        stays = [each.record_id for each in verdicts if each.kept == reason]
        if stays:
            RunChange.objects.filter(run=undoing.run, record_id__in=stays).update(kept=reason)
    undoing.restored += len(changed)
    undoing.deleted += len(created)
    undoing.kept += len(verdicts) - len(changed) - len(created)
    undoing.position = ids[-1] if ids else undoing.position
    if len(ids) < UNDO_STEP_SIZE:
        undoing.ended_at = timezone.now()


def _next_ids(undoing: RunUndo) -> list[int]:
    left = RunChange.objects.filter(run=undoing.run_id, record_id__gt=undoing.position)
    return list(
        left.order_by("record_id").values_list("record_id", flat=True).distinct()[:UNDO_STEP_SIZE]
    )


def _classify(run: FeedRun, ids: Sequence[int] | None = None) -> list[Verdict]:
    """Return what undoing does to each return of the run, or to some of them."""
    tagged = tagging.find_changed(ReturnTag, run.tag_action, ids) if run.tag_action else set()
    only = "" if ids is None else "AND record_id = ANY(%(ids)s::bigint[])"
    given: dict[str, Any] = {"run": run.pk, "ids": ids, "tagged": list(tagged)}
    with connection.cursor() as cursor:
        cursor.execute(CLASSIFY.replace("[only]", only), given)
        return [Verdict(*row) for row in cursor.fetchall()]


def _restore_tags(run: FeedRun, ids: Sequence[int]) -> None:
    if run.tag_action and ids:
        with tagging.as_part_of(run.tag_action):
            tagging.restore_taggings(ReturnTag, run.tag_action, ids)


def _reason(run: FeedRun) -> StoredText:
    return stored_text(
        "The import that created it was undone: run %(run)s, %(file)s.",
        run=str(run.pk),
        file=run.origin,
    )
