# ruff: noqa: S608 - only statements of ours, with their parameters apart
"""The numbers of queues, all of them read by one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from returns.filters.counts import LIST_CAP, CappedCount
from returns.querysets import ReturnQuerySet

# The median is taken over this many of the latest completions.
MEDIAN_SAMPLE_SIZE = 5_000


def read_numbers(
    counted: Sequence[ReturnQuerySet],
    waiting: Mapping[str, ReturnQuerySet],
    completed: ReturnQuerySet,
) -> tuple[list[CappedCount], list[datetime | None], timedelta | None]:
    """Return numbers of returns up to 10,000, earliest times, and a median processing time.

    The times are those of each queryset of ``waiting``, in the column that maps to it. The median
    is that of the latest ``completed`` returns, without those that did not arrive, or arrived
    after their completion; None without any.
    """
    parts = [_number(each) for each in counted]
    parts += [_first(each, column) for column, each in waiting.items()]
    parts.append(_median(completed))
    statements, parameters = zip(*parts, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({'), ('.join(statements)})", [value for each in parameters for value in each]
        )
        row = cursor.fetchone()
    counts = [CappedCount(min(each, LIST_CAP), each > LIST_CAP) for each in row[: len(counted)]]
    return counts, list(row[len(counted) : -1]), row[-1]


type _Part = tuple[str, tuple[Any, ...]]


def _number(queryset: ReturnQuerySet) -> _Part:
    sql, parameters = queryset.order_by().values("pk")[: LIST_CAP + 1].query.sql_with_params()
    return f"SELECT count(*) FROM ({sql}) AS counted", parameters


def _first(queryset: ReturnQuerySet, column: str) -> _Part:
    first = queryset.in_order_of(column, descending=False).values(column)[:1]
    sql, parameters = first.query.sql_with_params()
    return sql, parameters


def _median(queryset: ReturnQuerySet) -> _Part:
    latest = queryset.exclude(arrived_to_warehouse_at=None).in_order_of(
        "completed_at", descending=True
    )
    times = latest.values("arrived_to_warehouse_at", "completed_at")[:MEDIAN_SAMPLE_SIZE]
    sql, parameters = times.query.sql_with_params()
    return (
        f"""SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY completed - arrived)
        FROM ({sql}) AS latest (arrived, completed) WHERE completed >= arrived""",
        parameters,
    )
