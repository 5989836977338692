"""The scope of a report: the returns that its filters select, and the lists behind its numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from config.addresses import with_query
from returns.carriers.names import CarrierNames, read_carrier_names
from returns.filters.filterset import ReturnFilterSet, normalized_filters
from returns.filters.methods import TAGS
from returns.filters.query import Query
from returns.models import Dimension, State
from returns.querysets import ReturnQuerySet
from returns.reports.periods import Span
from tags.vocabulary import Vocabulary

# A parameter of the filter language with its value.
Param = tuple[str, str]
# Filters that may be repeated: another value narrows the list further.
REPEATED_FILTERS = {"tag", "missing"}
# Filters that take one value, of which the narrower one is used.
NARROWEST_VALUE: dict[str, Callable[..., str]] = {"took_over": max, "took_under": min}


@dataclass(frozen=True)
class Scope:
    """The filters of a report."""

    query: Query
    vocabulary: Vocabulary

    @cached_property
    def queryset(self) -> ReturnQuerySet:
        """Return the returns in the scope."""
        return self._select(self.query)

    def count(self, *params: Param) -> int:
        """Return how many returns in the scope also match these filters."""
        return self._select(self._narrow(params)).count()

    def first_arrival(self, span: Span) -> datetime | None:
        """Return when the first of the still waiting returns arrived within a span."""
        waiting = self.queryset.in_state(State.ARRIVED).filter(
            arrived_to_warehouse_at__gte=span.begins, arrived_to_warehouse_at__lt=span.ends
        )
        by_arrival = waiting.in_order_of("arrived_to_warehouse_at", descending=False)
        return by_arrival.values_list("arrived_to_warehouse_at", flat=True).first()

    def _select(self, query: Query) -> ReturnQuerySet:
        # In the default order, the filterset would read tag indexes in order of creation, which
        # hold every return.
        filterset = ReturnFilterSet(query.replace(sort="arrived"), self.vocabulary)
        queryset: ReturnQuerySet = filterset.qs
        return queryset.order_by()

    @cached_property
    def carriers(self) -> CarrierNames:
        """Return the carriers that the texts of returns mean, by which reports fold them."""
        return read_carrier_names(self.query.getlist("carrier")[-1:])

    def fold(
        self, dimension: Dimension, rows: Iterable[tuple[str, *tuple[Any, ...]]]
    ) -> Iterable[Any]:
        """Return rows that begin with a value of a dimension, with carriers by their names."""
        if dimension != Dimension.CARRIER:
            return rows
        return ((self.carriers.name(value), *rest) for value, *rest in rows)

    def stored_values(self, dimension: Dimension, value: str) -> list[str]:
        """Return the values of a dimension that summaries store for one: each text of a carrier."""
        if dimension != Dimension.CARRIER or not value:
            return [value]
        return self.carriers.texts(value)

    @cached_property
    def summary_key(self) -> tuple[Dimension, str] | None:
        """Return the dimension and value of the scope's summaries; None if it has none."""
        filters = normalized_filters(self.query, self.vocabulary)
        if not filters:
            return Dimension.ALL, ""
        match tuple(filters.items()):
            case (("carrier", [str(name)]),):
                return Dimension.CARRIER, name
            case (("channel", [str(name)]),):
                return Dimension.CHANNEL, name
            case (("tag", [int(pk)]),):
                return Dimension.TAG, str(pk)
            case (("missing", [name]),):
                return SUMMARY_KEYS_OF_MISSING.get(name)
        return None

    @cached_property
    def counted_condition(self) -> Q | None:
        """Return the scope as a condition on ``CountedReturn``; None if it cannot be expressed."""
        filters = normalized_filters(self.query, self.vocabulary)
        missing = {*filters.get("missing", [])}
        if not (
            filters.keys() <= COUNTED_CONDITIONS.keys() and missing <= MISSING_CONDITIONS.keys()
        ):
            return None
        return self._combine(filters)

    @property
    def outcome_condition(self) -> Q:
        """Return the scope as a condition on ``JudgedKind``.

        Only for a scope with a ``counted_condition``. The rows are of completed returns alone.
        """
        filters = normalized_filters(self.query, self.vocabulary)
        states = filters.pop("state", [State.COMPLETED])
        return self._combine(filters) if State.COMPLETED in states else Q(day__in=[])

    def _combine(self, filters: Mapping[str, Any]) -> Q:
        if "carrier" in filters:
            filters = {**filters, "carrier": self.carriers.texts(filters["carrier"][0])}
        conditions = [
            COUNTED_CONDITIONS[name](values, self.vocabulary) for name, values in filters.items()
        ]
        return reduce(and_, conditions, Q())

    def address(self, *params: Param) -> str:
        """Return the address of the list of the returns that also match these filters."""
        names = {name for name, _value in params}
        if len(names) < len(params) or not names.isdisjoint(self.query):
            return self._narrow(params).path(self._list)
        # The usual case is quicker: a page has hundreds of addresses.
        added = urlencode([(name, value.strip()) for name, value in params if value.strip()])
        return with_query(self._list, self._encoded, added)

    @cached_property
    def _list(self) -> str:
        return reverse("return-list")

    @cached_property
    def _encoded(self) -> str:
        return self.query.urlencode()

    def _narrow(self, params: Iterable[Param]) -> Query:
        query = self.query
        for name, value in params:
            if name in NARROWEST_VALUE and name in query:
                narrowest = NARROWEST_VALUE[name](query[name], value, key=float)
                query = query.replace(**{name: narrowest})
            elif name not in REPEATED_FILTERS:
                query = query.replace(**{name: value})
            elif value not in query.getlist(name):
                query = query.add(name, value)
        return query

    def filters_by(self, *names: str) -> bool:
        """Return whether the scope filters by one of these parameters."""
        return any(name in self.query for name in names)


