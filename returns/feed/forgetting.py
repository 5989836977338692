"""Runs of the feed that nobody asks for any more."""

import logging
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from returns.models import Fate, FeedRun, Outcome, RejectedRecord, Way

logger = logging.getLogger(__name__)

KEPT = timedelta(days=90)
# Pushes may be thousands a day.
PUSHES_KEPT = timedelta(days=7)
# Those that brought nothing, of which a pull every minute makes many.
IDLE_KEPT = timedelta(days=1)
LOOKED = "feed-looked-for-old-runs"
LOOK_EVERY = 3600  # seconds


def forget_old_runs() -> bool:
    """Delete what is old, if this process did not look within the hour; tell whether there was any.

    What says how far an origin has come stays, and so do runs whose rejected records wait or were
    set aside.
    """
    if not cache.add(LOOKED, True, LOOK_EVERY):
        return False
    number = forgettable(timezone.now()).delete()[1].get(FeedRun._meta.label, 0)
    if number:
        logger.info("Forgot old feed runs: %s.", number)
    return number > 0


def forgettable(now: datetime) -> QuerySet[FeedRun]:
    """Return the runs that may go."""
    idle = Q(outcome=Outcome.DONE, created=0, updated=0, rejected=0)
    old = Q(began_at__lt=now - KEPT)
    old |= Q(began_at__lt=now - PUSHES_KEPT, way=Way.PUSH)
    old |= Q(began_at__lt=now - IDLE_KEPT) & idle
    of_origin = FeedRun.objects.filter(
        way=OuterRef("way"), origin=OuterRef("origin"), pk__gt=OuterRef("pk"), outcome=Outcome.DONE
    )
    further = Q(to_time=None) | Exists(of_origin.filter(to_time__gte=OuterRef("to_time")))
    by_hand = Q(way__in=(Way.FILE, Way.RETRY))
    kept = RejectedRecord.objects.filter(run=OuterRef("pk"), fate__in=(Fate.WAITING, Fate.ASIDE))
    found = FeedRun.objects.filter(old, by_hand | Q(Exists(of_origin)) & further)
    return found.filter(~Exists(kept))
