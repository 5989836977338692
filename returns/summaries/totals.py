# ruff: noqa: S608 - built from our own constants alone
"""Exact numbers of returns from the summaries and what was written since, in one statement.

A trigger queues every return that is written, in the same transaction. So the summaries, without
the queued returns as they were counted, and with them as they are now, are what is stored.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from returns.models import Dimension, State

# With more returns in the queue, counting the returns themselves is quicker.
MAX_QUEUED = 1_000
STATE_OF_COUNTED = f"""
    CASE WHEN completed_day IS NOT NULL THEN '{State.COMPLETED.value}'
        WHEN arrived_day IS NOT NULL THEN '{State.ARRIVED.value}'
        ELSE '{State.CREATED.value}' END
"""
# The queued returns, for a statement that needs them.
QUEUED = f"""
    queued AS MATERIALIZED (
        SELECT record_id FROM returns_uncountedreturn LIMIT {MAX_QUEUED + 1}
    ),
    ids AS MATERIALIZED (SELECT DISTINCT record_id FROM queued)
"""
SUMMARIES_TELL = f"""
    EXISTS (SELECT FROM returns_summarystate) AND (SELECT count(*) FROM queued) <= {MAX_QUEUED}
"""
# How many returns of a day are in each of the states.
SUMS_BY_STATE: dict[str, str] = {
    State.COMPLETED: "completed",
    State.ARRIVED: "waiting",
    State.CREATED: "created - completed - waiting",
}
# Columns whose texts are counted: under which dimension, and what ``CountedReturn`` calls them.
COUNTED_TEXTS = {
    "cargo_carrier": (Dimension.CARRIER, "carrier"),
    "sales_order_channel": (Dimension.CHANNEL, "channel"),
}
# What is not counted, of the returns that are.
Left = QuerySet[Any, Any] | None


def count_in_states(states: Collection[str], without: Left = None) -> int | None:
    """Return the number of returns in these states; None if the summaries do not tell.

    ``without`` are some of them, which are not counted.
    """
    summed = " + ".join(f"({SUMS_BY_STATE[state]})" for state in sorted(set(states)))
    return _count(
        f"""
        SELECT sum({summed or 0}) FROM returns_daysummary WHERE by = {Dimension.ALL.value}
        """,
        """
        SELECT count(*) FROM ids JOIN returns_return ON id = record_id WHERE state = ANY(%s)
        """,
        f"""
        SELECT count(*) FROM ids JOIN returns_countedreturn USING (record_id)
        WHERE {STATE_OF_COUNTED} = ANY(%s)
        """,
        [list(states)] * 2,
        without,
    )


def count_tagged(tag_id: int) -> int | None:
    """Return the number of returns with a tag; None if the summaries do not tell."""
    return _count(
        f"""
        SELECT sum(created) FROM returns_daysummary
        WHERE by = {Dimension.TAG.value} AND value = %s::text
        """,
        """
        SELECT count(*) FROM ids JOIN returns_returntag ON entity_id = record_id WHERE tag_id = %s
        """,
        """
        SELECT count(*) FROM ids JOIN returns_countedreturn USING (record_id)
            JOIN returns_countedtags AS sets ON sets.id = tag_set_id
        WHERE %s = ANY(sets.tags)
        """,
        [tag_id] * 3,
    )


def count_with_texts(column: str, texts: Collection[str]) -> int | None:
    """Return the number of returns with one of these carriers, or channels; ``column`` says which.

    None if the summaries do not tell.
    """
    by, counted_as = COUNTED_TEXTS[column]
    return _count(
        f"""
        SELECT sum(created) FROM returns_daysummary WHERE by = {by.value} AND value = ANY(%s)
        """,
        f"""
        SELECT count(*) FROM ids JOIN returns_return ON id = record_id WHERE {column} = ANY(%s)
        """,
        f"""
        SELECT count(*) FROM ids JOIN returns_countedreturn USING (record_id)
        WHERE {counted_as} = ANY(%s)
        """,
        [list(texts)] * 3,
    )


def _count(
    summed: str, now: str, counted: str, parameters: Sequence[Any], without: Left = None
) -> int | None:
    left_out, more = "0", ()
    if without is not None:
        sql, more = without.query.sql_with_params()
        left_out = f"(SELECT count(*) FROM ({sql}) AS left_out)"
    statement = f"""
        WITH {QUEUED}
        SELECT coalesce(({summed}), 0) + ({now}) - ({counted}) - {left_out}
        WHERE {SUMMARIES_TELL}
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, *more])
        row = cursor.fetchone()
    return int(row[0]) if row else None
