"""Records to fix: how many returns have each problem, why it is one, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from returns.filters.counts import LIST_CAP, CappedCount, count_up_to
from returns.filters.problems import Problem, with_problems
from returns.models import Return

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


def worklist(now: datetime) -> list[ProblemCount]:
    """Return the problems that there are, with the number of their returns, each up to 10,000."""
    each = [with_problems(Return.objects.all(), [kind], now) for kind in Problem]
    counts = count_up_to(each, LIST_CAP)
    return [
        ProblemCount(kind, count, *REASONS[kind])
        for kind, count in zip(Problem, counts, strict=True)
        if count.number
    ]
