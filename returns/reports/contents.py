"""The contents of returns as figures: how many returns, and how many items of each outcome."""

from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from config.numbers import decimal
from returns.models import ItemState
from returns.reports.figures import Figure, share_figure, text_figure
from returns.reports.periods import Span
from returns.reports.scope import Param, Scope, event_filters
from returns.reports.sources import ARRIVED, ItemCounts

KNOWN_ITEMS_FILTER: Param = ("items", "known")
# The outcomes of items, as ``ItemCounts`` names them, in the order of the bars from below.
OUTCOMES = {
    "undamaged": ItemState.UNDAMAGED,
    "damaged": ItemState.DAMAGED,
    "missing": ItemState.MISSING,
    "waiting": ItemState.WAITING,
}
OUTCOME_HEADS = {
    "undamaged": pgettext_lazy("number of items", "Undamaged"),
    "damaged": pgettext_lazy("number of items", "Damaged"),
    "missing": pgettext_lazy("number of items", "Missing"),
    "waiting": pgettext_lazy("number of items", "Waiting"),
}
SHARE_HEADS = {
    "damaged": gettext_lazy("Damaged share"),
    "missing": gettext_lazy("Missing share"),
}
RETURN_HEADS = {
    "damaged": pgettext_lazy("number of returns", "With damaged"),
    "missing": pgettext_lazy("number of returns", "With missing"),
}


class Contents:
    """The returns that arrived in a span, match further filters and have known line items.

    Numbers of returns have a list; numbers of items are calculated from its returns.
    """

    def __init__(self, scope: Scope, span: Span, counts: ItemCounts, *params: Param) -> None:
        self.scope, self.counts = scope, counts
        self.params = (*event_filters(ARRIVED, span), *params)

    def returns(self) -> Figure:
        """Return how many returns these are."""
        return Figure(self.counts.returns, self._address(KNOWN_ITEMS_FILTER))

    def returns_with(self, outcome: str) -> Figure:
        """Return how many of them have an item with an outcome."""
        number = getattr(self.counts, f"with_{outcome}")
        return Figure(number, self._address(("item", OUTCOMES[outcome].value)))

    def items(self) -> Figure:
        """Return how many items were in them."""
        return Figure(self.counts.items)

    def items_with(self, outcome: str) -> Figure:
        """Return how many of these have an outcome."""
        return Figure(getattr(self.counts, outcome))

    def share(self, outcome: str) -> Figure:
        """Return which percentage of the items has an outcome."""
        return share_figure(getattr(self.counts, outcome), self.counts.items)

    def items_per_return(self) -> Figure:
        """Return the average number of items."""
        if not self.counts.returns:
            return Figure(0, text="–", value="")
        average = self.counts.items / self.counts.returns
        return text_figure(decimal(average, 2), average)

    def _address(self, param: Param) -> str:
        return self.scope.address(*self.params, param)


def has_lists_by_outcome(scope: Scope) -> bool:
    """Tell whether the returns with an item of an outcome have a list within the scope.

    A scope by kinds of items keeps returns with any of them, so another kind would widen it.
    """
    return not scope.filters_by("item")


def contents_head(first: str, *, by_outcome: bool = False) -> tuple[str, ...]:
    """Return the heads of a table of contents; ``first`` is that of the rows' headings.

    With ``by_outcome``, it also counts the returns with an item of some outcomes.
    """
    return (
        first,
        pgettext("number", "Returns"),
        *(map(str, RETURN_HEADS.values()) if by_outcome else ()),
        pgettext("number", "Items"),
        *map(str, OUTCOME_HEADS.values()),
        *map(str, SHARE_HEADS.values()),
    )


def contents_row(
    heading: Figure, contents: Contents, *, by_outcome: bool = False
) -> tuple[Figure, ...]:
    """Return a row of such a table."""
    return (
        heading,
        contents.returns(),
        *(map(contents.returns_with, RETURN_HEADS) if by_outcome else ()),
        contents.items(),
        *(contents.items_with(outcome) for outcome in OUTCOME_HEADS),
        *(contents.share(outcome) for outcome in SHARE_HEADS),
    )
