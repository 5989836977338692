"""What a report is about: the returns that its filters select, and the lists behind its numbers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse

from returns.filter_rules import TAGS
from returns.filtersets import ReturnFilterSet, filters_of
from returns.models import By
from returns.querysets import ReturnQuerySet
from returns.reports.periods import Span
from tags.vocabulary import TagChip

# Filters of which a list takes several.
ADDED = {"tag", "missing"}
# Filters of which the narrower one counts.
NARROWED: dict[str, Callable[..., str]] = {"took_over": max, "took_under": min}
Said = tuple[str, str]


@dataclass(frozen=True)
class Scope:
    """The filters of a report; ``words`` are the vocabulary."""

    query: QueryDict
    words: Mapping[int, TagChip]

    @cached_property
    def found(self) -> ReturnQuerySet:
        """Return what they select."""
        return self._found(self.query)

    def count(self, *more: Said) -> int:
        """Count what they and these beside them select."""
        return self._found(self._with(more)).count()

    def _found(self, query: QueryDict) -> ReturnQuerySet:
        query = query.copy()
        # In order of arrival nothing is read from the indexes of tags, which hold every return.
        query["sort"] = "arrived"
        found: ReturnQuerySet = ReturnFilterSet(query, self.words).qs
        return found.order_by()

    @cached_property
    def kept_as(self) -> tuple[By, str] | None:
        """Return the kind and the value of the summaries that count just these returns."""
        said = filters_of(self.query, self.words)
        if not said:
            return By.ALL, ""
        match tuple(said.items()):
            case (("carrier", [str(name)]),):
                return By.CARRIER, name
            case (("channel", [str(name)]),):
                return By.CHANNEL, name
            case (("tag", [int(pk)]),):
                return By.TAG, str(pk)
            case (("missing", [kind]),):
                return MISSING.get(kind)
        return None

    def address(self, *more: Said) -> str:
        """Return the list under the filters and these beside them."""
        return f"{reverse('return-list')}?{self._with(more).urlencode()}"

    def _with(self, more: Iterable[Said]) -> QueryDict:
        query = self.query.copy()
        for name, value in more:
            if name in NARROWED and name in query:
                query[name] = NARROWED[name](query[name], value, key=float)
            elif name not in ADDED:
                query[name] = value
            elif value not in query.getlist(name):
                query.appendlist(name, value)
        return query

    def says(self, *names: str) -> bool:
        """Tell whether it filters by one of these."""
        return any(name in self.query for name in names)


MISSING = {TAGS: (By.UNTAGGED, ""), "carrier": (By.CARRIER, ""), "channel": (By.CHANNEL, "")}


def within(event: str, span: Span) -> tuple[Said, Said]:
    """Return the filters that keep what was created, arrived or was completed within a span."""
    return (f"{event}_from", str(span.first)), (f"{event}_to", str(span.last))
