"""When the returns of a page are due: one question more for all of them, none without a policy."""

from collections.abc import Mapping, Sequence

from django.db.models import IntegerField, Value

from returns.filters.due import Due, by_first_match, deadlines_now
from returns.filters.filterset import found_one_by_one
from returns.filters.stored import Words
from returns.models import Return, State


def due_times(records: Sequence[Return], words: Words) -> Mapping[int, Due]:
    """Return by its id when each return is due that waits and that a policy matches."""
    waiting = {
        record.pk: record.arrived_to_warehouse_at
        for record in records
        if record.state == State.ARRIVED
    }
    deadlines = deadlines_now() if waiting else None
    if not deadlines or not deadlines.policies:
        return {}
    places = [(policy, Value(place)) for place, policy in enumerate(deadlines.policies)]
    place = by_first_match(places, Value(None, IntegerField()), words, found_one_by_one)
    found = Return.objects.among(list(waiting)).values_list("pk", place)
    return {
        pk: deadlines.due(deadlines.policies[place], arrived)
        for pk, place in found
        if place is not None and (arrived := waiting[pk])
    }
