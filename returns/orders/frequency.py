# ruff: noqa: S608 - the parts of the statement are our own columns
"""Shoppers with many returns: each number of a shopper is counted by itself.

That is exact, and can be looked up in groups. The numbers of a shopper together would form chains:
a shared phone number joins two e-mail addresses, and these again others.
"""

from datetime import datetime
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from returns.models import Return, SalesOrder
from returns.models.redacted import HASH_COLUMNS
from returns.querysets import ReturnQuerySet

# As a date of the filter language: from the beginning of that day on.
FREQUENCY_DAYS = 90
SHOPPER_PERIOD = f"-{FREQUENCY_DAYS}d"
# Without any, nothing is known of the shopper, and the returns need not be looked up.
HAS_HASH = f"({' OR '.join(f'{column} IS NOT NULL' for column in HASH_COLUMNS)})"
FREQUENT_SQL = f"""
    WITH recent AS MATERIALIZED (
        SELECT returns_return.id, {", ".join(HASH_COLUMNS)}
        FROM returns_return JOIN returns_salesorder USING (order_key)
        WHERE returns_return.created_at >= %(since)s AND {HAS_HASH}
    )
    {
    " UNION ".join(
        f'''SELECT order_key FROM returns_salesorder WHERE order_key IS NOT NULL AND {column} IN (
            SELECT {column} FROM recent WHERE {column} IS NOT NULL
            GROUP BY 1 HAVING count(DISTINCT id) > %(number)s
        )'''
        for column in HASH_COLUMNS
    )
}
"""


def frequent_order_keys(number: int, since: datetime) -> list[str]:
    """Return the search keys of the orders of shoppers with more returns created since.

    Reads all returns created since, once, with their orders.
    """
    with connection.cursor() as cursor:
        cursor.execute(FREQUENT_SQL, {"number": number, "since": since})
        return [key for (key,) in cursor.fetchall()]


def one_by_one_of_frequent(
    queryset: ReturnQuerySet, number: int, since: datetime
) -> ReturnQuerySet:
    """Keep the same returns, each of which is looked up by itself: for a few of them."""
    counted = (_is_exceeded(column, number, since) for column in HASH_COLUMNS)
    orders = SalesOrder.objects.filter(reduce(or_, counted), order_key=OuterRef("order_key"))
    return queryset.filter(Exists(orders))


def _is_exceeded(column: str, number: int, since: datetime) -> Q:
    """Return the condition that more returns have orders with the same hash in this column."""
    same = SalesOrder.objects.filter(**{column: OuterRef(OuterRef(column))})
    of_shopper = Return.objects.filter(
        created_at__gte=since, order_key__in=same.values("order_key")
    )
    return Q(Exists(of_shopper.order_by()[number : number + 1]))