def _in_state(states: Sequence[str], _vocabulary: Vocabulary) -> Q:
    return reduce(or_, (STATE_CONDITIONS[State(state)] for state in states))


def _missing_all(names: Sequence[str], _vocabulary: Vocabulary) -> Q:
    return reduce(and_, (MISSING_CONDITIONS[name] for name in names))


def _missing_groups(groups: Sequence[int], vocabulary: Vocabulary) -> Q:
    tags = [chip.id for chip in vocabulary.values() if chip.group_id in groups]
    return ~Q(tag_set__tags__overlap=tags)


STATE_CONDITIONS = {
    State.CREATED: Q(arrived_day__isnull=True, completed_day__isnull=True),
    State.ARRIVED: Q(arrived_day__isnull=False, completed_day__isnull=True),
    State.COMPLETED: Q(completed_day__isnull=False),
}
MISSING_CONDITIONS = {
    TAGS: Q(tag_set__tags=[]),
    "carrier": Q(carrier=""),
    "channel": Q(channel=""),
}
# Filters as conditions on ``CountedReturn``, from the values of the filter and the vocabulary.
COUNTED_CONDITIONS: dict[str, Callable[[Sequence[Any], Vocabulary], Q]] = {
    "state": _in_state,
    # The texts that mean it.
    "carrier": lambda values, _: Q(carrier__in=values),
    "channel": lambda values, _: Q(channel=values[0]),
    "tag": lambda tags, _: Q(tag_set__tags__contains=tags),
    "tag_any": lambda tags, _: Q(tag_set__tags__overlap=tags),
    "tag_none": lambda tags, _: ~Q(tag_set__tags__overlap=tags),
    "missing_group": _missing_groups,
    "missing": _missing_all,
}
SUMMARY_KEYS_OF_MISSING = {
    TAGS: (Dimension.UNTAGGED, ""),
    "carrier": (Dimension.CARRIER, ""),
    "channel": (Dimension.CHANNEL, ""),
}


def event_filters(event: str, span: Span) -> tuple[Param, Param]:
    """Return the filters for returns that were created, arrived or were completed in a span."""
    return (f"{event}_from", str(span.first)), (f"{event}_to", str(span.last))
