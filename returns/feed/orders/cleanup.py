"""Deletes what is kept of orders without need: the orders of deleted returns, names, old requests.

It runs hourly in each process, in small steps.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from returns.database.locks import Lock, lock_for_transaction
from returns.feed.item_pulling import ITEM_REQUESTS
from returns.feed.orders.requests import ORDER_REQUESTS
from returns.feed.requests import RequestQueue
from returns.models import Return, SalesOrder
from returns.models.requests import RecordRequest

logger = logging.getLogger(__name__)

ORDER_CLEANUP_DONE = "orders-cleaned-up"
ORDER_CLEANUP_INTERVAL = 3600  # seconds
ORDERS_CLEANED_AT_ONCE = 1_000
# Nobody pulls any more. Who begins to pull again requests everything.
OLD_REQUEST = timedelta(days=30)


def clean_up_orders() -> bool:
    """Delete some of what is not needed, at most once an hour; tell if there may be more."""
    if not cache.add(ORDER_CLEANUP_DONE, True, ORDER_CLEANUP_INTERVAL):
        return False
    counts = {name: clean() for name, clean in NOT_NEEDED.items()}
    for name, count in counts.items():
        if count:
            logger.info("Deleted %s: %s.", name, count)
    has_more = any(count >= ORDERS_CLEANED_AT_ONCE for count in counts.values())
    if has_more:
        cache.delete(ORDER_CLEANUP_DONE)
    return has_more


@transaction.atomic
def _delete_orders_without_returns() -> int:
    # While orders are written, none of them is deleted whose return has just come.
    lock_for_transaction(Lock.ORDERS)
    same_order = Return.objects.filter(order_key=OuterRef("order_key"))
    same_text = Return.objects.filter(
        order_key=None, sales_order_reference_number=OuterRef("reference")
    )
    orders = SalesOrder.objects.filter(~Exists(same_order), ~Q(order_key=None) | ~Exists(same_text))
    orders = SalesOrder.objects.filter(pk__in=_some(orders))
    return orders.delete()[1].get(SalesOrder._meta.label, 0)


@transaction.atomic
def _forget_names() -> int:
    """Delete the names of shoppers if they may no longer be stored."""
    if settings.SHOPPER_NAMES:
        return 0
    lock_for_transaction(Lock.ORDERS)
    named = _some(SalesOrder.objects.exclude(shopper_name=""))
    return SalesOrder.objects.filter(pk__in=named).update(shopper_name="")


def _delete_old_requests(queue: RequestQueue) -> int:
    requests = queue.model._default_manager.all()
    old = _some(requests.filter(requested_at__lt=Now() - OLD_REQUEST))
    return requests.filter(pk__in=old).delete()[0]


def _some(queryset: QuerySet[SalesOrder] | QuerySet[RecordRequest]) -> list[int]:
    return list(queryset.order_by().values_list("pk", flat=True)[:ORDERS_CLEANED_AT_ONCE])


# By its name in the log.
NOT_NEEDED: dict[str, Callable[[], int]] = {
    "orders without returns": _delete_orders_without_returns,
    "names of shoppers": _forget_names,
    "old requests of orders": partial(_delete_old_requests, ORDER_REQUESTS),
    "old requests of line items": partial(_delete_old_requests, ITEM_REQUESTS),
}
