# ruff: noqa: S608 - only statements of ours, with their parameters apart
"""The value that waits in queues: an exact sum for each currency, never one of several."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from config.numbers import money
from returns.filters.counts import LIST_CAP
from returns.querysets import ReturnQuerySet

# Of more, those of the most returns are shown.
MAX_CURRENCIES = 3


def waiting_values(querysets: Sequence[ReturnQuerySet]) -> list[str]:
    """Return the value of the returns of each queryset: "12,345.60 TRY · 80.00 EUR".

    "" if none of them has a known value. Like counts, the sums end at 10,000 returns, and then have
    a "+"; the querysets say by their order which ones. All are read by one statement.
    """
    if not querysets:
        return []
    statements: list[str] = []
    parameters: list[Any] = []
    for place, queryset in enumerate(querysets):
        ids, values = queryset.values_list("pk")[: LIST_CAP + 1].query.sql_with_params()
        # An array of ids: looked up together, those of neighbours need no search of their own.
        statements.append(
            f"""(WITH counted (ids) AS MATERIALIZED (
                SELECT CASE WHEN EXISTS (SELECT FROM returns_returnvalue) THEN ARRAY({ids}) END
            )
            SELECT {place}, -count(*), currency, sum(amount), (SELECT cardinality(ids) FROM counted)
            FROM returns_returnvalue
            WHERE record_id = ANY ((SELECT ids FROM counted)::bigint[])
            GROUP BY currency)"""
        )
        parameters += values
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), parameters)
        rows = sorted(cursor.fetchall())
    return [
        _in_words([row[2:] for row in rows if row[0] == place]) for place in range(len(querysets))
    ]


def _in_words(sums: Sequence[tuple[str, Decimal, int]]) -> str:
    """Return sums, each with the number of returns that were read for it, as one text."""
    parts = [
        f"{money(amount, currency)}{'+' if number > LIST_CAP else ''}"
        for currency, amount, number in sums[:MAX_CURRENCIES]
    ]
    return " · ".join([*parts, "…"] if len(sums) > MAX_CURRENCIES else parts)
