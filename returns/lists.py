"""The list of returns: what a query string shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from returns.counts import StateCounts, count_by_state, count_matches_by_state
from returns.filtersets import ReturnFilterSet
from returns.paging import DEFAULT_SORT, Page, page_of
from returns.tables import ReturnTable
from tags.vocabulary import TagChip, chips, vocabulary


@dataclass(frozen=True, slots=True)
class ReturnList:
    """One page of the list with all that the page shows around it."""

    filterset: ReturnFilterSet
    problems: list[str]
    page: Page
    table: ReturnTable
    counts: StateCounts
    words: Mapping[int, TagChip]
    url_query: str


def return_list(data: QueryDict) -> ReturnList:
    """Return what the query string shows; ``problems`` says what it could not understand."""
    words = vocabulary()
    filterset = ReturnFilterSet(data, words)
    problems = filterset.problems()
    if problems:
        page = Page([], None, None)
    else:
        chosen = filterset.form.cleaned_data
        page = page_of(
            filterset.qs.with_tag_ids(), chosen["sort"], chosen["after"], chosen["before"]
        )
    for record in page.rows:
        record.tags = chips(record.tag_ids, words)
    return ReturnList(
        filterset=filterset,
        problems=problems,
        page=page,
        table=ReturnTable(page.rows, sort=data.get("sort") or DEFAULT_SORT),
        counts=_counts(filterset),
        words=words,
        url_query=_without_blanks(data),
    )


def _counts(filterset: ReturnFilterSet) -> StateCounts:
    """Count by state what the other filters leave."""
    if not filterset.narrows_beyond_state():
        return count_by_state()
    return count_matches_by_state(filterset.in_any_state(), filterset.searches())


def _without_blanks(data: QueryDict) -> str:
    """Return the query string that says the same in the fewest words, for the address bar."""
    said = QueryDict(mutable=True)
    for name, values in data.lists():
        said.setlist(name, [value for value in values if value.strip()])
    if said.get("sort") == DEFAULT_SORT:
        del said["sort"]
    return said.urlencode()
