"""What is kept of orders without need: the orders of deleted returns, names, old requests."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from returns.database.locks import Lock, lock_for_transaction
from returns.feed.item_pulling import ITEM_REQUESTS
from returns.feed.orders.requests import ORDER_REQUESTS
from returns.models import Return, SalesOrder

# Nobody pulls any more. Who begins to pull again requests everything.
OLD_REQUEST = timedelta(days=30)


def orders_without_returns(_now: datetime) -> QuerySet[SalesOrder]:
    """Return the orders whose returns have all been deleted."""
    same_order = Return.objects.filter(order_key=OuterRef("order_key"))
    same_text = Return.objects.filter(sales_order_reference_number=OuterRef("reference"))
    # Apart, so that those with keys are compared by two indexes alone.
    with_keys = SalesOrder.objects.filter(~Exists(same_order), order_key__isnull=False)
    others = SalesOrder.objects.filter(~Exists(same_text.filter(order_key=None)), order_key=None)
    return with_keys.union(others, all=True)


def delete_orders_without_returns(now: datetime, most: int) -> int:
    """Delete up to so many orders whose returns have all been deleted; return how many."""
    if not _some(orders_without_returns(now), 1):
        return 0
    with transaction.atomic():
        # While orders are written, none of them is deleted whose return has just come.
        lock_for_transaction(Lock.ORDERS)
        some = _some(orders_without_returns(now), most)
        deleted = SalesOrder.objects.filter(pk__in=some).delete()[1]
    return deleted.get(SalesOrder._meta.label, 0)


def orders_with_forbidden_names(_now: datetime) -> QuerySet[SalesOrder]:
    """Return the orders with the name of their shopper, if it may no longer be stored."""
    named = SalesOrder.objects.exclude(shopper_name="")
    return named.none() if settings.SHOPPER_NAMES else named


@transaction.atomic
def forget_names(now: datetime, most: int) -> int:
    """Delete up to so many names of shoppers if they may no longer be stored; return how many."""
    lock_for_transaction(Lock.ORDERS)
    some = _some(orders_with_forbidden_names(now), most)
    return SalesOrder.objects.filter(pk__in=some).update(shopper_name="")


def old_order_requests(now: datetime) -> QuerySet[Any]:
    """Return the requests of orders that nobody has asked for."""
    return ORDER_REQUESTS.model._default_manager.filter(requested_at__lt=now - OLD_REQUEST)


def old_item_requests(now: datetime) -> QuerySet[Any]:
    """Return the requests of line items that nobody has asked for."""
    return ITEM_REQUESTS.model._default_manager.filter(requested_at__lt=now - OLD_REQUEST)


def _some(queryset: QuerySet[SalesOrder], most: int) -> list[int]:
    return list(queryset.order_by().values_list("pk", flat=True)[:most])
