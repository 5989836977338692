"""Which runs of the feed are old, and what is kept of them; see ``returns.retention``."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from returns.models import Fate, FeedRun, Outcome, RejectedRecord, RunChange, RunUndo, Way
from tags.history import oldest_undoable

OPEN_FATES = (Fate.WAITING, Fate.ASIDE)


def old_rejects(now: datetime) -> QuerySet[RejectedRecord]:
    """Return the rejected records that were last received too long ago, whatever their fate."""
    if not settings.REJECTED_DAYS:
        return RejectedRecord.objects.none()
    return RejectedRecord.objects.filter(seen_at__lt=now - timedelta(days=settings.REJECTED_DAYS))


def finally_done_runs(now: datetime) -> QuerySet[FeedRun]:
    """Return the runs that can no longer be undone."""
    is_being_undone = Exists(RunUndo.objects.filter(run=OuterRef("pk"), ended_at=None))
    return FeedRun.objects.filter(~is_being_undone, began_at__lt=oldest_undoable(now))


def old_changes(now: datetime) -> QuerySet[RunChange]:
    """Return the changes of runs that can no longer be undone."""
    return RunChange.objects.filter(run__in=finally_done_runs(now))


def deletable_runs(now: datetime) -> QuerySet[FeedRun]:
    """Return the runs that may be deleted.

    The run that determines where the next pull starts is kept, and so are runs with rejected
    records that are waiting or set aside, unless these are old themselves.
    """
    is_idle = Q(outcome=Outcome.DONE, created=0, updated=0, rejected=0)
    is_old = Q(began_at__lt=now - timedelta(days=settings.RUN_DAYS))
    # There can be thousands of pushes a day.
    is_old |= Q(began_at__lt=now - timedelta(days=settings.PUSH_RUN_DAYS), way=Way.PUSH)
    # A pull every minute makes many runs that change nothing.
    is_old |= Q(began_at__lt=now - timedelta(days=settings.IDLE_RUN_DAYS)) & is_idle
    later_runs = FeedRun.objects.filter(
        way=OuterRef("way"), origin=OuterRef("origin"), pk__gt=OuterRef("pk"), outcome=Outcome.DONE
    )
    is_not_furthest = Q(to_time=None) | Exists(later_runs.filter(to_time__gte=OuterRef("to_time")))
    is_by_hand = Q(way__in=(Way.FILE, Way.RETRY))
    open_rejects = RejectedRecord.objects.filter(run=OuterRef("pk"), fate__in=OPEN_FATES)
    if settings.REJECTED_DAYS:
        kept_since = now - timedelta(days=settings.REJECTED_DAYS)
        open_rejects = open_rejects.filter(seen_at__gte=kept_since)
    runs = FeedRun.objects.filter(is_old, is_by_hand | Q(Exists(later_runs)) & is_not_furthest)
    return runs.filter(~Exists(open_rejects))


def forget_changes_of(ids: Sequence[int]) -> None:
    """Delete what runs did to these returns: undoing an import leaves them as they are."""
    RunChange.objects.filter(record_id__in=ids).delete()
