"""Links from the rows of a list to its returns, which take the list along.

The page of a return then leads to the next return of the list, and back to the list. The address
has the parameters of the list; its page begins ``after`` the return.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from config.addresses import with_query
from returns.filters.filterset import ReturnFilterSet
from returns.filters.grouping import RowGroups
from returns.filters.paging import Cursor
from returns.filters.query import Query
from returns.filters.sorting import Sort
from returns.lists.reading import grouping_of
from returns.models import Return

# The parameter that says on which page the list was, if not on its own.
PAGE_PARAMETER, QUEUE_PAGE = "list", "queue"


@dataclass(frozen=True)
class ListLinks:
    """The links from a list; ``base`` is the path of the page that shows it.

    ``urgent`` are the ids of the urgent tags, in order, and ``groups`` are those of the rows, if
    they are grouped.
    """

    query: Query
    base: str
    sort: Sort
    urgent: Sequence[int]
    groups: RowGroups | None = None

    @classmethod
    def for_filterset(
        cls, filterset: ReturnFilterSet, base: str, urgent: Sequence[int]
    ) -> "ListLinks":
        """Return the links from the list of a filterset at a path."""
        cleaned = filterset.form.cleaned_data
        return cls(filterset.query, base, cleaned.get("sort"), urgent, grouping_of(filterset))

    def cursor(self, record: Return) -> Cursor:
        """Return the place of a return in the list."""
        urgent = self.urgent if self.sort.column.urgent_first else ()
        return Cursor.for_row(record, self.sort, urgent, self.groups)

    def path(self, record: Return) -> str:
        """Return the path of a return's page, with the list and the return's place in it."""
        path = record.get_absolute_url()
        # The references that no path can have lead to a list instead.
        if "?" in path:
            return path
        return with_query(path, self._list, f"after={self.cursor(record).encode()}")

    @cached_property
    def _list(self) -> str:
        query = self.query.without("after", "before")
        if self.base == reverse("queue"):
            query = query.replace(**{PAGE_PARAMETER: QUEUE_PAGE})
        return query.urlencode()
