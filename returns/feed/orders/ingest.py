"""Writing orders to the database. Nothing else writes them.

Only orders of returns are stored. A batch is one transaction, and one batch is written at a time,
so that what is read stays as it is until the batch is written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from django.db import DataError, IntegrityError, connection, transaction

from returns.database.locks import Lock, lock_for_transaction
from returns.feed.orders.merging import (
    ITEM_FIELDS,
    ORDER_COLUMNS,
    KnownOrder,
    columns_of,
    known_order,
    merge,
)
from returns.feed.orders.records import OrderRecord
from returns.feed.redacting import find_redacted_orders
from returns.models import SalesOrder, SalesOrderItem
from tags.deadlocks import retry_deadlocks

HAVE_RETURNS = """
    SELECT reference, returns_search_key(reference) IS NULL,
        EXISTS (SELECT FROM returns_return WHERE order_key = returns_search_key(reference))
    FROM unnest(%s::text[]) AS given (reference)
"""
# An order whose reference has no search key belongs to the returns with exactly this text. They are
# among all that have no order.
HAVE_RETURNS_WITHOUT_KEY = """
    SELECT DISTINCT sales_order_reference_number FROM returns_return
    WHERE order_key IS NULL AND sales_order_reference_number = ANY(%s::text[])
"""


class OrderOutcome(StrEnum):
    """What became of the records of an order; the values are those of the API."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    # So is the order, because it is known from newer records.
    OLDER = "older"
    # Nothing is stored of an order that no return is known of.
    WITHOUT_RETURN = "withoutReturn"
    # The database refused the order.
    REFUSED = "refused"


def write_orders(records: Sequence[OrderRecord]) -> dict[str, OrderOutcome]:
    """Write the records in one transaction; return the outcome of each order by its reference."""
    try:
        return retry_deadlocks(lambda: _write_whole(records))
    except (DataError, IntegrityError):
        if len(records) == 1:
            return {records[0].reference: OrderOutcome.REFUSED}
    # Find the record that is to blame. The records of an order stay together.
    references = sorted({record.reference for record in records})
    if len(references) == 1:
        return {references[0]: OrderOutcome.REFUSED}
    first = set(references[: len(references) // 2])
    return write_orders([each for each in records if each.reference in first]) | write_orders(
        [each for each in records if each.reference not in first]
    )


@transaction.atomic
def _write_whole(records: Sequence[OrderRecord]) -> dict[str, OrderOutcome]:
    lock_for_transaction(Lock.ORDERS)
    references = {record.reference for record in records}
    with_returns = _with_returns(sorted(references))
    rows = {row.reference: row for row in SalesOrder.objects.filter(reference__in=with_returns)}
    stored = _known(rows)
    known: dict[str, KnownOrder] = dict(stored)
    redacted = find_redacted_orders(with_returns - rows.keys())
    for record in records:
        if (name := record.reference) in with_returns:
            known[name] = merge(known.get(name), record, redacted.get(name))
    newest: dict[str, datetime] = {}
    for record in records:
        at = record.facts.updated_at
        newest[record.reference] = max(at, newest.get(record.reference, at))
    changed = {name: each for name, each in known.items() if each != stored.get(name)}
    _save(changed, rows, stored)
    return {
        reference: _outcome(reference, with_returns, stored, changed, newest[reference])
        for reference in references
    }


def _outcome(
    reference: str,
    with_returns: set[str],
    stored: Mapping[str, KnownOrder],
    changed: Mapping[str, KnownOrder],
    newest: datetime,
) -> OrderOutcome:
    if reference not in with_returns:
        return OrderOutcome.WITHOUT_RETURN
    if reference not in changed:
        is_older = newest < stored[reference].facts.updated_at
        return OrderOutcome.OLDER if is_older else OrderOutcome.UNCHANGED
    return OrderOutcome.UPDATED if reference in stored else OrderOutcome.CREATED


def _with_returns(references: list[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(HAVE_RETURNS, [references])
        rows = cursor.fetchall()
        with_returns = {reference for reference, _, has_return in rows if has_return}
        if without_key := [reference for reference, has_no_key, _ in rows if has_no_key]:
            cursor.execute(HAVE_RETURNS_WITHOUT_KEY, [without_key])
            with_returns |= {reference for (reference,) in cursor.fetchall()}
    return with_returns


def _known(rows: Mapping[str, SalesOrder]) -> dict[str, KnownOrder]:
    items: dict[int, list[SalesOrderItem]] = {row.pk: [] for row in rows.values()}
    for item in SalesOrderItem.objects.filter(order__in=list(items)).order_by("order", "position"):
        items[item.order_id].append(item)
    return {reference: known_order(row, items[row.pk]) for reference, row in rows.items()}


def _save(
    changed: Mapping[str, KnownOrder],
    rows: Mapping[str, SalesOrder],
    stored: Mapping[str, KnownOrder],
) -> None:
    written = []
    for reference, known in changed.items():
        row = rows.get(reference) or SalesOrder(reference=reference, redacted_at=known.redacted_at)
        for name, value in columns_of(known).items():
            setattr(row, name, value)
        written.append(row)
    # As one statement: one UPDATE of many rows by Django takes quadratic time.
    SalesOrder.objects.bulk_create(
        written, update_conflicts=True, unique_fields=["reference"], update_fields=ORDER_COLUMNS
    )
    _replace_items(
        {
            row.pk: changed[row.reference]
            for row in written
            if row.reference not in stored
            or stored[row.reference].items != changed[row.reference].items
        }
    )


def _replace_items(orders: Mapping[int, KnownOrder]) -> None:
    """Replace the items of these orders as a whole."""
    SalesOrderItem.objects.filter(order__in=list(orders)).delete()
    SalesOrderItem.objects.bulk_create(
        SalesOrderItem(
            order_id=pk,
            position=position,
            **{name: getattr(item, name) for name in ITEM_FIELDS if name != "barcodes"},
            barcodes=list(item.barcodes),
        )
        for pk, known in orders.items()
        for position, item in enumerate(known.items or ())
    )
