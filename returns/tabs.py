"""Saved views as tabs over the list, each with the number of its returns."""

import time
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import QueryDict

from returns.counts import CappedCount, count_matches
from returns.filtersets import ReturnFilterSet, filters_of
from returns.models import SavedView
from returns.saved_views import Words, address_of, parameters_now, query_of, views_of
from returns.time_limit import TookTooLongError
from tags.vocabulary import vocabulary

# Milliseconds: for each view, and for all of them together.
COUNT_LIMIT = 700
COUNTS_LIMIT = 3_000


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view as a tab over the list."""

    view: SavedView
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ViewCount:
    """How many returns a view holds; None when it took too long, or a filter is wrong."""

    view: SavedView
    count: CappedCount | None
    problem: str = ""


def tabs(user: User, shown: QueryDict, words: Words) -> list[Tab]:
    """Return the person's views as tabs; the one that shows the same as ``shown`` is current."""
    now = filters_of(shown, words)
    return [
        Tab(view, address_of(view, words), parameters_now(view.parameters, words) == now)
        for view in views_of(user)
    ]


def counts_of(user: User) -> list[ViewCount]:
    """Count the returns of each view of the person, each up to 1,000."""
    words = vocabulary()
    end = time.monotonic() + COUNTS_LIMIT / 1000
    return [_count(view, words, end) for view in views_of(user)]


def _count(view: SavedView, words: Words, end: float) -> ViewCount:
    filterset = ReturnFilterSet(query_of(view.parameters, words), words)
    if problems := filterset.problems():
        return ViewCount(view, None, problems[0])
    left = int((end - time.monotonic()) * 1000)
    if left <= 0:
        return ViewCount(view, None)
    try:
        cut_short = filterset.search_is_cut_short()
        limit = min(left, COUNT_LIMIT)
        return ViewCount(view, count_matches(filterset.qs, limit, cut_short=cut_short))
    except TookTooLongError:
        return ViewCount(view, None)
