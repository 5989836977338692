"""Parsing of orders: an untrusted JSON object becomes a typed record, or all that is wrong with it.

What is not stored is not read: addresses, invoices and unknown fields. No error repeats what a
record says about its shopper.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import models

from config.stored_texts import stored_text
from returns.feed.orders.records import (
    CREATED_AT,
    CUSTOMER_FIELD,
    ITEM_SOURCES,
    ITEMS_FIELD,
    ORDER_FIELD,
    ORDER_PARTS,
    ORDER_SOURCES,
    PRODUCT_PRICE,
    OrderEntry,
    OrderFacts,
    OrderItem,
    OrderRecord,
)
from returns.feed.orders.values import (
    IS_MISSING,
    NOT_A_LIST,
    Read,
    read_amount,
    read_barcodes,
    read_currency,
    read_https_address,
    read_order_state,
    read_order_time,
    read_quantity,
    read_text,
)
from returns.feed.records import Problem, RecordError, combined
from returns.models import SalesOrder, SalesOrderItem
from returns.orders.shoppers import are_shoppers_stored, hash_shopper

MAX_ORDER_ITEMS = 1_000
MAX_SHOPPER_TEXT = 1_000  # characters
MAX_SHOPPER_NAME = 200  # characters, of each of the two names
NOT_AN_OBJECT = stored_text("not an object")

type Raw = Mapping[str, object]


def _reader(model: type[models.Model], column: str) -> Read:
    field: Any = model._meta.get_field(column)
    match field:
        case models.DateTimeField():
            return read_order_time
        case models.DecimalField():
            return read_amount
    special = {
        "state": read_order_state,
        "currency": read_currency,
        "barcodes": read_barcodes,
        "quantity": read_quantity,
    }
    if column == "tracking_address":
        return read_https_address(field.max_length)
    return special.get(column) or read_text(field.max_length)


READ_REFERENCE = _reader(SalesOrder, "reference")
ORDER_READERS = {column: _reader(SalesOrder, column) for column in ORDER_SOURCES}
ITEM_READERS = {column: _reader(SalesOrderItem, column) for column in ITEM_SOURCES}
READ_SHOPPER, READ_SHOPPER_NAME = read_text(MAX_SHOPPER_TEXT), read_text(MAX_SHOPPER_NAME)


def order_entry(place: str, value: object) -> OrderEntry:
    """Return the entry of a JSON list; an entry that is not an object has an error."""
    if isinstance(value, Mapping):
        return OrderEntry(place, value)
    return OrderEntry(place, error=RecordError("record", NOT_AN_OBJECT))


def parse_order(raw: Raw) -> OrderRecord:
    """Return the record of an order.

    Null and "" mean that there is no such value. A record without ``lineItems`` or without
    ``customer`` says nothing about them. Raises ``RecordError`` for all that is wrong.
    """
    reader = _OrderReader(raw)
    reference = reader.value(ORDER_FIELD, READ_REFERENCE, raw.get(ORDER_FIELD))
    if reference == "":
        reader.problems.append((ORDER_FIELD, IS_MISSING))
    facts, items, shopper = reader.facts(), reader.items(), reader.shopper()
    if reader.problems:
        raise combined(reader.problems)
    # Hashed last: a record that is rejected is not worth it.
    return OrderRecord(reference, facts, items, hash_shopper(**shopper) if shopper else None)


class _OrderReader:
    """Reads the parts of an order, and collects all that is wrong."""

    def __init__(self, raw: Raw) -> None:
        self.problems: list[Problem] = []
        self._raw = raw

    def facts(self) -> OrderFacts:
        """Return the facts; they hold only if there are no problems."""
        parts = {part: self._part(part) for part in ORDER_PARTS} | {"": self._raw}
        values = {
            column: self.value(each.path, ORDER_READERS[column], parts[each.part].get(each.name))
            for column, each in ORDER_SOURCES.items()
        }
        created_at = self.value(CREATED_AT.path, read_order_time, self._raw.get(CREATED_AT.name))
        values["ordered_at"] = values["ordered_at"] or created_at
        values["updated_at"] = values["updated_at"] or created_at or values["ordered_at"]
        if values["ordered_at"] is None:
            self.problems.append((ORDER_SOURCES["ordered_at"].path, IS_MISSING))
        return OrderFacts(**values)

    def items(self) -> tuple[OrderItem, ...] | None:
        """Return the items; None if the record does not say them."""
        if ITEMS_FIELD not in self._raw:
            return None
        items = self._raw[ITEMS_FIELD] or []
        if not isinstance(items, list):
            self.problems.append((ITEMS_FIELD, NOT_A_LIST))
            return None
        if len(items) > MAX_ORDER_ITEMS:
            why = stored_text(
                "%(count)s items; at most %(most)s are stored",
                count=len(items),
                most=MAX_ORDER_ITEMS,
            )
            self.problems.append((ITEMS_FIELD, why))
            return None
        return tuple(self._item(f"{ITEMS_FIELD}[{at}]", each) for at, each in enumerate(items))

    def _item(self, place: str, raw: object) -> OrderItem:
        if not isinstance(raw, Mapping):
            self.problems.append((place, NOT_AN_OBJECT))
            return OrderItem()
        values = {
            column: self.value(f"{place}.{each.path}", ITEM_READERS[column], raw.get(each.name))
            for column, each in ITEM_SOURCES.items()
        }
        if values["price"] is None:
            path = f"{place}.{PRODUCT_PRICE.path}"
            values["price"] = self.value(path, read_amount, raw.get(PRODUCT_PRICE.name))
        return OrderItem(**values)

    def shopper(self) -> dict[str, str] | None:
        """Return the arguments of ``hash_shopper``; None if the shopper is not known or stored."""
        if CUSTOMER_FIELD not in self._raw or not are_shoppers_stored():
            return None
        raw = self._part(CUSTOMER_FIELD)

        def read(name: str, reader: Read) -> str:
            return self.value(f"{CUSTOMER_FIELD}.{name}", reader, raw.get(name)) or ""

        names = ("firstName", "lastName") if settings.SHOPPER_NAMES else ()
        return {
            "customer": read("customerNo", READ_SHOPPER),
            "email": read("email", READ_SHOPPER),
            "phone": read("phone", READ_SHOPPER),
            "name": " ".join(filter(None, (read(each, READ_SHOPPER_NAME) for each in names))),
        }

    def _part(self, name: str) -> Raw:
        part = self._raw.get(name)
        if isinstance(part, Mapping):
            return part
        if part is not None and part != "":
            self.problems.append((name, NOT_AN_OBJECT))
        return {}

    def value(self, field: str, read: Read, value: object) -> Any:
        """Return what is read; None if it is wrong."""
        try:
            return read(field, value)
        except RecordError as error:
            self.problems += error.problems
            return None
