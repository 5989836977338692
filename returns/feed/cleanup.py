"""Deletes old runs of the feed."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from returns.models import Fate, FeedRun, Outcome, RejectedRecord, RunChange, RunUndo, Way
from tags.history import forget_parts, oldest_undoable

logger = logging.getLogger(__name__)

CLEANUP_DONE = "feed-old-runs-deleted"
CHANGES_CLEANUP_DONE = "feed-old-changes-deleted"
CHANGES_AT_ONCE = 10_000
CLEANUP_INTERVAL = 3600  # seconds


def delete_old_runs() -> bool:
    """Delete old runs, at most once an hour per process; tell whether there were any.

    The run that determines where the next pull starts is kept, and so are runs with rejected
    records that are waiting or set aside.
    """
    if not cache.add(CLEANUP_DONE, True, CLEANUP_INTERVAL):
        return False
    number = deletable_runs(timezone.now()).delete()[1].get(FeedRun._meta.label, 0)
    if number:
        logger.info("Deleted old feed runs: %s.", number)
    return number > 0


def delete_old_changes() -> bool:
    """Delete some of the changes of runs that can no longer be undone; tell if there may be more.

    The first look for them is at most once an hour per process.
    """
    if not cache.add(CHANGES_CLEANUP_DONE, True, CLEANUP_INTERVAL):
        return False
    is_being_undone = Exists(RunUndo.objects.filter(run=OuterRef("pk"), ended_at=None))
    old = FeedRun.objects.filter(~is_being_undone, began_at__lt=oldest_undoable())
    changes = RunChange.objects.filter(run__in=old).values_list("pk", flat=True)
    some = list(changes.order_by("pk")[:CHANGES_AT_ONCE])
    number = RunChange.objects.filter(pk__in=some).delete()[0]
    actions = list(old.exclude(tag_action=None).values_list("tag_action", flat=True))
    number += forget_parts(actions, CHANGES_AT_ONCE)
    if number:
        cache.delete(CHANGES_CLEANUP_DONE)
        logger.info("Deleted changes of old feed runs: %s.", number)
    return number > 0


def deletable_runs(now: datetime) -> QuerySet[FeedRun]:
    """Return the runs that may be deleted."""
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
    open_rejects = RejectedRecord.objects.filter(
        run=OuterRef("pk"), fate__in=(Fate.WAITING, Fate.ASIDE)
    )
    runs = FeedRun.objects.filter(is_old, is_by_hand | Q(Exists(later_runs)) & is_not_furthest)
    return runs.filter(~Exists(open_rejects))
