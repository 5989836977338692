"""What a report is about: the returns that its filters select, and the lists behind its numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q
from django.urls import reverse

from returns.filters.filterset import ReturnFilterSet, filters_of
from returns.filters.query import Query
from returns.filters.rules import TAGS
from returns.filters.stored import Words
from returns.models import By, State
from returns.querysets import ReturnQuerySet
from returns.reports.periods import Span

# Filters of which a list takes several.
ADDED = {"tag", "missing"}
# Filters of which the narrower one counts.
NARROWED: dict[str, Callable[..., str]] = {"took_over": max, "took_under": min}
Said = tuple[str, str]


@dataclass(frozen=True)
class Scope:
    """The filters of a report; ``words`` are the vocabulary."""

    query: Query
    words: Words

    @cached_property
    def found(self) -> ReturnQuerySet:
        """Return what they select."""
        return self._found(self.query)

    def count(self, *more: Said) -> int:
        """Count what they and these beside them select."""
        return self._found(self._with(more)).count()

    def first_arrival(self, span: Span) -> datetime | None:
        """Return when the first arrived within a span of those that still wait."""
        arrived = {"arrived_to_warehouse_at__gte": span.begins}
        arrived["arrived_to_warehouse_at__lt"] = span.ends
        waits = self.found.in_state(State.ARRIVED).filter(**arrived)
        first = waits.in_order_of("arrived_to_warehouse_at", descending=False)
        return first.values_list("arrived_to_warehouse_at", flat=True).first()

    def _found(self, query: Query) -> ReturnQuerySet:
        # In order of arrival nothing is read from the indexes of tags, which hold every return.
        found: ReturnQuerySet = ReturnFilterSet(query.replace(sort="arrived"), self.words).qs
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

    @cached_property
    def counted_as(self) -> Q | None:
        """Return what keeps just these of ``CountedReturn``; None where that does not say it."""
        said = filters_of(self.query, self.words)
        if not said.keys() <= CONDITIONS.keys() or not LACKING.keys() >= {*said.get("missing", [])}:
            return None
        return self._as(said)

    @property
    def judged_as(self) -> Q:
        """Return what keeps just these of ``JudgedKind``, where ``counted_as`` says them.

        All of those are completed.
        """
        said = filters_of(self.query, self.words)
        states = said.pop("state", [State.COMPLETED])
        return self._as(said) if State.COMPLETED in states else Q(day__in=[])

    def _as(self, said: Mapping[str, Any]) -> Q:
        conditions = [CONDITIONS[name](values, self.words) for name, values in said.items()]
        return reduce(and_, conditions, Q())

    def address(self, *more: Said) -> str:
        """Return the list under the filters and these beside them."""
        return reverse("return-list", query=self._with(more))

    def _with(self, more: Iterable[Said]) -> Query:
        query = self.query
        for name, value in more:
            if name in NARROWED and name in query:
                narrowest = NARROWED[name](query[name], value, key=float)
                query = query.replace(**{name: narrowest})
            elif name not in ADDED:
                query = query.replace(**{name: value})
            elif value not in query.getlist(name):
                query = query.add(name, value)
        return query

    def says(self, *names: str) -> bool:
        """Tell whether it filters by one of these."""
        return any(name in self.query for name in names)


def _in_state(states: Sequence[str], _words: Words) -> Q:
    return reduce(or_, (STATES[State(state)] for state in states))


def _without(kinds: Sequence[str], _words: Words) -> Q:
    return reduce(and_, (LACKING[kind] for kind in kinds))


def _without_groups(groups: Sequence[int], words: Words) -> Q:
    tags = [chip.id for chip in words.values() if chip.group_id in groups]
    return ~Q(tag_set__tags__overlap=tags)


STATES = {
    State.CREATED: Q(arrived_day__isnull=True, completed_day__isnull=True),
    State.ARRIVED: Q(arrived_day__isnull=False, completed_day__isnull=True),
    State.COMPLETED: Q(completed_day__isnull=False),
}
LACKING = {TAGS: Q(tag_set__tags=[]), "carrier": Q(carrier=""), "channel": Q(channel="")}
# How ``CountedReturn`` says a filter.
CONDITIONS: dict[str, Callable[[Sequence[Any], Words], Q]] = {
    "state": _in_state,
    "carrier": lambda values, _: Q(carrier=values[0]),
    "channel": lambda values, _: Q(channel=values[0]),
    "tag": lambda tags, _: Q(tag_set__tags__contains=tags),
    "tag_any": lambda tags, _: Q(tag_set__tags__overlap=tags),
    "tag_none": lambda tags, _: ~Q(tag_set__tags__overlap=tags),
    "missing_group": _without_groups,
    "missing": _without,
}
MISSING = {TAGS: (By.UNTAGGED, ""), "carrier": (By.CARRIER, ""), "channel": (By.CHANNEL, "")}


def within(event: str, span: Span) -> tuple[Said, Said]:
    """Return the filters that keep what was created, arrived or was completed within a span."""
    return (f"{event}_from", str(span.first)), (f"{event}_to", str(span.last))
