"""Returns as pages show them: with tags, due time, and the reason why a search found them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import IntegerField, Value

from returns.filters.due import Due, case_by_policy, current_deadlines
from returns.models import Return, ReturnValue, State
from tags.vocabulary import TagChip, Vocabulary, chips


@dataclass(frozen=True, slots=True)
class Row:
    """A return as a page shows it.

    ``due`` is set for a waiting return with a deadline, and ``value`` for one with a known value,
    on pages that show them. ``reason`` says why a search found the return.
    """

    record: Return
    tags: list[TagChip]
    due: Due | None = None
    reason: str = ""
    value: ReturnValue | None = None


NO_REASONS: Mapping[int, str] = {}


def build_rows(
    records: Sequence[Return],
    vocabulary: Vocabulary,
    *,
    with_due: bool = False,
    with_value: bool = False,
    reasons: Mapping[int, str] = NO_REASONS,
) -> list[Row]:
    """Return the rows of returns that were read ``with_tag_ids``.

    ``with_due`` costs one query for all rows, and none without policies; ``with_value`` costs one,
    and none without line items.
    ``reasons`` are the reasons of a search, by the id of the return.
    """
    tags, due = dict(vocabulary), find_due_times(records, vocabulary) if with_due else {}
    # Without items there is no value.
    with_items = [each.pk for each in records if each.item_count] if with_value else []
    values = ReturnValue.objects.in_bulk(with_items)
    return [
        Row(
            record=each,
            tags=chips(each.tag_ids, tags),
            due=due.get(each.pk),
            reason=reasons.get(each.pk, ""),
            value=values.get(each.pk),
        )
        for each in records
    ]


def hours_waited(row: Row, now: datetime) -> float | None:
    """Return the hours from arrival to completion, or until now."""
    record, arrived = row.record, row.record.arrived_to_warehouse_at
    end = {State.ARRIVED: now, State.COMPLETED: record.completed_at}.get(State(record.state))
    if arrived is None or end is None:
        return None
    hours = (end - arrived).total_seconds() / 3600
    # The WMS's clock may be ahead of ours.
    return round(hours, 2) if hours >= 0 else (0.0 if record.state == State.ARRIVED else None)


def find_due_times(records: Sequence[Return], vocabulary: Vocabulary) -> Mapping[int, Due]:
    """Return when each waiting return with a matching policy is due, by the return's id."""
    waiting = {
        record.pk: record.arrived_to_warehouse_at
        for record in records
        if record.state == State.ARRIVED
    }
    deadlines = current_deadlines() if waiting else None
    if not deadlines or not deadlines.policies:
        return {}
    places = [(policy, Value(place)) for place, policy in enumerate(deadlines.policies)]
    place = case_by_policy(places, Value(None, IntegerField()), vocabulary)
    rows = Return.objects.among(list(waiting)).values_list("pk", place)
    return {
        pk: deadlines.due(deadlines.policies[place], arrived)
        for pk, place in rows
        if place is not None and (arrived := waiting[pk])
    }
