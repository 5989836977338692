"""The kinds of problems that a return's record may have, and the filter by them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from returns.models import Return, SharedTracking
from returns.models.facts import FACTS, MAX_AHEAD
from returns.models.problems import EARLY_ARRIVAL, ITEMS_LEFT, NO_ARRIVAL, NO_ITEMS, NO_ORDER, OPEN
from returns.querysets import ReturnQuerySet

SILENT_FOR = timedelta(days=30)
SHARED_TRACKING_KEYS = SharedTracking.objects.values("tracking_key")


class Problem(models.TextChoices):
    """A problem of a record, by its name in addresses and its label on screen."""

    FUTURE = "future", pgettext_lazy("problem", "Time in the future")
    NO_ARRIVAL = "no_arrival", pgettext_lazy("problem", "Completed without arrival")
    EARLY_ARRIVAL = "early_arrival", pgettext_lazy("problem", "Arrived before it was created")
    SHARED_TRACKING = (
        "shared_tracking",
        pgettext_lazy("problem", "Same tracking ID on several orders"),
    )
    NO_ORDER = "no_order", pgettext_lazy("problem", "No order")
    ITEMS_WAITING = "items_waiting", pgettext_lazy("problem", "Completed with waiting items")
    NO_ITEMS = "no_items", pgettext_lazy("problem", "Completed without items")
    SILENT = "silent", pgettext_lazy("problem", "Open without an update for 30 days")


def filter_problems(
    queryset: ReturnQuerySet, kinds: Sequence[str], now: datetime
) -> ReturnQuerySet:
    """Keep returns that have at least one of these problems."""
    if len(kinds) == 1:
        return queryset.filter(_condition(Problem(kinds[0]), now))
    # A union lets each problem use its own index; an OR would read all returns.
    first, *others = (Return.objects.filter(_condition(Problem(kind), now)) for kind in kinds)
    return queryset.filter(pk__in=first.values("pk").union(*(each.values("pk") for each in others)))


def filter_newest_problems(
    queryset: ReturnQuerySet, kinds: Sequence[str], now: datetime
) -> ReturnQuerySet:
    """Keep the same returns as ``filter_problems``, to read the newest of them in order.

    Each return is compared by itself: all returns with these problems need not be known.
    """
    conditions = (_condition(Problem(kind), now) for kind in kinds)
    # The last condition, which no return meets, has PostgreSQL read the tracking IDs of several
    # orders once, rather than look up that of each return.
    many = len(kinds) > 1 or Problem.SHARED_TRACKING in kinds
    return queryset.filter(reduce(or_, conditions, Q(pk__lt=0)) if many else next(conditions))


def _in_the_future(now: datetime) -> ReturnQuerySet:
    times = (fact.column for fact in FACTS if fact.is_time)
    is_ahead = (Q(**{f"{name}__gt": now + MAX_AHEAD}) for name in times)
    return Return.objects.filter(reduce(or_, is_ahead)).order_by()


def _condition(kind: Problem, now: datetime) -> Q:
    match kind:
        case Problem.FUTURE:
            # Read first, from the ends of the indexes of the times. PostgreSQL expects too many of
            # them, and would rather look for them in the order of the list.
            return Q(pk__any_of=ArraySubquery(_in_the_future(now).values("pk")))
        case Problem.NO_ARRIVAL:
            return NO_ARRIVAL
        case Problem.EARLY_ARRIVAL:
            return EARLY_ARRIVAL
        case Problem.NO_ORDER:
            return NO_ORDER
        case Problem.ITEMS_WAITING:
            return ITEMS_LEFT
        case Problem.NO_ITEMS:
            return NO_ITEMS
        case Problem.SHARED_TRACKING:
            return Q(tracking_key__in=SHARED_TRACKING_KEYS)
        case Problem.SILENT:
            return OPEN & Q(updated_at__lt=now - SILENT_FOR)
