"""What was in the parcel of a return, as its page shows it."""

from dataclasses import dataclass

from returns.display.items import items_summary
from returns.models import ItemState, LineItem, Return
from returns.models.line_items import to_line_items
from returns.orders.finding import names_in_parcel

MAX_UNFOLDED_LINES = 20
# What needs somebody comes first.
STATES_IN_ORDER = (ItemState.DAMAGED, ItemState.MISSING, ItemState.WAITING, ItemState.UNDAMAGED)


@dataclass(frozen=True, slots=True)
class ParcelLine:
    """A line item, with what its order calls the product; "" if it does not say."""

    item: LineItem
    product: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """The line items of a return, with their summary in words.

    ``is_known`` is False until the WMS has said what is in the parcel. ``folded`` are the lines
    that are hidden until a person opens them. ``value`` is the value of the return in words.
    """

    summary: str
    is_known: bool
    lines: list[ParcelLine]
    folded: list[ParcelLine]
    value: str = ""

    @property
    def has_serial_numbers(self) -> bool:
        """Tell whether a line has a serial number."""
        return any(line.item.serial_number for line in (*self.lines, *self.folded))


def parcel_of(record: Return, value: str = "") -> Parcel:
    """Return what was in the parcel of a return. At most one query.

    ``value`` is its value in words.
    """
    known = to_line_items(record.line_items)
    items = sorted(
        known or (),
        key=lambda line: (STATES_IN_ORDER.index(ItemState(line.state)), line.line_reference),
    )
    names = names_in_parcel(record) if items and record.order_key else {}
    lines = [ParcelLine(item, names.get(item.sku, "")) for item in items]
    return Parcel(
        items_summary(record),
        known is not None,
        lines[:MAX_UNFOLDED_LINES],
        lines[MAX_UNFOLDED_LINES:],
        value,
    )
