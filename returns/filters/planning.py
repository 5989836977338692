"""How lists in order of creation are read: row by row until a page is full, or all matches first.

PostgreSQL takes filters to be independent of each other, and rows that match to be spread evenly.
Where they are not, such as with old arrivals in a list of new returns, it reads nearly all returns
in the order of the list to fill a page. How many rows one index finds, it knows well. So what costs
little to read whole is read whole, unless the order is expected to cost far less.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from returns.models import Return
from returns.querysets import ReturnQuerySet

# In PostgreSQL's units: one is up to four buffers, where rows are looked up by their ids.
MAX_COST_OF_ALL = 4_500
# How much too low PostgreSQL may estimate what reading a page in order costs.
MISJUDGED = 20
ROWS_OF_A_PAGE = 51


def estimated_cost(queryset: QuerySet[Any, Any]) -> float:
    """Return what PostgreSQL expects reading a queryset to cost; nothing is read."""
    plan = queryset.explain(format="json")
    # Django does not ask for what cannot match.
    cost: float = json.loads(plan)[0]["Plan"]["Total Cost"] if plan else 0
    return cost


def in_best_order(queryset: ReturnQuerySet) -> ReturnQuerySet:
    """Return the queryset, such that its newest rows are read at a bounded cost.

    It is read whole if that is cheap, and reading in order could cost more.
    """
    # Of a column that no index has: rows are read from the table.
    rows = queryset.values("pk", "notes")
    cost_of_all = estimated_cost(rows.order_by())
    if cost_of_all > MAX_COST_OF_ALL:
        return queryset
    in_order = rows.in_order_of("created_at", descending=True)[:ROWS_OF_A_PAGE]
    return queryset if estimated_cost(in_order) * MISJUDGED < cost_of_all else queryset.read_whole()


def within_reach(
    queryset: ReturnQuerySet, newest: datetime, reach: int
) -> tuple[ReturnQuerySet, bool]:
    """Keep the matches among the returns that follow the newest match, up to ``reach`` of them.

    The second value tells whether there are older returns, which may match as well. Matches that
    are read whole are all within reach.
    """
    if queryset.is_read_whole:
        return queryset, False
    end = newest + timedelta(microseconds=1)
    followers = Return.objects.created("lt", end).in_order_of("created_at", descending=True)
    last = list(followers.values_list("created_at", flat=True)[reach : reach + 1])
    if not last:
        return queryset, False
    return queryset.created("lt", end).created("gte", last[0]), True
