"""How lists in order of creation are read: row by row until a page is full, or all matches first.

PostgreSQL takes filters to be independent of each other, and rows that match to be spread evenly.
Where they are not, such as with old arrivals in a list of new returns, it reads nearly all returns
in the order of the list to fill a page. How many rows one index finds, it knows well. So what costs
little to read whole is read whole. Before anything else, a page is looked for among the newest
returns: most lists find it there, whatever was expected. The others learn from it how rare their
matches are.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from returns.calendar.working_time import MICROSECOND
from returns.models import Return
from returns.querysets import ReturnQuerySet

# In PostgreSQL's units: one is up to three buffers, where rows are looked up by their ids. All
# matches are looked up first if these are few, or else if reading in order would cost more.
MAX_COST_OF_FEW, MAX_COST_OF_ALL = 500, 20_000
# The same for words of notes: comparing the notes of each return in order costs much more.
MAX_COST_WITH_WORDS = 60_000
# Reading more is no longer quick, however cheap PostgreSQL expects it to be. Matches that are so
# many are found soon in any order.
MOST_ROWS_OF_ALL = 50_000
# How much too low PostgreSQL may estimate what reading a page in order costs.
MISJUDGED = 25
# A page is looked for among so many of the newest returns. How many of them match also tells how
# many returns would be read in order.
NEAR = 2_500
# What a page shows, and how many matches are counted.
ROWS_OF_A_PAGE, COUNTED_ROWS = 50, 1_000


class Match(NamedTuple):
    """A match: its id, state, and time of creation."""

    pk: int
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewestMatches:
    """The newest matches of filters, the newest first.

    ``of_all`` tells that all matches were looked up: then they are up to 1,001, otherwise up to 51.
    """

    matches: list[Match]
    of_all: bool

    @property
    def are_all(self) -> bool:
        """Whether there are no other matches."""
        return len(self.matches) <= (COUNTED_ROWS if self.of_all else ROWS_OF_A_PAGE)


def find_newest(
    queryset: ReturnQuerySet,
    *,
    are_few: bool = False,
    before: Iterable[datetime] = (),
    find_before: Callable[[], Iterable[datetime]] = tuple,
) -> NewestMatches:
    """Return the newest matches, at a bounded cost unless PostgreSQL knows no way.

    All are looked up if they ``are_few``, because a search has found them; otherwise see above.
    ``before`` are moments before or at which all matches were created. ``find_before`` finds more
    of them, if none of the newest returns match.
    """
    fields: tuple[str, ...] = Match._fields
    if are_few:
        return _look_up(queryset, fields)
    cost = _estimated_cost(queryset.values(*fields).order_by())
    if cost <= MAX_COST_OF_FEW:
        return _look_up(queryset, fields)
    before = list(before)
    near, end = _find_near(queryset, before)
    if not near and (older := list(find_before())):
        queryset = queryset.created("lt", min(older) + MICROSECOND)
        near, end = _find_near(queryset, [*before, *older])
    if end is None or len(near) > ROWS_OF_A_PAGE:
        return NewestMatches(near, of_all=False)
    if cost > MAX_COST_OF_ALL:
        # Indexes may have the ids and times. States are read of the newest alone.
        fields = ("pk", "created_at")
        cost = _estimated_cost(queryset.values(*fields).order_by())
    rows_in_order = NEAR * ROWS_OF_A_PAGE / max(len(near), 1)
    others = queryset.created("lt", end)
    in_order = _in_order(others, Match._fields, ROWS_OF_A_PAGE - len(near))
    max_cost = MAX_COST_WITH_WORDS if queryset.has_words else MAX_COST_OF_ALL
    if cost > min(rows_in_order, max_cost) or (
        (cost_in_order := _estimated_cost(in_order)) * MISJUDGED < cost
        and (near or cost_in_order > _cost_of_nothing(queryset, end))
    ):
        return NewestMatches([*near, *(Match(*row) for row in in_order)], of_all=False)
    return _look_up(queryset, fields)


def _cost_of_nothing(queryset: ReturnQuerySet, end: datetime) -> float:
    """Return what reading the newest returns was expected to cost, of which none matches.

    Reading a page in order for less, PostgreSQL would have expected to find it among them.
    """
    return _estimated_cost(queryset.created_between(end, None).values(*Match._fields).order_by())


def _find_near(
    queryset: ReturnQuerySet, before: Sequence[datetime]
) -> tuple[list[Match], datetime | None]:
    """Return a page of matches, as far as they are among the newest returns.

    ``before`` are moments before or at which all matches were created. Also return the moment
    before which other returns were created, None if there are none.
    """
    near, end = _up_to(queryset, min(before) + MICROSECOND if before else None, NEAR)
    return [Match(*row) for row in _in_order(near, Match._fields, ROWS_OF_A_PAGE)], end


def _look_up(queryset: ReturnQuerySet, fields: tuple[str, ...]) -> NewestMatches:
    rows = list(_in_order(queryset.read_whole(), fields, COUNTED_ROWS))
    if fields != Match._fields:
        found = Return.objects.among([pk for pk, _created_at in rows])
        rows = list(_in_order(found, Match._fields, COUNTED_ROWS))
    return NewestMatches([Match(*row) for row in rows], of_all=True)


def _in_order(queryset: ReturnQuerySet, fields: tuple[str, ...], most: int) -> QuerySet[Any, Any]:
    rows = queryset.in_order_of("created_at", descending=True)
    return rows.values_list(*fields)[: most + 1]


def _estimated_cost(queryset: QuerySet[Any, Any]) -> float:
    """Return what PostgreSQL expects reading a queryset to cost; nothing is read.

    That is without limit if there are more rows than are quick to read.
    """
    explained = queryset.explain(format="json")
    if not explained:  # Django does not ask for what cannot match
        return 0
    plan = json.loads(explained)[0]["Plan"]
    return math.inf if plan["Plan Rows"] > MOST_ROWS_OF_ALL else float(plan["Total Cost"])


def within_reach(
    queryset: ReturnQuerySet, newest: NewestMatches, reach: int
) -> tuple[ReturnQuerySet | None, bool]:
    """Keep the matches among the returns that follow the newest match, up to ``reach`` of them.

    None if no more than the newest matches are among them. The second value tells whether there are
    older returns, which may match as well.
    """
    if newest.of_all or newest.are_all:
        return None, False
    first, last = newest.matches[0].created_at, newest.matches[-1].created_at
    near, end = _up_to(queryset, first + MICROSECOND, reach)
    return (None if end and last < end else near), end is not None


def _up_to(
    queryset: ReturnQuerySet, before: datetime | None, reach: int
) -> tuple[ReturnQuerySet, datetime | None]:
    """Keep the matches among so many returns that were created before a moment, or at any time.

    Also return the moment from which on these were created, None if there are no others.
    """
    returns = Return.objects.in_order_of("created_at", descending=True)
    if before:
        returns = returns.created("lt", before)
    for beyond in returns.values_list("created_at", flat=True)[reach : reach + 1]:
        end = beyond + MICROSECOND
        return queryset.created_between(end, before), end
    return queryset.created("lt", before) if before else queryset, None
