"""The line items of a return on its timeline: their inspections, and what changed of them since."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.numbers import grouped
from returns.models import ItemState, LineItem
from returns.models.line_items import to_line_items
from returns.record.change import Change

MAX_CHANGED_ITEMS = 20  # in one entry of the timeline
MAX_INSPECTED_ITEMS = 5
TIME_TO_THE_MINUTE = len("2026-11-20T11:11")


def inspections(lines: Sequence[LineItem]) -> Iterator[list[LineItem]]:
    """Yield the inspected items, those of one minute together, the latest first."""
    inspected = sorted(
        (line for line in lines if line.processed_at),
        key=lambda line: line.processed_at or "",
        reverse=True,
    )
    for _minute, some in groupby(
        inspected, key=lambda line: (line.processed_at or "")[:TIME_TO_THE_MINUTE]
    ):
        yield list(some)


def inspection_text(lines: Sequence[LineItem]) -> str:
    """Return what was inspected, and the result: "Inspected: LAPTOP-001 damaged"."""
    shown = [
        _("%(item)s %(outcome)s") % {"item": line.name, "outcome": line.outcome}
        for line in lines[:MAX_INSPECTED_ITEMS]
    ]
    if more := len(lines) - len(shown):
        shown.append(
            ngettext("%(count)s more item", "%(count)s more items", more) % {"count": grouped(more)}
        )
    return _("Inspected: %(items)s") % {"items": "; ".join(shown)}


def item_changes(values: Sequence[Any]) -> list[Change]:
    """Return how line items differ between the two values of an event.

    A result that is new is left out, because the inspection has an entry of its own.
    """
    before, after = (
        {line.line_reference: line for line in to_line_items(value) or ()} for value in values
    )
    changes = [
        change
        for reference in sorted(before.keys() | after.keys())
        if (change := _change(before.get(reference), after.get(reference)))
    ]
    if (more := len(changes) - MAX_CHANGED_ITEMS) > 0:
        text = ngettext(
            "%(count)s more line item changed", "%(count)s more line items changed", more
        ) % {"count": grouped(more)}
        return [*changes[:MAX_CHANGED_ITEMS], Change(text, has_values=False)]
    return changes


def _change(before: LineItem | None, after: LineItem | None) -> Change | None:
    if after is None:
        text = _("%(item)s is no longer among the line items")
        return Change(text % {"item": before.name if before else ""}, has_values=False)
    if before is None:
        text = _("%(item)s is now among the line items")
        return Change(text % {"item": after.name}, has_values=False)
    if before.outcome != after.outcome:
        if before.state == ItemState.WAITING and after.processed_at:
            return None
        return Change(_("%(item)s changed") % {"item": after.name}, before.outcome, after.outcome)
    if (before.sku, before.serial_number) != (after.sku, after.serial_number):
        text = _("Line item %(reference)s changed") % {"reference": after.line_reference}
        return Change(text, _numbers(before), _numbers(after))
    return None


def _numbers(line: LineItem) -> str:
    return " / ".join(filter(None, (line.sku, line.serial_number)))
