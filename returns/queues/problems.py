"""Records to fix: how many returns have each problem, its reason, and what to do."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from returns.filters.counts import LIST_CAP, CappedCount, count_up_to
from returns.filters.problems import Problem, filter_problems
from returns.models import Return

# The reason, and what to do.
REASONS_AND_REMEDIES = {
    Problem.FUTURE: (
        _("A time is more than a day ahead. If it is the last update, newer records are ignored."),
        _("Look up the right time in the warehouse system. An admin can enter it as a correction."),
    ),
    Problem.NO_ARRIVAL: (
        _("Completed, but without an arrival time, so the processing time is unknown."),
        _("Look up the arrival and enter it in the warehouse system."),
    ),
    Problem.EARLY_ARRIVAL: (
        _("Arrived more than a day before it was created, so one of the two times is wrong."),
        _("Compare both times with those of the carrier and correct the wrong one."),
    ),
    Problem.SHARED_TRACKING: (
        _(
            "Other orders have the same tracking ID: "
            "a wrong label, or one parcel for several orders."
        ),
        _("Compare these returns and correct wrong tracking IDs."),
    ),
    Problem.NO_ORDER: (
        _("Not linked to an order, so it cannot be found by the shopper's order number."),
        _("Find the order on the label or in the notes and enter it."),
    ),
    Problem.ITEMS_WAITING: (
        _("Completed, but not every item was inspected, so nobody knows what came back."),
        _("Inspect the remaining items in the warehouse system, or reopen the return there."),
    ),
    Problem.NO_ITEMS: (
        _("Completed, but the warehouse system says that nothing was in the parcel."),
        _("Check the parcel, and enter what was in it in the warehouse system."),
    ),
    Problem.SILENT: (
        _("On the way or waiting, without any update for more than 30 days."),
        _("If it is on the way, ask the carrier. If it has arrived, find it and complete it."),
    ),
}


@dataclass(frozen=True, slots=True)
class ProblemCount:
    """A kind of problem: the number of returns, the reason, and what to do."""

    kind: Problem
    count: CappedCount
    reason: str
    remedy: str

    @property
    def address(self) -> str:
        """Return the address of the list of these returns."""
        return reverse("return-list", query={"problem": self.kind.value})


def count_problems(now: datetime) -> list[ProblemCount]:
    """Return the problems that occur, with their number of returns, up to 10,000 each."""
    querysets = [filter_problems(Return.objects.all(), [kind], now) for kind in Problem]
    counts = count_up_to(querysets, LIST_CAP)
    return [
        ProblemCount(kind, count, *map(str, REASONS_AND_REMEDIES[kind]))
        for kind, count in zip(Problem, counts, strict=True)
        if count.number
    ]
