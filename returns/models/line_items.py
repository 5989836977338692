"""Line items: the contents of a return, one line for each piece, with the result of its inspection.

The WMS sends the lines of a return as one list, so ``Return.line_items`` is a fact like the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from returns.expressions import CountAtPath
from returns.models.facts import api_name

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ItemState(models.TextChoices):
    """The states of a line item: the WMS's value and the label on screen."""

    WAITING = "WaitingToBeProcessed", pgettext_lazy("item", "waiting")
    MISSING = "Missing", pgettext_lazy("item", "missing")
    DAMAGED = "Damaged", pgettext_lazy("item", "damaged")
    UNDAMAGED = "Undamaged", pgettext_lazy("item", "undamaged")


class DamagedState(models.TextChoices):
    """What happens to a damaged item: the WMS's value and the label on screen."""

    IN_WAREHOUSE = "WaitingInWarehouse", pgettext_lazy("item", "waiting for a decision")
    TO_CUSTOMER = "SendToCustomer", pgettext_lazy("item", "going back to the shopper")


class LineItem(NamedTuple):
    """A line item as the WMS sent it last. ``processed_at`` is an ISO 8601 time in UTC.

    A missing text is "". ``others`` has the fields that we do not know. This is also the order of
    the values in ``Return.line_items``.
    """

    line_reference: str
    sku: str = ""
    serial_number: str = ""
    state: str = ItemState.WAITING.value
    damaged_state: str = ""
    processed_at: str | None = None
    others: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """Return what people call the item: its SKU, or its line if it has none."""
        return self.sku or self.line_reference

    @property
    def outcome(self) -> str:
        """Return the state as people read it, with the decision about a damaged item."""
        state = str(ItemState(self.state).label)
        if self.state != ItemState.DAMAGED or not self.damaged_state:
            return state
        return _("%(state)s, %(decision)s") % {
            "state": state,
            "decision": DamagedState(self.damaged_state).label,
        }

    @property
    def processed(self) -> datetime | None:
        """Return the time of its inspection, or None."""
        return datetime.fromisoformat(self.processed_at) if self.processed_at else None


@dataclass(frozen=True, slots=True, eq=False)
class ItemFact:
    """A field of a line item as the WMS sends it; ``column`` is that of ``LineItem``.

    ``spellings`` are headers of the column in files, besides its API name and its label.
    """

    column: str
    label: "StrOrPromise"
    name: str = ""
    max_length: int = 100
    spellings: str = ""
    description: str = ""

    @property
    def api_name(self) -> str:
        """Return its name in the API."""
        return self.name or api_name(self.column)


ITEM_FACTS = (
    ItemFact(
        "line_reference",
        pgettext_lazy("item", "Line reference"),
        name="lineItemReferenceNumber",
        spellings="line item, line, line no, line number, satır, satır no, kalem, kalem no, "
        "position, positionsnummer, zeile",
        description="Identifies the line within its return.",
    ),
    ItemFact(
        "sku",
        pgettext_lazy("item", "SKU"),
        spellings="stock keeping unit, stok kodu, ürün kodu, artikelnummer, artikel-nr",
        description="The product.",
    ),
    ItemFact(
        "serial_number",
        pgettext_lazy("item", "Serial number"),
        spellings="serial, serial no, seri no, seri numarası, seriennummer, serien-nr",
    ),
    ItemFact(
        "state",
        pgettext_lazy("item", "Item state"),
        max_length=30,
        spellings="item status, line state, ürün durumu, kalem durumu, artikelzustand",
        description=f"One of {', '.join(ItemState.values)}.",
    ),
    ItemFact(
        "damaged_state",
        pgettext_lazy("item", "Decision about damage"),
        max_length=30,
        spellings="damaged state, damage decision, hasar kararı, schadensentscheidung",
        description=f"Of a damaged item, one of {', '.join(DamagedState.values)}.",
    ),
    ItemFact(
        "processed_at",
        pgettext_lazy("item", "Inspected"),
        spellings="processed, processed on, inspected at, işlenme tarihi, kontrol tarihi, "
        "geprüft, geprüft am",
        description="A time: when it was inspected.",
    ),
)
ITEM_FACTS_BY_COLUMN = {fact.column: fact for fact in ITEM_FACTS}
ITEM_API_NAMES = {fact.column: fact.api_name for fact in ITEM_FACTS}
PLACES_IN_LINE = {name: place for place, name in enumerate(LineItem._fields)}


def to_line_items(stored: Sequence[Sequence[Any]] | None) -> tuple[LineItem, ...] | None:
    """Return the line items in a value of ``Return.line_items``; None if they are not known."""
    return None if stored is None else tuple(LineItem(*line) for line in stored)


def count_column(**values: str) -> models.GeneratedField:
    """Return a column with the number of line items with these values; NULL if none are known."""
    conditions = " && ".join(f'@[{PLACES_IN_LINE[name]}] == "{v}"' for name, v in values.items())
    # Lax paths would look into each line instead of at it.
    path = f"strict $[*] ? ({conditions})" if conditions else "strict $[*]"
    return models.GeneratedField(
        expression=CountAtPath("line_items", path=path),
        output_field=models.SmallIntegerField(null=True),
        db_persist=True,
    )


# The columns of ``Return`` that count the items of each kind, by the value in addresses.
ITEM_COUNT_COLUMNS = {
    ItemState.WAITING.value: "items_waiting",
    ItemState.MISSING.value: "items_missing",
    ItemState.DAMAGED.value: "items_damaged",
    ItemState.UNDAMAGED.value: "items_undamaged",
    DamagedState.IN_WAREHOUSE.value: "items_undecided",
}


def item_indexes() -> list[models.Index]:
    """Return the partial indexes of the few returns with each kind of items, as lists read them."""
    indexes = [
        models.Index(
            fields=["created_at", "id"],
            condition=Q(**{f"{column}__gt": 0}),
            name=f"return_{column}",
        )
        for column in ITEM_COUNT_COLUMNS.values()
        # Most returns have undamaged ones.
        if column not in {"items_undamaged", "items_undecided"}
    ]
    # A view that is shipped as a queue: its card is counted by state and arrival.
    undecided = models.Index(
        fields=["created_at", "id"],
        include=["state", "arrived_to_warehouse_at"],
        condition=Q(items_undecided__gt=0),
        name="return_undecided",
    )
    return [*indexes, undecided]
