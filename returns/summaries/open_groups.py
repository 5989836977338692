# ruff: noqa: S608 - built from our own constants alone
"""How many open returns of a state have each carrier, channel or tag, and the longest wait of each.

The numbers are exact, from the summaries and what was written since, as in ``totals``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from returns.filters.counts import LIST_CAP
from returns.models import Dimension, State
from returns.summaries.totals import (
    COUNTED_TEXTS,
    QUEUED,
    STATE_OF_COUNTED,
    SUMMARIES_TELL,
    SUMS_BY_STATE,
)

# "" stands for returns without the value; of a tag, its id.
OpenGroups = dict[str, tuple[int, datetime | None]]


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the values of a kind come from: summaries, queued returns now, and as counted."""

    dimensions: str
    join_now: str
    value_now: str
    join_counted: str
    value_counted: str


def _texts(column: str) -> _Source:
    by, counted_as = COUNTED_TEXTS[column]
    return _Source(str(by.value), "", column, "", counted_as)


_TAG_SOURCE = _Source(
    dimensions=f"{Dimension.TAG.value}, {Dimension.UNTAGGED.value}",
    join_now="LEFT JOIN returns_returntag ON entity_id = record_id",
    value_now="coalesce(tag_id::text, '')",
    join_counted=(
        "JOIN returns_countedtags AS sets ON sets.id = tag_set_id"
        " LEFT JOIN LATERAL unnest(sets.tags) AS tag ON true"
    ),
    value_counted="coalesce(tag::text, '')",
)
# The longest wait of each text is the first entry of its part of an index.
_OLDEST_OF_TEXTS = """
    SELECT each, (
        SELECT arrived_to_warehouse_at FROM returns_return
        WHERE {column} = each AND state = %s AND NOT state = %s
        ORDER BY arrived_to_warehouse_at, id LIMIT 1
    ) FROM unnest(%s::text[]) AS each
"""
# That of each tag is among the returns of the first day on which one with the tag arrived. As an
# array, the ids of neighbours need no search of their own.
_OLDEST_OF_TAGS = f"""
    WITH waiting AS MATERIALIZED (
        SELECT arrived.* FROM unnest(%s::timestamptz[]) AS start CROSS JOIN LATERAL (
            SELECT id, arrived_to_warehouse_at FROM returns_return
            WHERE state = %s AND arrived_to_warehouse_at >= start
                AND arrived_to_warehouse_at < start + interval '25 hours'
            ORDER BY arrived_to_warehouse_at LIMIT {LIST_CAP}
        ) AS arrived
        ORDER BY arrived_to_warehouse_at LIMIT {LIST_CAP}
    ), tagging AS MATERIALIZED (
        SELECT entity_id, tag_id FROM returns_returntag
        WHERE entity_id = ANY ((SELECT array_agg(id) FROM waiting)::bigint[])
    )
    SELECT coalesce(tag_id::text, ''), min(arrived_to_warehouse_at)
    FROM waiting LEFT JOIN tagging ON entity_id = waiting.id GROUP BY 1
"""


def count_open_by_text(column: str, state: State) -> OpenGroups | None:
    """Return the number and the earliest arrival of the returns in an open state, by a text.

    ``column`` is that of the carrier or of the channel. None if the summaries do not tell.
    """
    statement = _OLDEST_OF_TEXTS.format(column=column)
    return _groups(
        _texts(column),
        state,
        lambda starts: _rows(statement, [state, State.COMPLETED, list(starts)]),
    )


def count_open_by_tag(state: State) -> OpenGroups | None:
    """Return the number and the earliest arrival of the returns in an open state, by tag.

    None if the summaries do not tell.
    """
    return _groups(
        _TAG_SOURCE,
        state,
        lambda starts: _rows(_OLDEST_OF_TAGS, [sorted(set(filter(None, starts.values()))), state]),
    )


def _groups(
    source: _Source, state: State, find_oldest: Callable[[dict[str, datetime | None]], list[Any]]
) -> OpenGroups | None:
    rows = _rows(_statement(source, state), [state, state])
    if not rows:
        return None
    starts = {value: start for value, _number, start in rows}
    oldest = dict(find_oldest(starts)) if state == State.ARRIVED else {}
    return {value: (int(number), oldest.get(value)) for value, number, _start in rows}


def _statement(source: _Source, state: State) -> str:
    """Return the statement for the number of each value, and the start of its first day."""
    return f"""
        WITH {QUEUED},
        zone (name) AS MATERIALIZED (SELECT zone FROM returns_summarystate),
        parts (value, day, number) AS (
            SELECT value, day, {SUMS_BY_STATE[state]} FROM returns_daysummary
            WHERE by IN ({source.dimensions}) AND NOT ({SUMS_BY_STATE[state]}) = 0
            UNION ALL
            SELECT {source.value_now}, (arrived_to_warehouse_at AT TIME ZONE zone.name)::date, 1
            FROM zone, ids JOIN returns_return ON id = record_id {source.join_now}
            WHERE state = %s
            UNION ALL
            SELECT {source.value_counted}, arrived_day, -1
            FROM ids JOIN returns_countedreturn USING (record_id) {source.join_counted}
            WHERE {STATE_OF_COUNTED} = %s
        ),
        days AS (SELECT value, day, sum(number) AS number FROM parts GROUP BY value, day),
        sums AS (
            SELECT value, sum(number), min(day) FILTER (WHERE number > 0) AS first FROM days
            WHERE {SUMMARIES_TELL} GROUP BY value HAVING sum(number) > 0
        )
        SELECT value, sum, first::timestamp AT TIME ZONE zone.name FROM sums, zone
    """


def _rows(statement: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
