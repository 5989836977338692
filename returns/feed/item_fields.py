"""The columns of tables that have a row for each item, and what they are called in files.

Each has the name that its value has within a record, such as ``lineItems.sku``.
"""

import re
from typing import TYPE_CHECKING

from django.utils.translation import pgettext_lazy

from returns.feed.records import API_NAMES, KNOWN_FIELDS
from returns.models import DamagedState, ItemState
from returns.models.line_items import ITEM_FACTS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LINE_ITEMS_NAME = API_NAMES["line_items"]
ITEM_NAMES = {fact.column: f"{LINE_ITEMS_NAME}.{fact.api_name}" for fact in ITEM_FACTS}
# How many pieces a row stands for. A record has a line item for each of them.
QUANTITY_NAME = f"{LINE_ITEMS_NAME}.quantity"
ITEM_CELLS = frozenset({*ITEM_NAMES.values(), QUANTITY_NAME})
# Texts of digits and letters, which spreadsheets take for numbers.
ITEM_NUMBERS = frozenset(ITEM_NAMES[name] for name in ("line_reference", "sku", "serial_number"))
# A table without any of these has no items: "Line" or "Quantity" may then be about anything.
TELLING_ITEM_CELLS = frozenset(ITEM_NAMES[name] for name in ("sku", "serial_number", "state"))
ITEM_STATE, ITEM_DECISION = ITEM_NAMES["state"], ITEM_NAMES["damaged_state"]
ITEM_TIME = ITEM_NAMES["processed_at"]
KNOWN_CELLS = KNOWN_FIELDS | ITEM_CELLS
QUANTITY_LABEL = pgettext_lazy("item", "Quantity")
ITEM_LABELS: "dict[str, StrOrPromise]" = {
    **{ITEM_NAMES[fact.column]: fact.label for fact in ITEM_FACTS},
    QUANTITY_NAME: QUANTITY_LABEL,
}
# A plain "state" is that of the return.
ITEM_HEADERS = {
    **{
        ITEM_NAMES[fact.column]: f"{fact.spellings},{fact.api_name}"
        for fact in ITEM_FACTS
        if fact.column != "state"
    },
    ITEM_STATE: next(fact.spellings for fact in ITEM_FACTS if fact.column == "state"),
    QUANTITY_NAME: "quantity, qty, adet, miktar, menge, anzahl, stück",
}
ITEM_STATE_WORDS: dict[str, str] = {
    ItemState.WAITING: "waiting, pending, not inspected, bekliyor, bekleyen, kontrol bekliyor, "
    "wartet, wartend, ausstehend, ungeprüft",
    ItemState.MISSING: "missing, lost, eksik, kayıp, fehlt, fehlend",
    ItemState.DAMAGED: "damaged, broken, hasarlı, kırık, beschädigt, kaputt",
    ItemState.UNDAMAGED: "undamaged, ok, okay, intact, sağlam, hasarsız, unbeschädigt, in ordnung",
}
DECISION_WORDS: dict[str, str] = {
    DamagedState.IN_WAREHOUSE: "waiting in warehouse, waiting for a decision, waiting, depoda, "
    "depoda bekliyor, karar bekliyor, im lager, wartet, wartet auf entscheidung",
    DamagedState.TO_CUSTOMER: "send to customer, sent to customer, sent to the customer, "
    "müşteriye gönder, müşteriye gönderildi, an den kunden, an kunden gesendet",
}
PLACE_IN_LIST = re.compile(rf"({LINE_ITEMS_NAME})\[(\d+)\]")


def name_in_list(name: str, place: int) -> str:
    """Return what is said of a value of one line item: ``lineItems[2].sku``."""
    return name.replace(LINE_ITEMS_NAME, f"{LINE_ITEMS_NAME}[{place}]", 1)


def name_of_cell(name: str) -> str:
    """Return the name of the column for that of a value of one line item; others are kept."""
    return PLACE_IN_LIST.sub(r"\1", name)


def place_in_list(name: str) -> int | None:
    """Return of which line item a name is; None for a name of something else."""
    match = PLACE_IN_LIST.match(name)
    return int(match[2]) if match else None
