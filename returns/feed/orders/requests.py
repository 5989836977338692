"""The queue of orders that have to be asked for. A trigger of returns adds to it too.

A row is deleted in the transaction that writes its order. So a pull that is killed asks again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from returns.feed.abilities import remember_ability, remember_queued
from returns.models import OrderRequest, RemoteAbility
from returns.models.orders import ORDERS_PATH
from returns.orders.shoppers import current_key_id

# After an answer without the order; it is given up when there is no pause left.
RETRY_PAUSES = (timedelta(hours=1), timedelta(days=1))
MAX_ORDER_TRIES = len(RETRY_PAUSES) + 1
# Somebody may be writing many returns in one transaction, and all others would wait behind us.
MAX_WAIT_FOR_WRITERS = "3s"
# Requests that are looked at to find so many different orders.
LOOKED_AT = 5
# The newest requests first: those are the returns that people look at.
DUE_REQUESTS = """
    SELECT reference, array_agg(id ORDER BY id), min(tries) FROM returns_orderrequest
    WHERE reference IN (
        SELECT reference FROM returns_orderrequest
        WHERE due_at <= statement_timestamp() ORDER BY id DESC LIMIT %(rows)s
    )
    GROUP BY reference ORDER BY max(id) DESC LIMIT %(most)s
"""
# Orders of returns that are not stored, or whose shopper is hashed with an older key; those of the
# newest returns are asked for first.
REQUEST_ALL = """
    INSERT INTO returns_orderrequest (reference, tries)
    SELECT reference, %s FROM (
        SELECT sales_order_reference_number AS reference, max(id) AS newest FROM returns_return
        WHERE sales_order_reference_number <> '' GROUP BY 1
    ) AS orders
    WHERE NOT EXISTS (
        SELECT FROM returns_salesorder o
        WHERE o.reference = orders.reference AND o.hash_key = %s
    )
    ORDER BY newest
"""


@dataclass(frozen=True, slots=True)
class DueRequest:
    """An order to ask for, with the ids of its rows; ``tries`` counts answers without it."""

    reference: str
    ids: tuple[int, ...]
    tries: int


def due_requests(most: int) -> list[DueRequest]:
    """Return the orders to ask for now, at most so many; the newest requests first."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_REQUESTS, {"rows": most * LOOKED_AT, "most": most})
        return [DueRequest(name, tuple(ids), tries) for name, ids, tries in cursor.fetchall()]


def settle_requests(answered: Sequence[DueRequest], unanswered: Sequence[DueRequest]) -> None:
    """Delete the requests of orders that came, and put the others off, or give them up."""
    OrderRequest.objects.filter(pk__in=_ids(answered)).delete()
    for tries, pause in enumerate(RETRY_PAUSES, start=1):
        again = [each for each in unanswered if each.tries == tries - 1]
        latest = [each.ids[-1] for each in again]
        OrderRequest.objects.filter(pk__in=latest).update(tries=tries, due_at=Now() + pause)
        OrderRequest.objects.filter(pk__in=set(_ids(again)).difference(latest)).delete()
    given_up = [each for each in unanswered if each.tries + 1 >= MAX_ORDER_TRIES]
    OrderRequest.objects.filter(pk__in=_ids(given_up)).delete()


def _ids(requests: Sequence[DueRequest]) -> list[int]:
    return [pk for each in requests for pk in each.ids]


def begin_requests(origin: str) -> RemoteAbility | None:
    """Remember that an API has orders. From now on, each return that is written requests its order.

    Writers of returns that began earlier are waited for, so that ``request_all`` sees what they
    wrote; others wait behind us. Returns None if it takes too long.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [MAX_WAIT_FOR_WRITERS])
            cursor.execute("LOCK TABLE returns_return IN SHARE ROW EXCLUSIVE MODE")
            return remember_ability(origin, ORDERS_PATH, is_missing=False)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return None
        raise


@transaction.atomic
def request_all(ability: RemoteAbility) -> int:
    """Request the orders of all returns that are stored, unless they are; return how many.

    Each of them is asked for once.
    """
    with connection.cursor() as cursor:
        cursor.execute(REQUEST_ALL, [MAX_ORDER_TRIES - 1, current_key_id()])
        count = int(cursor.rowcount)
    remember_queued(ability)
    return count
