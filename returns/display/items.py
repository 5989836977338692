"""What is in a parcel, in words: the line items of a return, counted by the result."""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.numbers import grouped
from returns.models import ItemState, LineItem, Return
from returns.models.line_items import ITEM_COUNT_COLUMNS, to_line_items


def items_summary(record: Return) -> str:
    """Return what is in the parcel: "2 items: 1 undamaged, 1 missing"; "" if nobody has said."""
    if record.pk is None:  # an example, which the database has not counted
        lines = to_line_items(record.line_items)
        return "" if lines is None else items_text(lines)
    if record.item_count is None:
        return ""
    counts = {state: getattr(record, ITEM_COUNT_COLUMNS[state]) for state in ItemState.values}
    return _in_words(record.item_count, counts)


def items_text(lines: Sequence[LineItem]) -> str:
    """Return the same of line items."""
    return counts_text(Counter(line.state for line in lines))


def counts_text(counts: Mapping[str, int]) -> str:
    """Return the same of the numbers of items in each state."""
    return _in_words(sum(counts.values()), counts)


def _in_words(total: int, counts: Mapping[str, int]) -> str:
    if not total:
        return _("no items")
    parts = [
        counted_outcome(state, count)
        for state in (ItemState.UNDAMAGED, ItemState.DAMAGED, ItemState.MISSING, ItemState.WAITING)
        if (count := counts.get(state, 0))
    ]
    return ngettext("%(count)s item: %(outcomes)s", "%(count)s items: %(outcomes)s", total) % {
        "count": grouped(total),
        "outcomes": ", ".join(parts),
    }


def counted_outcome(state: ItemState, count: int) -> str:
    """Return how many items have a result: "1 damaged"."""
    match state:
        case ItemState.UNDAMAGED:
            text = ngettext("%(count)s undamaged", "%(count)s undamaged", count)
        case ItemState.DAMAGED:
            text = ngettext("%(count)s damaged", "%(count)s damaged", count)
        case ItemState.MISSING:
            text = ngettext("%(count)s missing", "%(count)s missing", count)
        case _:
            text = ngettext("%(count)s waiting", "%(count)s waiting", count)
    return text % {"count": grouped(count)}
