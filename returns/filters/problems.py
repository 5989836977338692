"""What is wrong with the record of a return: the kinds of problems."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from returns.models import Return, SharedTracking
from returns.models.problems import EARLY_ARRIVAL, NO_ARRIVAL, NO_ORDER, OPEN
from returns.querysets import ReturnQuerySet

SILENT_FOR = timedelta(days=30)
SHARED = SharedTracking.objects.values("tracking_key")


class Problem(models.TextChoices):
    """What is wrong with a record, by its name in addresses and on screen."""

    NO_ARRIVAL = "no_arrival", "Completed without arrival"
    EARLY_ARRIVAL = "early_arrival", "Arrived before it was created"
    SHARED_TRACKING = "shared_tracking", "Tracking ID of several orders"
    NO_ORDER = "no_order", "No order"
    SILENT = "silent", "Open without an update for 30 days"


def with_problems(found: ReturnQuerySet, kinds: Sequence[str], now: datetime) -> ReturnQuerySet:
    """Keep returns that have at least one of these problems."""
    if len(kinds) == 1:
        return found.filter(_rule(Problem(kinds[0]), now))
    # Each is found by its own index; for an OR of them every return would be looked at.
    first, *others = (Return.objects.filter(_rule(Problem(kind), now)) for kind in kinds)
    return found.filter(pk__in=first.values("pk").union(*(each.values("pk") for each in others)))


def _rule(kind: Problem, now: datetime) -> Q:
    match kind:
        case Problem.NO_ARRIVAL:
            return NO_ARRIVAL
        case Problem.EARLY_ARRIVAL:
            return EARLY_ARRIVAL
        case Problem.NO_ORDER:
            return NO_ORDER
        case Problem.SHARED_TRACKING:
            return Q(tracking_key__in=SHARED)
        case Problem.SILENT:
            return OPEN & Q(updated_at__lt=now - SILENT_FOR)
