"""Moving entries up or down in a list that people put in order."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, Model, QuerySet


def moved[Entry](entries: Sequence[Entry], entry: Entry, *, up: bool) -> list[Entry]:
    """Return the entries with one of them moved one place up or down.

    The order is unchanged if the entry cannot move further, or is not among them.
    """
    ordered = list(entries)
    if entry not in ordered:
        return ordered
    here = ordered.index(entry)
    there = here - 1 if up else here + 1
    if 0 <= there < len(ordered):
        ordered[here], ordered[there] = ordered[there], ordered[here]
    return ordered


@transaction.atomic
def move(entries: QuerySet[Any], entry: Model, *, up: bool) -> None:
    """Move a row one place up or down, and number ``position`` of all these rows from 1."""
    # Lock before reading: two people may move rows at the same time.
    stored = list(entries.select_for_update())
    ordered = moved(stored, entry, up=up)
    if ordered == stored:
        return
    for position, each in enumerate(ordered, start=1):
        each.position = position
    entries.bulk_update(ordered, ["position"])


@transaction.atomic
def place_before(entries: QuerySet[Any], entry: Any, below: Model) -> None:
    """Give a new row the place of another one, which moves down with all rows below it."""
    # Lock before reading: two people may move rows at the same time.
    stored = list(entries.select_for_update())
    here = stored.index(below) if below in stored else len(stored)
    entry.position = here + 1
    for position, each in enumerate(stored, start=1):
        each.position = position + (position > here)
    entries.bulk_update(stored, ["position"])


def next_position(entries: QuerySet[Any]) -> int:
    """Return the ``position`` for a row after these."""
    last: int | None = entries.aggregate(last=Max("position"))["last"]
    return (last or 0) + 1
