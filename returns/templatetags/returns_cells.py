"""The rows of the list, with a cell for each column that a person chose.

In Python, because a list holds fifty rows of ten cells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from returns.lists.page import ReturnList
from returns.models import Return, State
from returns.templatetags.returns_display import (
    MISSING,
    NO_NUMBER,
    duration,
    number,
    row_tags,
    shortened,
    state,
    took,
    when,
)
from returns.templatetags.returns_due import due_time

register = template.Library()


ROW = (
    '<tr id="return-{pk}" data-return="{reference}"><td class="check"><input type="checkbox"'
    ' id="select-{pk}" name="select" value="{pk}" data-tracking="{tracking}"'
    ' aria-label="Select {reference}" autocomplete="off"></td><td class="of-return">'
    '<a class="reference" id="open-{pk}" href="{path}"{title}>{reference}</a>'
    '<button class="copy look" id="preview-{pk}" type="button" data-preview'
    ' aria-label="Preview {reference}" title="Preview (p)" hx-get="{card}"'
    ' hx-target="#preview-body" hx-swap="innerHTML" hx-sync="#preview:replace">{eye}</button></td>'
    "{why}{cells}</tr>"
)
# A reference of up to this length is seen as a whole.
SEEN_WHOLE = 16
TITLE = ' title="{}"'
WAITED = '<time class="wait" datetime="{}">{}</time>'
WHY = '<td class="why">{}</td>'


@dataclass(frozen=True, slots=True)
class Around:
    """What the rows of a list have in common."""

    columns: list[str]
    is_search: bool
    may_tag: bool
    back_to: str
    now: datetime


@register.simple_tag
def rows(found: ReturnList, may_tag: bool) -> SafeString:
    """Write the returns of a list in the columns that the person chose, in their order."""
    around = Around(found.table.cells, found.is_search, may_tag, found.path, timezone.now())
    return format_html_join("", "{}", ((_row(record, around),) for record in found.page.rows))


def _row(record: Return, around: Around) -> SafeString:
    reference = record.return_reference_number
    return format_html(
        ROW,
        pk=record.pk,
        reference=reference,
        title=format_html(TITLE, reference) if len(reference) > SEEN_WHOLE else "",
        tracking=record.tracking_id,
        path=record.get_absolute_url(),
        card=_card_path_of_none().replace("/0/", f"/{record.pk}/"),
        eye=_eye(),
        why=format_html(WHY, record.why) if around.is_search else "",
        cells=format_html_join("", "{}", ((CELLS[n](record, around),) for n in around.columns)),
    )


@cache
def _card_path_of_none() -> str:
    return reverse("return-card", args=[0])


@cache
def _eye() -> SafeString:
    return render_to_string("components/icons/eye.svg")


def _number(field: str) -> Callable[[Return, Around], SafeString]:
    def cell(record: Return, _: Around) -> SafeString:
        return format_html('<td class="id">{}</td>', number(getattr(record, field)))

    return cell


def _time(label: str, field: str) -> Callable[[Return, Around], SafeString]:
    def cell(record: Return, _: Around) -> SafeString:
        return format_html('<td data-label="{}">{}</td>', label, when(getattr(record, field)))

    return cell


def _word(label: str, field: str) -> Callable[[Return, Around], SafeString]:
    def cell(record: Return, _: Around) -> SafeString:
        word = getattr(record, field)
        written = format_html('<span title="{0}">{0}</span>', word) if word else NO_NUMBER
        return format_html('<td class="word" data-label="{}">{}</td>', label, written)

    return cell


def _state(record: Return, _: Around) -> SafeString:
    return format_html('<td class="of-state">{}</td>', state(record.state))


def _tags(record: Return, around: Around) -> SafeString:
    return format_html('<td class="wide">{}</td>', row_tags(record, around.may_tag, around.back_to))


def _waiting(record: Return, around: Around) -> SafeString:
    return format_html('<td data-label="Waiting">{}</td>', _waited(record, around.now))


def _waited(record: Return, now: datetime) -> SafeString:
    arrived = record.arrived_to_warehouse_at
    if record.state == State.COMPLETED and (time := took(arrived, record.completed_at)):
        return format_html('<span class="muted">took {}</span>', time)
    if record.state == State.ARRIVED and arrived:
        waited = duration(max(now, arrived) - arrived)
        return format_html(WAITED, arrived.isoformat(), waited)
    return MISSING


def _deadline(record: Return, around: Around) -> SafeString:
    waits = record.state == State.ARRIVED and record.due
    written = due_time(waits, around.now) if waits else NO_NUMBER
    return format_html('<td data-label="Deadline">{}</td>', written)


def _notes(record: Return, _: Around) -> SafeString:
    return format_html('<td class="note">{}</td>', shortened(record.notes))


CELLS: dict[str, Callable[[Return, Around], SafeString]] = {
    "order": _number("sales_order_reference_number"),
    "tracking": _number("tracking_id"),
    "state": _state,
    "tags": _tags,
    "created": _time("Created", "created_at"),
    "arrived": _time("Arrived", "arrived_to_warehouse_at"),
    "completed": _time("Completed", "completed_at"),
    "updated": _time("Updated", "updated_at"),
    "waiting": _waiting,
    "deadline": _deadline,
    "carrier": _word("Carrier", "cargo_carrier"),
    "channel": _word("Channel", "sales_order_channel"),
    "source": _word("Source", "source"),
    "notes": _notes,
}
