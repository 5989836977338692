"""The rows of the list, with a cell for each column.

Not a template, for speed: a list has fifty rows of ten cells.
"""

from collections.abc import Iterable
from functools import cache

from django import template
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from config.fragments import icon
from config.markup import format_html, format_html_join, join_html
from config.numbers import grouped
from returns.claims.reading import initials
from returns.display.values import reference
from returns.lists.cells import Cell, CellContext
from returns.lists.columns import COLUMNS_BY_NAME
from returns.lists.links import ListLinks
from returns.lists.page import ReturnList
from returns.lists.rows import Row
from returns.live.rows import ShownRows
from returns.people.person import person_name

register = template.Library()

ROW = (
    '<tr id="return-{pk}" data-return="{reference}"><td class="check"><input type="checkbox"'
    ' id="select-{pk}" name="select" value="{pk}" data-tracking="{tracking}"'
    ' aria-label="{select}" autocomplete="off"></td><td class="of-return" data-column="reference">'
    '<a class="reference" id="open-{pk}" href="{path}">{shown}</a>'
    '<span class="comments" id="comments-{pk}">{comments}</span>'
    '<span class="claim" id="claim-{pk}">{claim}</span>'
    '<button class="copy look" id="preview-{pk}" type="button" data-preview'
    ' aria-label="{preview}" title="{preview_key}" hx-get="{card}"'
    ' hx-target="#preview-body" hx-swap="innerHTML" hx-sync="#preview:replace">{eye}</button></td>'
    "{why}{cells}</tr>"
)
CLAIM = (
    '<span class="initials" title="{title}"><span aria-hidden="true">{initials}</span>'
    '<span class="visually-hidden">{title}</span></span>'
)
COMMENTS = '<span class="commented" title="{title}">{icon}{text}</span>'
# By column, its cell in a row.
FOLLOWING_CELLS = {
    "state": ".of-state",
    "tags": ".wide",
    "arrived": "[data-column=arrived]",
    "completed": "[data-column=completed]",
    "waiting": "[data-column=waiting]",
    "deadline": "[data-column=deadline]",
}
CHANGED_CELL = '<hx-partial hx-target="#return-{} > {}" hx-swap="outerMorph">{}</hx-partial>'
SELECT, PREVIEW = _("Select %(reference)s"), _("Preview %(reference)s")
PREVIEW_KEY = _("Preview (p)")
REASON_CELL = '<td class="why">{}</td>'


@register.simple_tag
def rows(return_list: ReturnList, shown: Iterable[Row], may_tag: bool) -> SafeString:
    """Format rows of a list in its columns."""
    around = CellContext(may_tag, return_list.path, timezone.now())
    cells = [cell for name in return_list.table.cells if (cell := COLUMNS_BY_NAME[name].cell)]
    is_search, links = return_list.is_search, return_list.links
    lines = (_line(row, cells, around, links, is_search=is_search) for row in shown)
    return join_html(lines)


def _line(
    row: Row, cells: list[Cell], around: CellContext, links: ListLinks, *, is_search: bool
) -> SafeString:
    record = row.record
    named = {"reference": record.return_reference_number}
    return format_html(
        ROW,
        pk=record.pk,
        reference=record.return_reference_number,
        shown=reference(record.return_reference_number),
        tracking=record.tracking_id,
        select=around.text("select", SELECT) % named,
        preview=around.text("preview", PREVIEW) % named,
        preview_key=around.text("preview key", PREVIEW_KEY),
        path=links.path(record),
        card=_card_path_of_pk_0().replace("/0/", f"/{record.pk}/"),
        eye=icon("eye"),
        comments=comment_mark(record.comment_count),
        claim=claim_mark(User(**record.claimant) if record.claimant else None),
        why=format_html(REASON_CELL, row.reason) if is_search else "",
        cells=join_html([cell(row, around) for cell in cells]),
    )


@cache
def _card_path_of_pk_0() -> str:
    return reverse("return-card", args=[0])


@register.simple_tag
def changed_cells(shown: ShownRows, back_to: str, may_tag: bool) -> SafeString:
    """Format the cells of an open page's rows that have changed; each takes its cell's place."""
    around = CellContext(may_tag, back_to, timezone.now())
    parts = (
        (row.record.pk, FOLLOWING_CELLS[name], cell(row, around))
        for row in shown.changed
        for name in shown.columns
        if (cell := COLUMNS_BY_NAME[name].cell)
    )
    return format_html_join("", CHANGED_CELL, parts)


@register.simple_tag
def claim_mark(person: User | None) -> str:
    """Format who has claimed a row's return, as initials; "" if nobody has."""
    if not person:
        return ""
    title = gettext("Claimed by %(person)s") % {"person": person_name(person)}
    return format_html(CLAIM, title=title, initials=initials(person))


@register.simple_tag
def comment_mark(count: int) -> str:
    """Format the number of comments of a row; "" without any."""
    if not count:
        return ""
    shown = grouped(count)
    title = ngettext("%(count)s comment", "%(count)s comments", count) % {"count": shown}
    text = ngettext(
        '{count}<span class="visually-hidden"> comment</span>',
        '{count}<span class="visually-hidden"> comments</span>',
        count,
    )
    return format_html(
        COMMENTS, title=title, icon=icon("speech"), text=format_html(text, count=shown)
    )
