"""Which rows of an open list have left it.

A row leaves the list when its return no longer matches, or has been deleted.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.lists.reading import matching_states
from returns.live.rows import ShownRows
from returns.models import Return, State
from returns.record.timeline import STATE_TIME_FIELDS
from tags.vocabulary import Vocabulary

STATE_VERBS = {
    State.ARRIVED: pgettext_lazy("what happened to a return", "arrived"),
    State.CREATED: pgettext_lazy("what happened to a return", "created"),
    State.COMPLETED: pgettext_lazy("what happened to a return", "completed"),
}
STATE_NEWS = {
    State.ARRIVED: gettext_lazy("%(count)s arrived"),
    State.CREATED: gettext_lazy("%(count)s created"),
    State.COMPLETED: gettext_lazy("%(count)s completed"),
}


@dataclass(frozen=True, slots=True)
class Departure:
    """A row that has left its list: what happened, and when if its state says so."""

    pk: int
    text: str
    at: datetime | None = None


def find_departures(query: Query, rows: ShownRows, vocabulary: Vocabulary) -> list[Departure]:
    """Return which of these rows, as ``find_changed`` gives them, match the query no longer."""
    filterset = ReturnFilterSet(query, vocabulary)
    matching: Set[int] = rows.found
    if filterset.has_filters_besides():
        matching = set(filterset.qs.among(rows.ids).order_by().values_list("pk", flat=True))
    left = [pk for pk in rows.ids if pk not in matching]
    if not left:
        return []
    fields = ("state", *STATE_TIME_FIELDS.values())
    records = Return.objects.only(*fields).among(left).in_bulk()
    states = matching_states(filterset)
    return [_departure(pk, records.get(pk), states) for pk in left]


def _departure(pk: int, record: Return | None, states: Iterable[str]) -> Departure:
    if record is None:
        return Departure(pk, pgettext("what happened to a return", "deleted"))
    if record.state in states:
        return Departure(pk, pgettext("what happened to a return", "no longer matches"))
    state = State(record.state)
    return Departure(pk, str(STATE_VERBS[state]), getattr(record, STATE_TIME_FIELDS[state]))
