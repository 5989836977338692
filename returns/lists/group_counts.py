"""Count the returns of groups, by carrier, channel or tag."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import (
    FILTERED_CAP,
    LIST_CAP,
    CappedCount,
    count_newest_up_to,
    count_up_to,
)
from returns.filters.filterset import ReturnFilterSet
from returns.filters.grouping import RowGroups
from returns.filters.methods import OPTIONAL_FACTS
from returns.lists.reading import matching_states, row_groups
from returns.models import State
from returns.summaries.open_groups import OpenGroups, count_open_by_tag, count_open_by_text

HEADINGS_TIME_LIMIT_MS = 700

# The number of returns and the earliest arrival, by the group's value or tag id.
GroupCounts = Mapping[str | int | None, tuple[CappedCount, datetime | None]]

# What follows the returns that are counted: their id and arrival, and the text they are grouped by.
_BY_TEXT = """
    SELECT value, count(*), min(arrived), (SELECT count(*) FROM matches) FROM matches GROUP BY 1
"""
# An array of ids: looked up together, those of neighbours need no search of their own.
_BY_TAG = """, tagging AS MATERIALIZED (
        SELECT entity_id, tag_id FROM returns_returntag
        WHERE entity_id = ANY ((SELECT array_agg(id) FROM matches)::bigint[])
    )
    SELECT tag_id, count(*), min(arrived), (SELECT count(*) FROM matches)
    FROM matches LEFT JOIN tagging ON entity_id = id GROUP BY 1
"""


def count_rows(
    filterset: ReturnFilterSet, groups: RowGroups, values: Sequence[str]
) -> Sequence[CappedCount | None]:
    """Count the returns of each of these groups up to a cap; None if that takes too long."""
    try:
        with time_limit(HEADINGS_TIME_LIMIT_MS):
            return _count_values(filterset, groups, values)
    except QueryTimeoutError:
        return [None] * len(values)


def _count_values(
    filterset: ReturnFilterSet, groups: RowGroups, values: Sequence[str]
) -> list[CappedCount]:
    """Count the matches in each of these groups, up to 1,000.

    Open returns are few, so they are counted up to 10,000.
    """
    matches = [groups.rows_of(filterset.qs, value) for value in values]
    if not matches:
        return []
    is_open = _are_open(filterset)
    counts = (
        count_up_to(matches, LIST_CAP) if is_open else count_newest_up_to(matches, FILTERED_CAP)
    )
    cut_short = filterset.search_is_cut_short()
    return [CappedCount(count.number, count.more or cut_short) for count in counts]


def _are_open(filterset: ReturnFilterSet) -> bool:
    return State.COMPLETED not in matching_states(filterset)


def count_by_fact(filterset: ReturnFilterSet, grouping: str) -> GroupCounts:
    """Count by a fact: open returns all at once, with the earliest arrival, others up to a cap."""
    groups = row_groups(filterset)
    if groups is None or not groups.values or _are_open(filterset):
        column = OPTIONAL_FACTS[grouping]
        counted = _exact(count_open_by_text(column, state)) if (state := _large(filterset)) else {}
        counted = counted or _count_groups(filterset, column)
        return _fold(counted, groups) if groups else counted
    counts = _count_values(filterset, groups, groups.values)
    by_value = zip(groups.values, counts, strict=True)
    return {value: (count, None) for value, count in by_value if count.number}


def _fold(counted: GroupCounts, groups: RowGroups) -> GroupCounts:
    """Add up the texts that mean the same carrier."""
    folded: dict[str | int | None, tuple[CappedCount, datetime | None]] = {}
    for text, (count, oldest) in counted.items():
        name = groups.carriers.name(str(text))
        count_before, oldest_before = folded.get(name, (CappedCount(0), None))
        earliest = min(filter(None, (oldest, oldest_before)), default=None)
        number, more = count.number + count_before.number, count.more or count_before.more
        folded[name] = (CappedCount(number, more), earliest)
    return folded


def count_by_tag(filterset: ReturnFilterSet) -> GroupCounts:
    """Count by tag, with the earliest arrival; None stands for returns without a tag."""
    counted = _exact(count_open_by_tag(state)) if (state := _large(filterset)) else {}
    by_id: GroupCounts = {int(tag) if tag else None: each for tag, each in counted.items()}
    return by_id or _count_groups(filterset, None)


def _large(filterset: ReturnFilterSet) -> State | None:
    """Return the state of a whole queue of more returns than are read; None for other lists."""
    if filterset.values.keys() != {"queue"} or not _are_open(filterset):
        return None
    (count,) = count_up_to([filterset.qs], LIST_CAP)
    return State(*matching_states(filterset)) if count.more else None


def _exact(groups: OpenGroups | None) -> GroupCounts:
    if groups is None:
        return {}
    return {value: (CappedCount(number), oldest) for value, (number, oldest) in groups.items()}


def _count_groups(filterset: ReturnFilterSet, column: str | None) -> GroupCounts:
    """Count by a column, or without one by tag, up to 10,000 returns: the longest waits, or newest.

    If there are more, no number is whole, and of the newest none is known to have waited longest.
    """
    waits = set(matching_states(filterset)) == {State.ARRIVED}
    order = "arrived_to_warehouse_at" if waits else "created_at"
    matches = filterset.qs.in_order_of(order, descending=not waits)[: LIST_CAP + 1]
    columns = ["pk", "arrived_to_warehouse_at", *([column] if column else [])]
    sql, parameters = matches.values_list(*columns).query.sql_with_params()
    names, then = ("id, arrived, value", _BY_TEXT) if column else ("id, arrived", _BY_TAG)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH matches ({names}) AS MATERIALIZED ({sql}) {then}", parameters)
        rows = cursor.fetchall()
    return {
        key: (CappedCount(number, read > LIST_CAP), oldest if waits or read <= LIST_CAP else None)
        for key, number, oldest, read in rows
    }
