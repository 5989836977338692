"""Count the returns of groups, by carrier, channel or tag."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count, Min

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
from returns.querysets import ReturnQuerySet

HEADINGS_TIME_LIMIT_MS = 700

# The number of returns and the earliest arrival, by the group's value or tag id.
GroupCounts = Mapping[str | int | None, tuple[CappedCount, datetime | None]]


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
        counted = _count_groups(filterset.qs, OPTIONAL_FACTS[grouping])
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
        folded[name] = (CappedCount(count.number + count_before.number), earliest)
    return folded


def count_by_tag(queryset: ReturnQuerySet) -> GroupCounts:
    """Count by tag, with the earliest arrival; None stands for returns without a tag."""
    return _count_groups(queryset, "taggings__tag")


def _count_groups(queryset: ReturnQuerySet, column: str) -> GroupCounts:
    rows = queryset.order_by().values_list(column)
    counted = rows.annotate(number=Count("pk"), oldest=Min("arrived_to_warehouse_at"))
    return {key: (CappedCount(number), oldest) for key, number, oldest in counted}
