"""The cells of the list as HTML.

In Python, because a list holds fifty rows of ten cells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from returns.display.deadlines import due_time
from returns.display.values import (
    MISSING,
    NO_NUMBER,
    duration,
    elapsed,
    number,
    row_tags,
    shortened,
    state,
    when,
)
from returns.lists.rows import Row
from returns.models import Return, State

WAITED = '<time class="wait" datetime="{}">{}</time>'


@dataclass(frozen=True, slots=True)
class Around:
    """What the cells of a list have in common."""

    may_tag: bool
    back_to: str
    now: datetime


Cell = Callable[[Row, Around], SafeString]


def number_cell(field: str) -> Cell:
    """Return the cell of a number."""

    def cell(row: Row, _: Around) -> SafeString:
        return format_html('<td class="id">{}</td>', number(getattr(row.record, field)))

    return cell


def time_cell(label: str, field: str) -> Cell:
    """Return the cell of a time."""

    def cell(row: Row, _: Around) -> SafeString:
        return format_html('<td data-label="{}">{}</td>', label, when(getattr(row.record, field)))

    return cell


def word_cell(label: str, field: str) -> Cell:
    """Return the cell of a short text."""

    def cell(row: Row, _: Around) -> SafeString:
        word = getattr(row.record, field)
        written = format_html('<span title="{0}">{0}</span>', word) if word else NO_NUMBER
        return format_html('<td class="word" data-label="{}">{}</td>', label, written)

    return cell


def state_cell(row: Row, _: Around) -> SafeString:
    """Return the cell of its state."""
    return format_html('<td class="of-state">{}</td>', state(row.record.state))


def tags_cell(row: Row, around: Around) -> SafeString:
    """Return the cell of its tags, and the button to edit them."""
    written = row_tags(row.record.pk, row.tags, around.may_tag, around.back_to)
    return format_html('<td class="wide">{}</td>', written)


def waiting_cell(row: Row, around: Around) -> SafeString:
    """Return the cell of how long it has waited, or took."""
    return format_html('<td data-label="Waiting">{}</td>', _waited(row.record, around.now))


def _waited(record: Return, now: datetime) -> SafeString:
    arrived = record.arrived_to_warehouse_at
    if record.state == State.COMPLETED and (time := elapsed(arrived, record.completed_at)):
        return format_html('<span class="muted">took {}</span>', time)
    if record.state == State.ARRIVED and arrived:
        waited = duration(max(now, arrived) - arrived)
        return format_html(WAITED, arrived.isoformat(), waited)
    return MISSING


def deadline_cell(row: Row, around: Around) -> SafeString:
    """Return the cell of when it is due."""
    written = due_time(row.due, around.now) if row.due else NO_NUMBER
    return format_html('<td data-label="Deadline">{}</td>', written)


def notes_cell(row: Row, _: Around) -> SafeString:
    """Return the cell of the beginning of its notes."""
    return format_html('<td class="note">{}</td>', shortened(row.record.notes))
