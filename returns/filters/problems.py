"""What is wrong with the record of a return: the kinds of problems, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.urls import reverse

from returns.filters.counts import LIST_CAP, CappedCount, count_up_to
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


# Why it is a problem, and what to do about it.
REASONS = {
    Problem.NO_ARRIVAL: (
        "It was completed, but nobody knows when it arrived, nor how long it took.",
        "Look up the arrival in the warehouse system and record it there.",
    ),
    Problem.EARLY_ARRIVAL: (
        "It arrived more than a day before it was created, so one of the two times is wrong.",
        "Compare both times with the carrier's, and correct the wrong one.",
    ),
    Problem.SHARED_TRACKING: (
        "Its tracking ID stands on other orders too: a wrong label, or one parcel for several.",
        "Compare these returns. Where a label was mistaken, correct its tracking ID.",
    ),
    Problem.NO_ORDER: (
        "It belongs to no order, so nobody finds it by the number that the shopper knows.",
        "Find the order by the parcel's label or the notes, and record it.",
    ),
    Problem.SILENT: (
        "It is on the way or waits in the warehouse, and its last update is more than 30 days old.",
        "Ask the carrier for what is on the way, look for what arrived; then complete it.",
    ),
}


@dataclass(frozen=True, slots=True)
class ProblemCount:
    """A kind of problem: how many returns have it, why it is one, and what to do."""

    kind: Problem
    count: CappedCount
    reason: str
    remedy: str

    @property
    def address(self) -> str:
        """Return the address of the list of these returns."""
        return reverse("return-list", query={"problem": self.kind.value})


def with_problems(found: ReturnQuerySet, kinds: Sequence[str], now: datetime) -> ReturnQuerySet:
    """Keep returns that have at least one of these problems."""
    if len(kinds) == 1:
        return found.filter(_rule(Problem(kinds[0]), now))
    # Each is found by its own index; for an OR of them every return would be looked at.
    first, *others = (Return.objects.filter(_rule(Problem(kind), now)) for kind in kinds)
    return found.filter(pk__in=first.values("pk").union(*(each.values("pk") for each in others)))


def worklist(now: datetime) -> list[ProblemCount]:
    """Return the problems that there are, with the number of their returns, each up to 10,000."""
    each = [with_problems(Return.objects.all(), [kind], now) for kind in Problem]
    counts = count_up_to(each, LIST_CAP)
    return [
        ProblemCount(kind, count, *REASONS[kind])
        for kind, count in zip(Problem, counts, strict=True)
        if count.number
    ]


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
