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
from returns.feed.records import EARLIEST_TIME
from returns.models import SalesOrder, SalesOrderItem
from returns.orders.shoppers import HashedShopper, current_key_id

FACT_FIELDS = tuple(each.name for each in fields(OrderFacts))
ITEM_FIELDS = tuple(each.name for each in fields(OrderItem))
SHOPPER_FIELDS = tuple(each.name for each in fields(HashedShopper))


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order as it is stored: each part, and the update of the record that said it."""

    facts: OrderFacts
    items: tuple[OrderItem, ...] | None = None
    items_updated_at: datetime | None = None
    shopper: HashedShopper | None = None
    shopper_updated_at: datetime | None = None


def merge(known: KnownOrder | None, record: OrderRecord) -> KnownOrder:
    """Return what is known of an order after a record of it; the same value if it adds nothing."""
    if known is None:
        known = KnownOrder(record.facts)
    merged, at = known, record.facts.updated_at
    if _rank(at, record.facts) > _rank(known.facts.updated_at, known.facts):
        merged = replace(merged, facts=record.facts)
    if record.items is not None and _rank(at, record.items) > _rank(
        known.items_updated_at, known.items
    ):
        merged = replace(merged, items=record.items, items_updated_at=at)
    if record.shopper is not None and _rank(at, record.shopper) > _rank(
        known.shopper_updated_at, known.shopper
    ):
        merged = replace(merged, shopper=record.shopper, shopper_updated_at=at)
    return merged


def _rank(at: datetime | None, part: Any) -> tuple[datetime, bool, str]:
    """Return how great a part is; less than any other if there is none yet.

    Of two shoppers of one update, the one that is hashed with the newest key is greater: it can be
    found for longer.
    """
    if at is None:
        return EARLIEST_TIME, False, ""
    is_current = isinstance(part, HashedShopper) and part.hash_key == current_key_id()
    return at, is_current, _canonical(part)


def _canonical(part: Any) -> str:
    """Return a part as a text that only equal parts share."""
    values = [asdict(each) for each in part] if isinstance(part, tuple) else asdict(part)
    return json.dumps(values, sort_keys=True, default=str)


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
