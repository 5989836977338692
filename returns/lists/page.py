"""The page of the list: all that it shows for a query."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.urls import reverse
from django.utils.functional import cached_property

from config.addresses import with_query
from returns.filters.builders import Section
from returns.filters.counts import CappedCount, StateCounts
from returns.filters.declarations import FILTERS, FILTERS_BY_NAME
from returns.filters.fields import TAG_PARAMETERS
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import NON_FILTER_PARAMETERS, PAGING_PARAMETERS, default_sort
from returns.filters.grouping import GROUP_COLUMNS
from returns.filters.menu import MoreField, has_field_for, more_chips, more_fields
from returns.filters.paging import PAGE_SIZE, Page
from returns.filters.query import Query
from returns.filters.sorting import DEFAULT_SORT
from returns.filters.tag_menu import FilterChip, TagFilterGroup, tag_chips, tag_filter_groups
from returns.lists.choices import SortChoice, StateChoice, sort_choices
from returns.lists.columns import VALUE_COLUMNS, ReturnTable, shown_columns
from returns.lists.grouping_texts import grouping_note
from returns.lists.groups import Grouping, RowGroup, group_rows, groupings
from returns.lists.links import ListLinks
from returns.lists.reading import read_page, row_groups, urgent_tags
from returns.lists.reasons import Reason, list_reasons
from returns.lists.rows import Row, build_rows
from returns.lists.shopper_search import SHOPPER_PARAMETER, customer_address, nobody_sentence
from returns.lists.suggestions import Suggestion, suggest_filters
from returns.lists.summary import count_list, list_sort, summary_line
from returns.models import State
from returns.orders.tokens import NOBODY
from returns.search import NearMatch, SearchResult, nearest
from tags.vocabulary import Vocabulary, load_vocabulary

# Dates and queues, which the numbers of a report add themselves. A filter by a rule is kept: the
# report refuses it, rather than count returns that it leaves out.
REPLACED_IN_REPORTS = tuple(
    each.name for each in FILTERS if not each.for_reports and not each.name.startswith("rule")
)


@dataclass(frozen=True)
class ReturnList:
    """One page of the list, with everything that is shown around it.

    ``base`` is the path of the page that shows the list. ``search`` is the result of the search
    box, if it is used. If it found nothing, ``nearest`` are similar numbers, and ``suggestions``
    are filters by tags and notes. ``row_groups`` are the rows in their groups, or
    ``grouping_note`` says why they are not grouped. ``chosen_names`` are the chosen tags and groups
    by parameter, as the vocabulary spells them. ``customer_address`` is that of the list of the
    shopper whose customer number is searched, or "".
    """

    query: Query
    problems: list[str]
    page: Page
    rows: list[Row]
    row_groups: list[RowGroup]
    grouping_note: str
    table: ReturnTable
    counts: StateCounts
    vocabulary: Vocabulary
    chosen_names: dict[str, list[str]]
    is_filtered: bool
    sort: str
    links: ListLinks
    total: CappedCount
    base: str
    search: SearchResult | None
    nearest: list[NearMatch]
    suggestions: list[Suggestion]
    customer_address: str

    @property
    def states(self) -> list[StateChoice]:
        """Return the states with their counts; several may be chosen."""
        chosen = self.query.getlist("state")
        return [
            StateChoice(state.value, str(state.label), self.counts.by_state[state], state in chosen)
            for state in State
        ]

    @property
    def hidden_parameters(self) -> list[tuple[str, str]]:
        """Return the parameters and values that the form submits without a visible field."""
        hidden = [
            (name, value)
            for name, values in self.query.lists()
            for value in values
            if name not in (*PAGING_PARAMETERS, "sort") and not has_field_for(name, value)
        ]
        # The form has checkboxes for groups with tags alone.
        offered = {chip.group for chip in self.vocabulary.values()}
        missing = self.chosen_names["missing_group"]
        return hidden + [("missing_group", name) for name in missing if name not in offered]

    @property
    def sorts(self) -> list[SortChoice]:
        """Return the sorts that a select offers where the headers of columns are not shown."""
        return sort_choices(self.query, self.sort)

    @property
    def tag_groups(self) -> tuple[TagFilterGroup, ...]:
        """Return the menu of tags."""
        return tag_filter_groups(self.vocabulary, self.chosen_names)

    @property
    def chips(self) -> list[FilterChip]:
        """Return the chips of all chosen filters that have one."""
        return [*self.tag_chips, *self.more_chips]

    @cached_property
    def tag_chips(self) -> list[FilterChip]:
        """Return the chips of the chosen filters by tags."""
        return list(tag_chips(self.vocabulary, self.chosen_names, self.query, self.base))

    @cached_property
    def more_chips(self) -> list[FilterChip]:
        """Return the chips of the other chosen filters."""
        return list(more_chips(self.query, self.base))

    @property
    def more_fields(self) -> list[MoreField]:
        """Return the menu of more filters."""
        return list(more_fields(self.query))

    @property
    def more_sections(self) -> tuple[tuple[Section, tuple[MoreField, ...]], ...]:
        """Return the sections of the menu of more filters, each with its fields."""
        by_section = groupby(self.more_fields, lambda each: FILTERS_BY_NAME[each.name].section)
        return tuple((section, tuple(fields)) for section, fields in by_section)

    @property
    def summary(self) -> str:
        """Return the number of matches and their order."""
        return summary_line(self.total, self.counts, self.sort if self.page.rows else None)

    @property
    def address(self) -> str:
        """Return the shortest query string with the same meaning, for the address bar."""
        query = self.query
        if query.get("sort") == default_sort(query) and "q" not in query:
            query = query.without("sort")
        return query.urlencode()

    @property
    def is_search(self) -> bool:
        """Whether the search box is used; each row then says why it matches."""
        return self.search is not None

    @property
    def nobody_sentence(self) -> str:
        """Return why the list of a shopper of whom nothing is known is empty; "" for another."""
        return nobody_sentence(self.query.get(SHOPPER_PARAMETER, ""))

    @property
    def shopper_token(self) -> str:
        """Return the token of the shopper whose returns these are; "" for other lists."""
        token = self.query.get(SHOPPER_PARAMETER, "")
        return "" if token == NOBODY else token

    @property
    def not_found_lines(self) -> str:
        """Return the typed numbers without a match, one per line, to copy."""
        return "\n".join(self.search.not_found) if self.search else ""

    @property
    def groupings(self) -> list[Grouping]:
        """Return the ways to group the rows, as the page offers them."""
        return groupings(self.query, self.base, GROUP_COLUMNS)

    @property
    def filters(self) -> Query:
        """Return the filters alone, without page, order and grouping."""
        return self.query.without(*NON_FILTER_PARAMETERS)

    @property
    def report_path(self) -> str:
        """Return the path of the report on these filters; a report has dates of its own."""
        return self.filters.without(*REPLACED_IN_REPORTS).path(reverse("reports"))

    @property
    def path_of_search(self) -> str:
        """Return the path of the same search without other filters."""
        return reverse("return-list", query={"q": self.query.get("q", "")})

    @property
    def reasons(self) -> list[Reason]:
        """Return the filters that a return must pass, for a list that is empty."""
        return list_reasons(self.query, self.base)

    @property
    def is_past_the_end(self) -> bool:
        """Whether this page is empty although others may have rows."""
        return not self.page.rows and not self.query.keys().isdisjoint({"after", "before"})

    @property
    def path_without_filters(self) -> str:
        """Return the path of the unfiltered list or queue."""
        if self.base != reverse("queue") or "queue" not in self.query:
            return self.base
        return reverse("queue", query={"queue": self.query["queue"]})

    @property
    def path(self) -> str:
        """Return the path of this page of the list."""
        return with_query(self.base, self.address)


def return_list(
    query: Query,
    columns: Iterable[str] = (),
    base: str = "",
    size: int = PAGE_SIZE,
    *,
    in_groups: bool = True,
    vocabulary: Vocabulary | None = None,
) -> ReturnList:
    """Return the page of the list for a query, in the columns that the person chose.

    ``base`` is the path of the page that shows it, by default that of the list. ``size`` is the
    number of returns on a page. Without ``in_groups``, rows are never grouped. The ``vocabulary``
    is read if it is not given. ``problems`` of the result names what is not valid in the query.
    """
    vocabulary = load_vocabulary() if vocabulary is None else vocabulary
    base = base or reverse("return-list")
    own_filters = ("queue",) if base == reverse("queue") else ()
    filterset = ReturnFilterSet(query, vocabulary)
    problems = filterset.problems()
    result = None if problems else filterset.search_results.get("q")
    urgent = urgent_tags(vocabulary)
    groups = row_groups(filterset) if in_groups and not problems else None
    page = Page([], None, None) if problems else read_page(filterset, urgent, groups, size)
    rows = build_rows(
        page.rows,
        vocabulary,
        with_due="deadline" in shown_columns(columns),
        with_value=not VALUE_COLUMNS.isdisjoint(shown_columns(columns)),
        reasons={pk: hit.why for pk, hit in result.hits.items()} if result else {},
    )
    nothing_found = result is not None and not result.hits
    counts, total = count_list(filterset)
    sort = list_sort(filterset)
    return ReturnList(
        query=query,
        problems=problems,
        page=page,
        rows=rows,
        row_groups=group_rows(rows, groups, filterset, base, continues=page.continues),
        grouping_note=grouping_note(query, groups),
        table=ReturnTable(rows, DEFAULT_SORT if problems else sort, columns),
        counts=counts,
        total=total,
        base=base,
        vocabulary=vocabulary,
        chosen_names={
            name: filterset.form.cleaned_data.get(name, [])
            for name in (*TAG_PARAMETERS, "missing_group")
        },
        is_filtered=filterset.has_filters_besides(*own_filters),
        sort=sort,
        links=ListLinks.for_filterset(filterset, base, urgent),
        search=result,
        customer_address=customer_address(query, result),
        suggestions=suggest_filters(str(query["q"]), vocabulary) if nothing_found else [],
        nearest=[] if result is None or result.hits else nearest(result.numbers[0]),
    )
