"""The cells of the list as HTML.

Rendered in Python for speed: a page has 50 rows with about 10 cells each.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from config.markup import format_html
from config.numbers import money
from returns.display.deadlines import due_time
from returns.display.durations import duration_words
from returns.display.items import items_summary
from returns.display.values import (
    NO_NUMBER,
    missing,
    number,
    row_tags,
    shortened,
    state,
    when,
)
from returns.lists.rows import Row
from returns.models import Return, State

# A phone shows the label of a cell in front of it; everything else knows the cell by its column.
LABELLED_CELL = '<td data-column="{}" data-label="{}">'
LABELLED_WORD_CELL = '<td class="word" data-column="{}" data-label="{}">'
WAITING_LABEL, DEADLINE_LABEL = pgettext_lazy("column", "Waiting"), gettext_lazy("Deadline")
ITEMS_LABEL = gettext_lazy("In the parcel")
VALUE_LABEL = pgettext_lazy("column", "Value")
CURRENCY_LABEL = pgettext_lazy("column", "Currency")
TOOK = gettext_lazy("took %(time)s")
WAITING_TIME_HTML = '<time class="wait" datetime="{}">{}</time>'


@dataclass(frozen=True, slots=True)
class CellContext:
    """What all cells of a list need besides their row."""

    may_tag: bool
    back_to: str
    now: datetime
    # Of the page. Finding them takes a while, and so do texts: each is found once.
    language: str | None = field(default_factory=get_language)
    zone: tzinfo = field(default_factory=timezone.get_current_timezone)
    texts: dict[str, str] = field(default_factory=dict)
    beginnings: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, text: str | Promise) -> str:
        """Return a text in the language of the page. ``name`` is the one that it is kept under."""
        if name not in self.texts:
            self.texts[name] = str(text)
        return self.texts[name]

    def cell(self, html: str, name: str, label: str | Promise, content: str) -> SafeString:
        """Return a cell with a label. Its beginning is the same in each row, so it is kept."""
        if name not in self.beginnings:
            beginning = format_html(html, name, self.text(name, label))
            self.beginnings[name] = beginning.replace("{", "{{").replace("}", "}}") + "{}</td>"
        return format_html(self.beginnings[name], content)


Cell = Callable[[Row, CellContext], SafeString]


def number_cell(name: str, fact: str) -> Cell:
    """Return a function that renders the cell of a number, in the column of this name."""
    html = f'<td class="id" data-column="{name}">{{}}</td>'

    def cell(row: Row, _: CellContext) -> SafeString:
        return format_html(html, number(getattr(row.record, fact)))

    return cell


def time_cell(name: str, label: str | Promise, fact: str) -> Cell:
    """Return a function that renders the cell of a time, in the column of this name."""

    def cell(row: Row, context: CellContext) -> SafeString:
        html = when(getattr(row.record, fact), context.language, context.zone, context.now)
        return context.cell(LABELLED_CELL, name, label, html)

    return cell


def text_cell(name: str, label: str | Promise, fact: str) -> Cell:
    """Return a function that renders the cell of a short text, in the column of this name."""

    def cell(row: Row, context: CellContext) -> SafeString:
        text = getattr(row.record, fact)
        html = format_html('<span title="{0}">{0}</span>', text) if text else NO_NUMBER
        return context.cell(LABELLED_WORD_CELL, name, label, html)

    return cell


def state_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of the state."""
    html = state(row.record.state, context.language)
    return format_html('<td class="of-state" data-column="state">{}</td>', html)


def tags_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of the tags, with the button to edit them."""
    html = row_tags(row.record, row.tags, context.may_tag, context.back_to, context.language)
    return format_html('<td class="wide" data-column="tags">{}</td>', html)


def waiting_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of the waiting time, or of the processing time once completed."""
    html = _waiting_time(row.record, context)
    return context.cell(LABELLED_CELL, "waiting", WAITING_LABEL, html)


def _waiting_time(record: Return, context: CellContext) -> SafeString:
    arrived, words = record.arrived_to_warehouse_at, duration_words(context.language)
    completed = record.completed_at
    if record.state == State.COMPLETED and arrived and completed and arrived <= completed:
        time = words.duration(completed - arrived)
        took = context.text("took", TOOK) % {"time": time}
        return format_html('<span class="muted">{}</span>', took)
    if record.state == State.ARRIVED and arrived:
        waited = words.duration(max(context.now, arrived) - arrived)
        return format_html(WAITING_TIME_HTML, arrived.isoformat(), waited)
    return missing(context.language)


def deadline_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of the due time."""
    html = due_time(row.due, context.now, context.language) if row.due else NO_NUMBER
    return context.cell(LABELLED_CELL, "deadline", DEADLINE_LABEL, html)


def items_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of what is in the parcel."""
    text = items_summary(row.record)
    html = format_html('<span title="{0}">{0}</span>', text) if text else NO_NUMBER
    return context.cell(LABELLED_WORD_CELL, "items", ITEMS_LABEL, html)


def value_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of the value, with its currency."""
    html = money(row.value.amount, row.value.currency) if row.value else NO_NUMBER
    return context.cell(LABELLED_CELL, "value", VALUE_LABEL, html)


def currency_cell(row: Row, context: CellContext) -> SafeString:
    """Return the cell of the currency of the value."""
    html = row.value.currency if row.value else NO_NUMBER
    return context.cell(LABELLED_CELL, "currency", CURRENCY_LABEL, html)


def notes_cell(row: Row, _: CellContext) -> SafeString:
    """Return the cell of the notes, shortened."""
    html = shortened(row.record.notes)
    return format_html('<td class="note" data-column="notes" lang="und">{}</td>', html)
