"""Group a queue by carrier, channel or tag: the number of returns and the longest wait of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import CappedCount
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import GROUPINGS
from returns.filters.methods import OPTIONAL_FACTS
from returns.filters.query import Query
from returns.filters.tag_menu import address_without
from returns.querysets import ReturnQuerySet
from tags.vocabulary import Vocabulary, load_vocabulary

GROUPS_TIME_LIMIT_MS = 2_000
MAX_GROUPS = 30
GROUPING_TOOK_TOO_LONG = "Grouping took too long. Narrow the filters."
GROUPING_LABELS = {"carrier": "Carrier", "channel": "Sales channel", "tag": "Tag"}

# The number of returns and the earliest arrival, by the group's value or tag id.
GroupCounts = Mapping[str | int | None, tuple[int, datetime | None]]


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


def group_queue(query: Query, base: str) -> Groups:
    """Group the returns of a query by its parameter ``group``; ``base`` is the page's path.

    A return has one carrier and one channel, so a filter by the grouped one is left out: all
    groups stay visible. It may have several tags, so filters by tags apply to the groups.
    """
    grouping = query.get("group", "")
    groupings = [
        Grouping(
            value,
            GROUPING_LABELS.get(value, "Nothing"),
            _address(base, query, group=value),
            value == grouping,
        )
        for value in ("", *GROUPINGS)
    ]
    vocabulary = load_vocabulary()
    filterset = ReturnFilterSet(_without_grouped_filter(query, grouping), vocabulary)
    if grouping not in GROUPINGS or filterset.problems():
        return Groups(groupings, [])
    try:
        with time_limit(GROUPS_TIME_LIMIT_MS):
            counts = (
                _by_tag(filterset.qs) if grouping == "tag" else _by_fact(filterset.qs, grouping)
            )
    except QueryTimeoutError:
        return Groups(groupings, [], problem=GROUPING_TOOK_TOO_LONG)
    make_groups = _tag_groups if grouping == "tag" else _fact_groups
    groups = sorted(
        make_groups(counts, grouping, query, base, vocabulary), key=lambda each: -each.count.number
    )
    return Groups(groupings, groups[:MAX_GROUPS], max(len(groups) - MAX_GROUPS, 0))


def _without_grouped_filter(query: Query, grouping: str) -> Query:
    if grouping not in OPTIONAL_FACTS:
        return query
    missing = [name for name in query.getlist("missing") if name != grouping]
    return query.without(grouping).replace(missing=missing)


def _by_fact(queryset: ReturnQuerySet, grouping: str) -> GroupCounts:
    return _count_groups(queryset, OPTIONAL_FACTS[grouping])


def _by_tag(queryset: ReturnQuerySet) -> GroupCounts:
    return _count_groups(queryset, "taggings__tag")


def _count_groups(queryset: ReturnQuerySet, column: str) -> GroupCounts:
    rows = queryset.order_by().values_list(column)
    counted = rows.annotate(number=Count("pk"), oldest=Min("arrived_to_warehouse_at"))
    return {key: (number, oldest) for key, number, oldest in counted}


def _fact_groups(
    counts: GroupCounts, grouping: str, query: Query, base: str, _vocabulary: Vocabulary
) -> Iterator[Group]:
    for name, (number, oldest) in counts.items():
        other_filters = _without_grouped_filter(query, grouping)
        parameters = (
            {grouping: str(name)}
            if name
            else {"missing": [*other_filters.getlist("missing"), grouping]}
        )
        is_chosen = query.get(grouping) == name if name else grouping in query.getlist("missing")
        address = _address(base, other_filters, **parameters)
        yield Group(str(name or ""), "", CappedCount(number), oldest, address, is_chosen)


def _tag_groups(
    counts: GroupCounts, _grouping: str, query: Query, base: str, vocabulary: Vocabulary
) -> Iterator[Group]:
    tags = query.getlist("tag")
    for key, (number, oldest) in counts.items():
        if key is None:
            groups = sorted({chip.group for chip in vocabulary.values()})
            address = _address(base, query, missing_group=groups)
            is_chosen = set(groups) == set(query.getlist("missing_group"))
            yield Group("", "", CappedCount(number), oldest, address, is_chosen)
        elif chip := vocabulary.get(int(key)):
            address = _address(base, query, tag=list(dict.fromkeys([*tags, chip.name])))
            is_chosen = chip.name in tags
            yield Group(chip.name, chip.color, CappedCount(number), oldest, address, is_chosen)


def _address(base: str, query: Query, **parameters: str | list[str]) -> str:
    """Return the address of the queue with these values for these parameters."""
    query = query.replace(**parameters)
    return address_without(base, query, "group", query.getlist("group")[-1:])
