"""Orders with prices."""

from datetime import UTC, datetime
from decimal import Decimal

from django.db import transaction

from returns.models import SalesOrder, SalesOrderItem

ORDERED = datetime(2026, 11, 1, tzinfo=UTC)


@transaction.atomic
def put_order(reference: str, *items: tuple) -> SalesOrder:
    """Write an order straight into the tables, with these items in place of those it has.

    An item is a SKU, the price of one piece, its currency and how many were ordered.
    """
    order, _ = SalesOrder.objects.get_or_create(
        reference=reference,
        defaults={"state": "Shipped", "ordered_at": ORDERED, "updated_at": ORDERED},
    )
    order.items.all().delete()
    SalesOrderItem.objects.bulk_create(
        _item(order, place, *item) for place, item in enumerate(items)
    )
    return order


def _item(
    order: SalesOrder,
    place: int,
    sku: str,
    price: str | None,
    currency: str = "TRY",
    quantity: int = 1,
) -> SalesOrderItem:
    return SalesOrderItem(
        order=order,
        position=place,
        sku=sku,
        price=None if price is None else Decimal(price),
        currency=currency,
        quantity=quantity,
    )
