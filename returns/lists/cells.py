"""The cells of the list as HTML.

Rendered in Python for speed: a page has 50 rows with about 10 cells each.
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

WAITING_TIME_HTML = '<time class="wait" datetime="{}">{}</time>'


@dataclass(frozen=True, slots=True)
class CellContext:
    """What all cells of a list need besides their row."""

    may_tag: bool
    back_to: str
    now: datetime


Cell = Callable[[Row, CellContext], SafeString]


def number_cell(field: str) -> Cell:
    """Return a function that renders the cell of a number."""

    def cell(row: Row, _: CellContext) -> SafeString:
        return format_html('<td class="id">{}</td>', number(getattr(row.record, field)))

    return cell


def time_cell(label: str, field: str) -> Cell:
    """Return a function that renders the cell of a time."""

    def cell(row: Row, _: CellContext) -> SafeString:
        return format_html('<td data-label="{}">{}</td>', label, when(getattr(row.record, field)))

    return cell


def text_cell(label: str, field: str) -> Cell:
    """Return a function that renders the cell of a short text."""

    def cell(row: Row, _: CellContext) -> SafeString:
        text = getattr(row.record, field)
        html = format_html('<span title="{0}">{0}</span>', text) if text else NO_NUMBER
        return format_html('<td class="word" data-label="{}">{}</td>', label, html)

    return cell


def state_cell(row: Row, _: CellContext) -> SafeString:
    """Return the cell of the state."""
    return format_html('<td class="of-state">{}</td>', state(row.record.state))


def tags_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of the tags, with the button to edit them."""
    html = row_tags(row.record, row.tags, context.may_tag, context.back_to)
    return format_html('<td class="wide">{}</td>', html)


def waiting_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of the waiting time, or of the processing time once completed."""
    return format_html('<td data-label="Waiting">{}</td>', _waiting_time(row.record, context.now))


def _waiting_time(record: Return, now: datetime) -> SafeString:
    arrived = record.arrived_to_warehouse_at
    if record.state == State.COMPLETED and (time := elapsed(arrived, record.completed_at)):
        return format_html('<span class="muted">took {}</span>', time)
    if record.state == State.ARRIVED and arrived:
        waited = duration(max(now, arrived) - arrived)
        return format_html(WAITING_TIME_HTML, arrived.isoformat(), waited)
    return MISSING


def deadline_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of the due time."""
    html = due_time(row.due, context.now) if row.due else NO_NUMBER
    return format_html('<td data-label="Deadline">{}</td>', html)


def notes_cell(row: Row, _: CellContext) -> SafeString:
    """Return the cell of the notes, shortened."""
    return format_html('<td class="note">{}</td>', shortened(row.record.notes))
