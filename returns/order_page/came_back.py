"""What came back of a product, in pieces and in words."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.numbers import grouped
from returns.display.items import counted_outcome
from returns.models import ItemState, State

# By the result of an inspection, what a piece is in a parcel that has arrived.
KINDS_OF_ARRIVED = {
    ItemState.UNDAMAGED.value: "undamaged",
    ItemState.DAMAGED.value: "damaged",
    ItemState.WAITING.value: "waiting",
}


@dataclass(frozen=True, slots=True)
class ReturnedLines:
    """How many lines of the returns of an order have this SKU, result, and state of the return."""

    sku_key: str | None
    sku: str
    result: str
    return_state: str
    count: int

    @property
    def kind(self) -> str:
        """Return which field of ``CameBack`` counts these lines."""
        if self.result == ItemState.MISSING:
            return "missing"
        # In a parcel that has not arrived, only what waits is not inspected.
        if self.return_state == State.CREATED and self.result == ItemState.WAITING:
            return "on_the_way"
        return KINDS_OF_ARRIVED[self.result]


@dataclass(frozen=True, slots=True)
class CameBack:
    """What came back of a product, in pieces.

    In the warehouse are ``undamaged``, ``damaged`` and those ``waiting`` for inspection. Those
    ``missing`` were not in their parcel, and ``on_the_way`` are in parcels that have not arrived.
    """

    undamaged: int = 0
    damaged: int = 0
    waiting: int = 0
    missing: int = 0
    on_the_way: int = 0

    @classmethod
    def count(cls, lines: Iterable[ReturnedLines]) -> "CameBack":
        """Return what came back according to these lines."""
        counts = Counter[str]()
        for line in lines:
            counts[line.kind] += line.count
        return cls(**{each.name: counts[each.name] for each in fields(cls)})

    @property
    def returned(self) -> int:
        """Return how many pieces are in the warehouse again."""
        return self.undamaged + self.damaged + self.waiting

    @property
    def is_nothing(self) -> bool:
        """Tell whether no return has the product."""
        return not (self.returned or self.missing or self.on_the_way)

    @property
    def result(self) -> str:
        """Return the result that a page marks it with: that which needs somebody comes first."""
        if self.damaged:
            return ItemState.DAMAGED.value
        if self.missing:
            return ItemState.MISSING.value
        if self.waiting or self.on_the_way:
            return ItemState.WAITING.value
        return ItemState.UNDAMAGED.value if self.returned else ""

    def text(self, quantity: int | None) -> str:
        """Return it in words, of so many ordered pieces: "3 of 5 returned, 1 damaged"."""
        return ", ".join([self._returned_text(quantity), *self._parts()])

    def _returned_text(self, quantity: int | None) -> str:
        count = self.returned
        if not count:
            return _("none returned")
        if quantity is None:
            text = ngettext("%(count)s returned", "%(count)s returned", count)
            return text % {"count": grouped(count)}
        text = ngettext("%(count)s of %(total)s returned", "%(count)s of %(total)s returned", count)
        return text % {"count": grouped(count), "total": grouped(quantity)}

    def _parts(self) -> list[str]:
        counts = {
            ItemState.DAMAGED: self.damaged,
            ItemState.WAITING: self.waiting,
            ItemState.MISSING: self.missing,
        }
        parts = [counted_outcome(state, count) for state, count in counts.items() if count]
        if self.on_the_way:
            text = ngettext("%(count)s on the way", "%(count)s on the way", self.on_the_way)
            parts.append(text % {"count": grouped(self.on_the_way)})
        return parts
