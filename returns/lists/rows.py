"""Returns as pages show them: with their tags, when they are due, and why they were found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import IntegerField, Value

from returns.filters.due import Due, by_first_match, deadlines_now
from returns.filters.stored import Words
from returns.models import Return, State
from tags.vocabulary import TagChip, chips


@dataclass(frozen=True, slots=True)
class Row:
    """A return as a page shows it.

    ``due`` is set while the return waits and a policy matches it, where pages show that;
    ``reason`` says why a search found it.
    """

    record: Return
    tags: list[TagChip]
    due: Due | None = None
    reason: str = ""


NO_REASONS: Mapping[int, str] = {}


def rows_of(
    records: Sequence[Return],
    words: Words,
    *,
    with_due: bool = False,
    reasons: Mapping[int, str] = NO_REASONS,
) -> list[Row]:
    """Return the rows of returns that were read ``with_tag_ids``.

    ``with_due`` costs one query for all of them, and none without a policy. ``reasons`` are why
    they were found, by their ids.
    """
    vocabulary, due = dict(words), due_times(records, words) if with_due else {}
    return [
        Row(each, chips(each.tag_ids, vocabulary), due.get(each.pk), reasons.get(each.pk, ""))
        for each in records
    ]


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
    place = by_first_match(places, Value(None, IntegerField()), words)
    found = Return.objects.among(list(waiting)).values_list("pk", place)
    return {
        pk: deadlines.due(deadlines.policies[place], arrived)
        for pk, place in found
        if place is not None and (arrived := waiting[pk])
    }
