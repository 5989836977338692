"""Tabs over the list, each with the number of its returns.

They are the saved views of a person, and a queue for each group of tags that is required: the
returns that lack one.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from returns.database.time_limit import QueryTimeoutError
from returns.filters.counts import CappedCount, count_matches
from returns.filters.filterset import ReturnFilterSet, filters_of
from returns.filters.query import Query
from returns.filters.stored import Words, parameters_now, query_of
from returns.lists.saved_views import views_of
from returns.models import State
from tags.vocabulary import load_vocabulary

# Milliseconds: for each tab, and for all of them together.
COUNT_LIMIT = 700
COUNTS_LIMIT = 3_000


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter as a tab over the list; ``key`` is part of its id."""

    key: str
    name: str
    query: Query
    is_current: bool

    @property
    def address(self) -> str:
        """Return the address of the list under this filter."""
        return self.query.path(reverse("return-list"))


@dataclass(frozen=True, slots=True)
class TabCount:
    """How many returns a tab holds; None when it took too long, or a filter is wrong."""

    tab: Tab
    count: CappedCount | None
    problem: str = ""


def tabs(user: User, shown: Query, words: Words) -> list[Tab]:
    """Return the person's tabs; the one that shows the same as ``shown`` is current.

    A queue that one of the saved views shows already stands once.
    """
    now = filters_of(shown, words)
    views = [
        (f"{view.pk}", view.name, parameters_now(view.parameters, words)) for view in views_of(user)
    ]
    known = [parameters for _, _, parameters in views]
    queues = [queue for queue in _required(words) if queue[-1] not in known]
    return [
        Tab(key, name, query_of(parameters, words), parameters == now)
        for key, name, parameters in (*views, *queues)
    ]


def _required(words: Words) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    groups = {chip.group_id: chip for chip in words.values() if chip.required_when}
    for pk, chip in groups.items():
        if chip.required_when in State.values:
            name = f"{State(chip.required_when).label} without {chip.group}"
            parameters = {"state": [chip.required_when], "missing_group": [pk]}
            yield f"required-{pk}", name, parameters


def counts_of(user: User) -> list[TabCount]:
    """Count the returns of each tab of the person, each up to 1,000."""
    words = load_vocabulary()
    end = time.monotonic() + COUNTS_LIMIT / 1000
    return [_count(tab, words, end) for tab in tabs(user, Query.of({}), words)]


def _count(tab: Tab, words: Words, end: float) -> TabCount:
    filterset = ReturnFilterSet(tab.query, words)
    if problems := filterset.problems():
        return TabCount(tab, None, problems[0])
    left = int((end - time.monotonic()) * 1000)
    if left <= 0:
        return TabCount(tab, None)
    try:
        cut_short = filterset.search_is_cut_short()
        limit = min(left, COUNT_LIMIT)
        return TabCount(tab, count_matches(filterset.qs, limit, cut_short=cut_short))
    except QueryTimeoutError:
        return TabCount(tab, None)
