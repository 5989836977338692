"""The list of returns: what a query string shows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property

from config.addresses import with_query
from returns.database.time_limit import QueryTimeoutError
from returns.filters.counts import (
    CappedCount,
    StateCounts,
    count_by_state,
    count_matches,
    count_matches_by_state,
)
from returns.filters.fields import TAG_PARAMETERS
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import PAGING_PARAMETERS, default_sort
from returns.filters.menu import MoreField, chosen_more, has_field_for, more_fields
from returns.filters.paging import ANY_STATE, DEFAULT_SORT, PAGE_SIZE, Page, page_of, parts_of
from returns.filters.query import Query
from returns.filters.queues import STATE_OF, Queue
from returns.filters.tag_menu import ChosenFilter, GroupOfWays, chosen_tags, groups_of_ways
from returns.lists.columns import ReturnTable, shown_columns
from returns.lists.rows import Row, rows_of
from returns.models import State
from returns.querysets import ReturnQuerySet
from returns.search import Found, Near, nearest
from tags.vocabulary import TagChip, load_vocabulary

COUNT_LIMIT = 700  # milliseconds
NOT_IN_A_ROW = ("notes_key", "unknown_fields", "corrections", "feed_tags")

ORDER_WORDS = {
    "": "best match first",
    "-created": "newest first",
    "created": "oldest first",
    "urgent": "urgent first, then earliest arrival",
    "-arrived": "latest arrival first",
    "arrived": "earliest arrival first",
    "-completed": "latest completion first",
    "completed": "earliest completion first",
    "-updated": "latest update first",
    "updated": "earliest update first",
    "order": "by order reference",
    "-order": "by order reference, backwards",
    "reference": "by return reference",
    "-reference": "by return reference, backwards",
}


@dataclass(frozen=True, slots=True)
class StateChoice:
    """A state as the filter offers it."""

    value: str
    word: str
    count: CappedCount
    chosen: bool


@dataclass(frozen=True)
class ReturnList:
    """One page of the list with all that the page shows around it."""

    query: Query
    problems: list[str]
    page: Page
    rows: list[Row]
    table: ReturnTable
    counts: StateCounts
    words: Mapping[int, TagChip]
    # As the vocabulary writes them: the page's boxes and the address may differ in case.
    chosen_names: dict[str, list[str]]
    is_filtered: bool
    sort: str
    total: CappedCount
    # The path of the page that shows the list.
    base: str
    found: Found | None
    near: list[Near]

    @property
    def states(self) -> list[StateChoice]:
        """Return the states with their counts; several may be chosen."""
        chosen = self.query.getlist("state")
        return [
            StateChoice(state.value, str(state.label), self.counts.by_state[state], state in chosen)
            for state in State
        ]

    @property
    def kept_parameters(self) -> list[tuple[str, str]]:
        """Return what the address says beyond the form's own fields; the form carries it along."""
        kept = [
            (name, value)
            for name, values in self.query.lists()
            for value in values
            if name not in PAGING_PARAMETERS and not has_field_for(name, value)
        ]
        # The form offers the groups that have tags.
        offered = {chip.group for chip in self.words.values()}
        missing = self.chosen_names["missing_group"]
        return kept + [("missing_group", name) for name in missing if name not in offered]

    @property
    def tag_groups(self) -> list[GroupOfWays]:
        """Return the menu of tags."""
        return groups_of_ways(self.words, self.chosen_names)

    @cached_property
    def chosen_tags(self) -> list[ChosenFilter]:
        """Return the filters by tags that are chosen."""
        return list(chosen_tags(self.words, self.chosen_names, self.query, self.base))

    @property
    def chosen(self) -> list[ChosenFilter]:
        """Return the chosen filters that stand as chips."""
        return [*self.chosen_tags, *self.chosen_more]

    @property
    def more_fields(self) -> list[MoreField]:
        """Return the menu of more filters."""
        return list(more_fields(self.query))

    @cached_property
    def chosen_more(self) -> list[ChosenFilter]:
        """Return those of them that are chosen."""
        return list(chosen_more(self.query, self.base))

    @property
    def summary(self) -> str:
        """Return the number of matches and their order in words."""
        return _summary(self.total, self.counts, self.sort if self.page.rows else None)

    @property
    def address(self) -> str:
        """Return the query string that says the same in the fewest words, for the address bar."""
        query = self.query
        if query.get("sort") == default_sort(query) and "q" not in query:
            query = query.without("sort")
        return query.urlencode()

    @property
    def is_search(self) -> bool:
        """Tell whether the one box says what to find: each row then says why it was found."""
        return self.found is not None

    @property
    def not_found_lines(self) -> str:
        """Return the typed numbers that found nothing, one a line, to copy."""
        return "\n".join(self.found.not_found) if self.found else ""

    @property
    def path_of_search(self) -> str:
        """Return the path of the same search without other filters."""
        return reverse("return-list", query={"q": self.query.get("q", "")})

    @property
    def is_past_the_end(self) -> bool:
        """Tell whether the list goes on elsewhere, but this page of it is empty."""
        return not self.page.rows and not self.query.keys().isdisjoint({"after", "before"})

    @property
    def path_without_filters(self) -> str:
        """Return the path of the list without any, or of the whole queue."""
        if self.base != reverse("queue") or "queue" not in self.query:
            return self.base
        return reverse("queue", query={"queue": self.query["queue"]})

    @property
    def path(self) -> str:
        """Return the path that leads back to this page of the list."""
        return with_query(self.base, self.address)


