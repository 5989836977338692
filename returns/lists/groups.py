"""Group returns by carrier, channel or tag: their rows, their number, and the longest wait of each.

Rows stand in groups by carrier or channel. A return may have several tags, so tags only count.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from returns.carriers.meaning import carrier_name
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import CappedCount
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import GROUPINGS
from returns.filters.grouping import RowGroups
from returns.filters.methods import OPTIONAL_FACTS
from returns.filters.query import Query
from returns.filters.tag_menu import address_without
from returns.lists.group_counts import GroupCounts, count_by_fact, count_by_tag, count_rows
from returns.lists.grouping_texts import (
    BY_GROUPING,
    GROUPING_LABELS,
    GROUPING_TOOK_TOO_LONG,
    NOT_GROUPED,
    VALUE_MISSING,
    VALUE_MISSING_HEADINGS,
)
from returns.lists.rows import Row
from tags.vocabulary import Vocabulary, load_vocabulary

GROUPS_TIME_LIMIT_MS = 2_000
MAX_GROUPS = 30


@dataclass(frozen=True, slots=True)
class Group:
    """A group: its number of returns, their earliest arrival, and the address of their list."""

    name: str
    color: str
    count: CappedCount
    oldest: datetime | None
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over a group of rows: its name, its number of returns, and their address.

    ``count`` is None if counting took too long. ``is_continued`` tells that the group begins on
    the page before.
    """

    name: str
    count: CappedCount | None
    address: str
    is_continued: bool


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows of a page that stand together; without a heading if the list does not group them."""

    rows: list[Row]
    heading: Heading | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """A way to group, as the page offers it; ``value`` is "" for no grouping."""

    value: str
    label: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Groups:
    """The ways to group, and the groups of the chosen one, the largest first.

    ``more`` is the number of smaller groups that are left out. ``problem`` says why there are
    no groups.
    """

    groupings: list[Grouping]
    groups: list[Group]
    more: int = 0
    problem: str = ""

    @property
    def grouping(self) -> Grouping | None:
        """Return the chosen way to group, if any."""
        return next(
            (grouping for grouping in self.groupings if grouping.is_chosen and grouping.value), None
        )

    @property
    def title(self) -> str:
        """Return what the groups are, as a phrase: "By carrier"; "" if nothing is grouped."""
        return str(BY_GROUPING[self.grouping.value]) if self.grouping else ""

    @property
    def value_missing(self) -> str:
        """Return the name of the group without a value: "no carrier"; "" if nothing is grouped."""
        return str(VALUE_MISSING[self.grouping.value]) if self.grouping else ""


def group_queue(query: Query, base: str, vocabulary: Vocabulary | None = None) -> Groups:
    """Group the returns of a query by its parameter ``group``; ``base`` is the page's path.

    A return has one carrier and one channel, so a filter by the grouped one is left out: all
    groups stay visible. It may have several tags, so filters by tags apply to the groups.
    """
    grouping = query.get("group", "")
    ways = groupings(query, base, GROUPINGS)
    vocabulary = load_vocabulary() if vocabulary is None else vocabulary
    filterset = ReturnFilterSet(_without_grouped_filter(query, grouping), vocabulary)
    if grouping not in GROUPINGS or filterset.problems():
        return Groups(ways, [])
    try:
        with time_limit(GROUPS_TIME_LIMIT_MS):
            counts = (
                count_by_tag(filterset) if grouping == "tag" else count_by_fact(filterset, grouping)
            )
    except QueryTimeoutError:
        return Groups(ways, [], problem=str(GROUPING_TOOK_TOO_LONG))
    make_groups = _tag_groups if grouping == "tag" else _fact_groups
    groups = sorted(
        make_groups(counts, grouping, query, base, vocabulary), key=lambda each: -each.count.number
    )
    return Groups(ways, groups[:MAX_GROUPS], max(len(groups) - MAX_GROUPS, 0))


def groupings(query: Query, base: str, names: Iterable[str]) -> list[Grouping]:
    """Return the ways to group a list, by their names; the first one is not to group it."""
    chosen = query.get("group", "")
    return [
        Grouping(
            name,
            str(GROUPING_LABELS.get(name, NOT_GROUPED)),
            _address(base, query, group=name),
            name == chosen,
        )
        for name in ("", *names)
    ]


def group_rows(
    rows: list[Row],
    groups: RowGroups | None,
    filterset: ReturnFilterSet,
    base: str,
    *,
    continues: bool,
) -> list[RowGroup]:
    """Return the rows of a page in their groups; ``base`` is the path of the page.

    ``continues`` tells that the first group begins on the page before.
    """
    if groups is None or not groups.values:
        return [RowGroup(rows)] if rows else []
    by_value = [
        (value, list(each))
        for value, each in groupby(rows, lambda row: groups.value_of(row.record))
    ]
    values = [value for value, _ in by_value]
    counts = count_rows(filterset, groups, values)
    grouping = str(filterset.query.get("group"))
    return [
        RowGroup(
            rows_of_group,
            Heading(
                value or str(VALUE_MISSING_HEADINGS[grouping]),
                count,
                _fact_address(base, filterset.query, grouping, value),
                is_continued=continues and place == 0,
            ),
        )
        for place, ((value, rows_of_group), count) in enumerate(zip(by_value, counts, strict=True))
    ]


def _without_grouped_filter(query: Query, grouping: str) -> Query:
    if grouping not in OPTIONAL_FACTS:
        return query
    missing = [name for name in query.getlist("missing") if name != grouping]
    return query.without(grouping).replace(missing=missing)


def _fact_groups(
    counts: GroupCounts, grouping: str, query: Query, base: str, _vocabulary: Vocabulary
) -> Iterator[Group]:
    chosen = query.get(grouping, "")
    if grouping == "carrier" and chosen:
        chosen = carrier_name(chosen)
    for key, (count, oldest) in counts.items():
        name = str(key or "")
        is_chosen = chosen == name if name else grouping in query.getlist("missing")
        address = _fact_address(base, query, grouping, name)
        yield Group(name, "", count, oldest, address, is_chosen)


def _fact_address(base: str, query: Query, grouping: str, name: str) -> str:
    """Return the address of the list of one group; ``name`` is "" for returns without the fact."""
    query = _without_grouped_filter(query, grouping)
    if name:
        return _address(base, query, **{grouping: name})
    return _address(base, query, missing=[*query.getlist("missing"), grouping])


def _tag_groups(
    counts: GroupCounts, _grouping: str, query: Query, base: str, vocabulary: Vocabulary
) -> Iterator[Group]:
    tags = query.getlist("tag")
    for key, (count, oldest) in counts.items():
        if key is None:
            groups = sorted({chip.group for chip in vocabulary.values()})
            address = _address(base, query, missing_group=groups)
            is_chosen = set(groups) == set(query.getlist("missing_group"))
            yield Group("", "", count, oldest, address, is_chosen)
        elif chip := vocabulary.get(int(key)):
            address = _address(base, query, tag=list(dict.fromkeys([*tags, chip.name])))
            is_chosen = chip.name in tags
            yield Group(chip.label, chip.color, count, oldest, address, is_chosen)


def _address(base: str, query: Query, **parameters: str | list[str]) -> str:
    """Return the address of the queue with these values for these parameters."""
    query = query.replace(**parameters)
    return address_without(base, query, "group", query.getlist("group")[-1:])
