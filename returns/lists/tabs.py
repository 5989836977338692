"""The tabs above the list, each with its number of returns.

They are the person's saved views, and for each group of tags that is required in a state, the
returns without a tag from it.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from returns.database.time_limit import QueryTimeoutError
from returns.filters.counts import CappedCount, count_matches
from returns.filters.filterset import ReturnFilterSet, normalized_filters
from returns.filters.query import Query
from returns.filters.stored import resolve_merged_tags, to_query
from returns.lists.saved_views import visible_views
from returns.models import SavedView, State
from tags.vocabulary import Vocabulary, load_vocabulary

# For counting one tab, and all of them together.
TAB_TIME_LIMIT_MS = 700
TABS_TIME_LIMIT_MS = 3_000
# The names of tabs with the returns in a state that have no tag from a group that it requires.
REQUIRED_TAB_NAMES = {
    State.CREATED: _("Created without %(group)s"),
    State.ARRIVED: _("Arrived without %(group)s"),
    State.COMPLETED: _("Completed without %(group)s"),
}

VIEW_FIELDS = ("id", "name", "parameters")


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter as a tab above the list; ``key`` is part of its id."""

    key: str
    name: str
    query: Query
    is_current: bool

    @property
    def address(self) -> str:
        """Return the address of the list with this filter."""
        return self.query.path(reverse("return-list"))


@dataclass(frozen=True, slots=True)
class TabCount:
    """The number of returns of a tab; None if counting took too long or the filter is invalid."""

    tab: Tab
    count: CappedCount | None
    problem: str = ""


def tabs(visible: Iterable[SavedView], shown: Query, vocabulary: Vocabulary) -> list[Tab]:
    """Return the tabs of a person who sees these views; the one that is ``shown`` is current.

    A required group gets no tab of its own if a saved view has the same filter.
    """
    current = normalized_filters(shown, vocabulary)
    views = [
        (f"{view.pk}", view.label, resolve_merged_tags(view.parameters, vocabulary))
        for view in visible
    ]
    viewed = [parameters for _, _, parameters in views]
    groups = [group for group in _required_group_filters(vocabulary) if group[-1] not in viewed]
    return [
        Tab(key, name, to_query(parameters, vocabulary), parameters == current)
        for key, name, parameters in (*views, *groups)
    ]


def views_expression(user: User) -> tuple[str, list[int]]:
    """Return an SQL expression for the views of a person, and its parameters."""
    return _views_sql(), [user.pk, user.pk]


@cache
def _views_sql() -> str:
    views = visible_views(User(pk=0)).values(*VIEW_FIELDS)
    sql, _ids = views.query.sql_with_params()
    return f"ARRAY(SELECT row_to_json(view) FROM ({sql}) AS view)"  # noqa: S608


def views_of(rows: Iterable[Mapping[str, Any]]) -> list[SavedView]:
    """Return the views that the expression gave: what a tab shows of them."""
    return [SavedView(**{name: row[name] for name in VIEW_FIELDS}) for row in rows]


def _required_group_filters(
    vocabulary: Vocabulary,
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    groups = {chip.group_id: chip for chip in vocabulary.values() if chip.required_when}
    for pk, chip in groups.items():
        if chip.required_when in State.values:
            name = REQUIRED_TAB_NAMES[State(chip.required_when)] % {"group": chip.group_label}
            parameters = {"state": [chip.required_when], "missing_group": [pk]}
            yield f"required-{pk}", name, parameters


def count_tabs(user: User) -> list[TabCount]:
    """Count the returns of each of the person's tabs, up to 1,000 each."""
    vocabulary = load_vocabulary()
    end = time.monotonic() + TABS_TIME_LIMIT_MS / 1000
    return [
        _count_tab(tab, vocabulary, end)
        for tab in tabs(visible_views(user), Query.from_lists({}), vocabulary)
    ]


def _count_tab(tab: Tab, vocabulary: Vocabulary, end: float) -> TabCount:
    filterset = ReturnFilterSet(tab.query, vocabulary)
    if problems := filterset.problems():
        return TabCount(tab, None, problems[0])
    time_left_ms = int((end - time.monotonic()) * 1000)
    if time_left_ms <= 0:
        return TabCount(tab, None)
    try:
        cut_short = filterset.search_is_cut_short()
        limit = min(time_left_ms, TAB_TIME_LIMIT_MS)
        return TabCount(tab, count_matches(filterset.qs, limit, cut_short=cut_short))
    except QueryTimeoutError:
        return TabCount(tab, None)