def return_list(
    query: Query, columns: Iterable[str] = (), base: str = "", size: int = PAGE_SIZE
) -> ReturnList:
    """Return what the query shows, in the columns that the person chose.

    ``base`` is the path of the page that shows it, the list unless it is said; ``size`` is the
    number of returns on a page.
    ``problems`` says what it could not understand.
    """
    words = load_vocabulary()
    base = base or reverse("return-list")
    own = ("queue",) if base == reverse("queue") else ()
    filterset = ReturnFilterSet(query, words)
    problems = filterset.problems()
    ranks = None if problems else filterset.ranks()
    found = None if problems else filterset.matches.get("q")
    urgent = [tag.id for tag in words.values() if tag.raises]
    page = Page([], None, None) if problems else _page(filterset, ranks, urgent, size)
    rows = rows_of(
        page.rows,
        words,
        with_due="deadline" in shown_columns(columns),
        reasons={pk: hit.why for pk, hit in found.hits.items()} if found else {},
    )
    counts, total = numbers_of(filterset)
    sort = _sort(filterset)
    return ReturnList(
        query=query,
        problems=problems,
        page=page,
        rows=rows,
        table=ReturnTable(rows, DEFAULT_SORT if problems else sort, columns),
        counts=counts,
        total=total,
        base=base,
        words=words,
        chosen_names={
            name: filterset.form.cleaned_data.get(name, [])
            for name in (*TAG_PARAMETERS, "missing_group")
        },
        is_filtered=filterset.narrows_beyond(*own),
        sort=sort,
        found=found,
        near=[] if found is None or found.hits else nearest(found.numbers[0]),
    )


def numbers_of(filterset: ReturnFilterSet) -> tuple[StateCounts, CappedCount]:
    """Count what a list holds: in each state, and in those that are chosen."""
    counts = _counts(filterset)
    return counts, _total(filterset, counts)


def summary_of(filterset: ReturnFilterSet, counts: StateCounts, total: CappedCount) -> str:
    """Return the number of matches and their order in words."""
    return _summary(total, counts, _sort(filterset) if total.number else None)


def _summary(total: CappedCount, counts: StateCounts, sort: str | None) -> str:
    noun = "return" if total.number == 1 and not total.more else "returns"
    if sort is None:
        return f"{total} {noun}"
    hint = "; type more to narrow the search" if counts.search_is_cut_short else ""
    return f"{total} {noun}, {ORDER_WORDS[sort]}{hint}"


def _sort(filterset: ReturnFilterSet) -> str:
    if not filterset.problems() and filterset.ranks() is not None:
        return ""
    return str(filterset.query.get("sort", default_sort(filterset.query)))


def _page(
    filterset: ReturnFilterSet, ranks: list[list[int]] | None, urgent: list[int], size: int
) -> Page:
    chosen = filterset.form.cleaned_data
    return page_of(
        _found(filterset),
        chosen["sort"],
        after=chosen["after"],
        before=chosen["before"],
        size=size,
        states=_states(chosen),
        ranks=ranks,
        urgent=urgent,
    )


def parts_of_list(filterset: ReturnFilterSet, urgent: list[int]) -> list[ReturnQuerySet]:
    """Return what is to be read, one part after the other, for every row of the list in order.

    ``urgent`` are the ids of the tags that come first in a sort that raises them.
    """
    chosen = filterset.form.cleaned_data
    return parts_of(
        _found(filterset),
        chosen["sort"],
        states=_states(chosen),
        ranks=filterset.ranks(),
        urgent=urgent,
    )


def _found(filterset: ReturnFilterSet) -> ReturnQuerySet:
    found: ReturnQuerySet = filterset.qs.with_tag_ids().defer(*NOT_IN_A_ROW)
    return found


def _states(chosen: Mapping[str, Any]) -> Collection[str]:
    if states := chosen.get("state"):
        return list(states)
    return {STATE_OF[Queue(queue)]} if (queue := chosen.get("queue")) else ANY_STATE


def _counts(filterset: ReturnFilterSet) -> StateCounts:
    """Count by state what the other filters leave."""
    if not filterset.narrows_beyond("state"):
        return count_by_state()
    found = filterset.in_any_state()
    if filterset.problems():
        return count_matches_by_state(found)
    return count_matches_by_state(found, cut_short=filterset.search_is_cut_short())


def _total(filterset: ReturnFilterSet, counts: StateCounts) -> CappedCount:
    """Count what the list holds: of the newest matches few may be in the chosen states."""
    states = filterset.query.getlist("state")
    total = counts.total(states)
    if filterset.problems() or not (states and total.more and filterset.narrows_beyond("state")):
        return total
    try:
        return count_matches(filterset.qs, COUNT_LIMIT, cut_short=counts.search_is_cut_short)
    except QueryTimeoutError:
        return total
