"""What a record adds to what is known of an order, whatever the order of arrival.

An order has three parts: its facts, its items and its shopper. Each is that of the greatest record
that says it, by its update and then by the part itself, which is a total order. So any records, in
any order and however often, end the same.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from returns.feed.orders.records import OrderFacts, OrderItem, OrderRecord
from returns.models import SalesOrder, SalesOrderItem
from returns.orders.shoppers import HashedShopper, current_key_id

type Part = OrderFacts | tuple[OrderItem, ...] | HashedShopper

FACT_FIELDS = tuple(each.name for each in fields(OrderFacts))
ITEM_FIELDS = tuple(each.name for each in fields(OrderItem))
SHOPPER_FIELDS = tuple(each.name for each in fields(HashedShopper))
# What is written of an order besides its reference.
ORDER_COLUMNS = (*FACT_FIELDS, *SHOPPER_FIELDS, "items_updated_at", "shopper_updated_at")


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order as it is stored: each part, and the update of the record that said it.

    Of one that is redacted, nothing is stored again that tells who the shopper is.
    """

    facts: OrderFacts
    items: tuple[OrderItem, ...] | None = None
    items_updated_at: datetime | None = None
    shopper: HashedShopper | None = None
    shopper_updated_at: datetime | None = None
    redacted_at: datetime | None = None


def merge(
    known: KnownOrder | None, record: OrderRecord, redacted_at: datetime | None = None
) -> KnownOrder:
    """Return what is known of an order after a record of it; the same value if it adds nothing.

    ``redacted_at`` is for an order that was redacted but is not known any more.
    """
    redacted_at = known.redacted_at if known else redacted_at
    if redacted_at:
        record = without_shopper(record)
    if known is None:
        known = KnownOrder(record.facts, redacted_at=redacted_at)
    merged, at = known, record.facts.updated_at
    if _wins(at, record.facts, known.facts.updated_at, known.facts):
        merged = replace(merged, facts=record.facts)
    if record.items is not None and _wins(at, record.items, known.items_updated_at, known.items):
        merged = replace(merged, items=record.items, items_updated_at=at)
    if record.shopper is not None and _wins(
        at, record.shopper, known.shopper_updated_at, known.shopper
    ):
        merged = replace(merged, shopper=record.shopper, shopper_updated_at=at)
    return merged


def without_shopper(record: OrderRecord) -> OrderRecord:
    """Return what a record says about a redacted order."""
    return replace(record, facts=replace(record.facts, tracking_address=""), shopper=None)


def _wins(at: datetime, part: Part, known_at: datetime | None, known_part: Part | None) -> bool:
    """Tell whether a part of a record is greater than the known one, if there is one yet."""
    if known_at is None or known_part is None:
        return True
    if at != known_at or part == known_part:
        return at > known_at
    return _rank(part) > _rank(known_part)


def _rank(part: Part) -> tuple[bool, str]:
    """Return the order of parts of one update.

    Of two shoppers, the one that is hashed with the newest key is greater: it can be found for
    longer.
    """
    is_current = isinstance(part, HashedShopper) and part.hash_key == current_key_id()
    values = [asdict(each) for each in part] if isinstance(part, tuple) else asdict(part)
    return is_current, json.dumps(values, sort_keys=True, default=str)


def known_order(row: SalesOrder, items: Iterable[SalesOrderItem]) -> KnownOrder:
    """Return what a stored order says; ``items`` are its items in their order."""
    return KnownOrder(
        OrderFacts(**{name: getattr(row, name) for name in FACT_FIELDS}),
        tuple(map(_stored_item, items)) if row.items_updated_at else None,
        row.items_updated_at,
        HashedShopper(**{name: getattr(row, name) for name in SHOPPER_FIELDS})
        if row.shopper_updated_at
        else None,
        row.shopper_updated_at,
        row.redacted_at,
    )


def _stored_item(row: SalesOrderItem) -> OrderItem:
    values = {name: getattr(row, name) for name in ITEM_FIELDS}
    return OrderItem(**values | {"barcodes": tuple(row.barcodes)})


def columns_of(known: KnownOrder) -> dict[str, Any]:
    """Return the columns of ``SalesOrder`` that say what is known."""
    shopper = known.shopper or HashedShopper()
    return {
        **{name: getattr(known.facts, name) for name in FACT_FIELDS},
        **{name: getattr(shopper, name) for name in SHOPPER_FIELDS},
        "items_updated_at": known.items_updated_at,
        "shopper_updated_at": known.shopper_updated_at,
    }
