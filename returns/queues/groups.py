"""A queue by carrier, channel or tag: how many each group holds, and since when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import CappedCount
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import GROUPINGS
from returns.filters.query import Query
from returns.filters.rules import MAY_BE_MISSING
from returns.filters.tag_menu import address_without
from returns.querysets import ReturnQuerySet
from tags.vocabulary import TagChip, load_vocabulary

GROUPS_LIMIT = 2_000  # milliseconds
MOST_GROUPS = 30
TOO_LONG = "Grouping this takes too long. Filter for less."
WORDS = {"carrier": "Carrier", "channel": "Sales channel", "tag": "Tag"}

Numbers = Mapping[str | int | None, tuple[int, datetime | None]]


@dataclass(frozen=True, slots=True)
class Group:
    """The returns of a group: how many, the earliest arrival of those that wait, and their list."""

    name: str
    color: str
    count: CappedCount
    oldest: datetime | None
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Way:
    """A way to group, as the page offers it; grouping by nothing has no value."""

    value: str
    word: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Groups:
    """The ways to group, and the groups by the chosen one, the largest first.

    ``more`` counts the groups beyond those. ``problem`` says why there are none.
    """

    ways: list[Way]
    groups: list[Group]
    more: int = 0
    problem: str = ""

    @property
    def way(self) -> Way | None:
        """Return the chosen way to group."""
        return next((way for way in self.ways if way.is_chosen and way.value), None)


def groups_of(query: Query, base: str) -> Groups:
    """Group what the query string selects as its ``group`` says, at the path ``base``.

    A return has one carrier and one channel, so a filter by that is left out and all groups stay
    in sight. Of tags it has several: what is filtered by tags is grouped by the tags beside them.
    """
    by = query.get("group", "")
    ways = [
        Way(value, WORDS.get(value, "Nothing"), _address(base, query, group=value), value == by)
        for value in ("", *GROUPINGS)
    ]
    words = load_vocabulary()
    filterset = ReturnFilterSet(_without_own(query, by), words)
    if by not in GROUPINGS or filterset.problems():
        return Groups(ways, [])
    try:
        with time_limit(GROUPS_LIMIT):
            numbers = _by_tag(filterset.qs) if by == "tag" else _by_fact(filterset.qs, by)
    except QueryTimeoutError:
        return Groups(ways, [], problem=TOO_LONG)
    made = _tag_groups if by == "tag" else _fact_groups
    groups = sorted(made(numbers, by, query, base, words), key=lambda each: -each.count.number)
    return Groups(ways, groups[:MOST_GROUPS], max(len(groups) - MOST_GROUPS, 0))


def _without_own(query: Query, by: str) -> Query:
    if by not in MAY_BE_MISSING:
        return query
    missing = [name for name in query.getlist("missing") if name != by]
    return query.without(by).replace(missing=missing)


def _by_fact(found: ReturnQuerySet, by: str) -> Numbers:
    return _numbers(found, MAY_BE_MISSING[by])


def _by_tag(found: ReturnQuerySet) -> Numbers:
    return _numbers(found, "taggings__tag")


def _numbers(found: ReturnQuerySet, column: str) -> Numbers:
    rows = found.order_by().values_list(column)
    counted = rows.annotate(number=Count("pk"), oldest=Min("arrived_to_warehouse_at"))
    return {key: (number, oldest) for key, number, oldest in counted}


def _fact_groups(
    numbers: Numbers, by: str, query: Query, base: str, _words: Mapping[int, TagChip]
) -> Iterator[Group]:
    for name, (number, oldest) in numbers.items():
        rest = _without_own(query, by)
        said = {by: str(name)} if name else {"missing": [*rest.getlist("missing"), by]}
        chosen = query.get(by) == name if name else by in query.getlist("missing")
        address = _address(base, rest, **said)
        yield Group(str(name or ""), "", CappedCount(number), oldest, address, chosen)


def _tag_groups(
    numbers: Numbers, _by: str, query: Query, base: str, words: Mapping[int, TagChip]
) -> Iterator[Group]:
    tags = query.getlist("tag")
    for key, (number, oldest) in numbers.items():
        if key is None:
            groups = sorted({chip.group for chip in words.values()})
            address = _address(base, query, missing_group=groups)
            chosen = set(groups) == set(query.getlist("missing_group"))
            yield Group("", "", CappedCount(number), oldest, address, chosen)
        elif chip := words.get(int(key)):
            address = _address(base, query, tag=list(dict.fromkeys([*tags, chip.name])))
            chosen = chip.name in tags
            yield Group(chip.name, chip.color, CappedCount(number), oldest, address, chosen)


def _address(base: str, query: Query, **said: str | list[str]) -> str:
    """Return the address of the queue where these parameters say this alone."""
    query = query.replace(**said)
    return address_without(base, query, "group", query.getlist("group")[-1:])
