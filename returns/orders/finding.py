"""Finding orders: that of a return, those of a shopper, and those with a product."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Q, QuerySet, TextField, Value

from returns.expressions import SearchKey
from returns.models import Return, SalesOrder, SalesOrderItem
from returns.orders.shoppers import ShopperHash, ShopperKind
from returns.querysets import ReturnQuerySet

# From the two ends that are small: the lines of the return, and the items of its order.
NAMES_IN_PARCEL = """
    SELECT DISTINCT ON (line.sku) line.sku, item.name
    FROM returns_salesorder o
    JOIN returns_salesorderitem item ON item.order_id = o.id AND item.name <> ''
    JOIN returns_returnitem line ON line.sku_key = item.sku_key AND line.record_id = %s
    WHERE o.order_key = %s
    ORDER BY line.sku, o.id, item.position
"""


def find_order(text: str) -> SalesOrder | None:
    """Return the order with this reference or search key, with its items; None without one.

    Of several whose references differ by punctuation alone, it is the one that is spelled so, or
    else the oldest.
    """
    if "\0" in text:  # PostgreSQL rejects a query with it
        return None
    matches = SalesOrder.objects.filter(Q(reference=text) | Q(order_key=_search_key(text)))
    orders = list(matches.order_by("pk").prefetch_related("items"))
    return next((order for order in orders if order.reference == text), next(iter(orders), None))


def find_orders(order_keys: Iterable[str | None]) -> dict[str, SalesOrder]:
    """Return the orders with these search keys, without their items; the oldest of each key."""
    keys = {key for key in order_keys if key}
    orders = SalesOrder.objects.filter(order_key__in=keys).order_by("-pk") if keys else ()
    return {order.order_key: order for order in orders}


def orders_of_shopper(hashes: Iterable[ShopperHash]) -> QuerySet[SalesOrder]:
    """Return the orders that have any of these hashes, the newest first."""
    by_kind: dict[ShopperKind, list[str]] = {}
    for kind, value in hashes:
        by_kind.setdefault(kind, []).append(value)
    conditions = [Q(**{f"{kind.column}__in": values}) for kind, values in by_kind.items()]
    if not conditions:
        return SalesOrder.objects.none()
    return SalesOrder.objects.filter(reduce(or_, conditions)).order_by("-ordered_at", "-pk")


def returns_of_shopper(hashes: Iterable[ShopperHash]) -> ReturnQuerySet:
    """Return the returns of the orders that have any of these hashes."""
    keys = orders_of_shopper(hashes).order_by().values("order_key")
    return Return.objects.filter(order_key__in=keys)


def hashes_of_order(order: SalesOrder) -> list[ShopperHash]:
    """Return the hashes of the shopper of an order, by which their other orders are found."""
    hashes = ((kind, getattr(order, kind.column)) for kind in ShopperKind)
    return [ShopperHash(kind, value) for kind, value in hashes if value]


def items_with_sku(text: str) -> QuerySet[SalesOrderItem]:
    """Return the items of orders with this SKU, however it is spelled."""
    return SalesOrderItem.objects.filter(sku_key=_search_key(text.replace("\0", "")))


def items_with_barcode(text: str) -> QuerySet[SalesOrderItem]:
    """Return the items of orders whose product has this barcode, however it is spelled."""
    return SalesOrderItem.objects.filter(
        barcode_keys__contains=[_search_key(text.replace("\0", ""))]
    )


def names_in_parcel(record: Return) -> dict[str, str]:
    """Return what the order of a return calls its products, by the SKU as the return spells it."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES_IN_PARCEL, [record.pk, record.order_key])
        return dict(cursor.fetchall())


def _search_key(text: str) -> SearchKey:
    return SearchKey(Value(text, TextField()))
