"""What records change of a return, as people see it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from json import dumps
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from config.dates import to_the_minute
from returns.display.items import counts_text, items_text
from returns.feed.merging import FACT_COLUMNS, Known
from returns.models import LineItem, State
from returns.models.facts import FACTS_BY_COLUMN, LINE_ITEMS

MAX_DIFFERING_LINES = 5  # of a change, that are named


class FactChange(NamedTuple):
    """What a record changes: a column or the name of an unknown field, before and after."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Contents:
    """The line items of a return as a change names them: without any language.

    ``counts`` is their number by state, and ``differing`` are the first of those that the other
    side of the change does not have.
    """

    counts: dict[str, int]
    differing: list[list[Any]]

    def text(self) -> str:
        """Return them as people read them."""
        return counts_text(self.counts)

    def exact_text(self) -> str:
        """Return them so exactly that the other side has another text."""
        items = [_line_text(LineItem(*each)) for each in self.differing]
        return _("%(items)s (%(differing)s)") % {
            "items": self.text(),
            "differing": "; ".join(items),
        }


def _line_text(line: LineItem) -> str:
    names = " / ".join(filter(None, (line.line_reference, line.sku, line.serial_number)))
    return _("%(item)s %(outcome)s") % {"item": names, "outcome": line.outcome}


def contents(
    lines: Sequence[LineItem] | None, others: Sequence[LineItem] | None
) -> Contents | None:
    """Return line items as a change keeps them; ``others`` are those of its other side."""
    if lines is None:
        return None
    by_reference = {line.line_reference: line for line in others or ()}
    # Without the fields that we do not know: nobody sees them here.
    differing = [list(line[:-1]) for line in lines if by_reference.get(line.line_reference) != line]
    return Contents(dict(Counter(line.state for line in lines)), differing[:MAX_DIFFERING_LINES])


def differences(before: Known, after: Known) -> list[FactChange]:
    """Return which values that people see differ, in the order of the facts."""
    pairs = [
        (before.facts | before.corrected, after.facts | after.corrected, FACT_COLUMNS),
        (before.unknown_fields, after.unknown_fields, after.unknown_fields),
    ]
    return [
        FactChange(name, old.get(name), new[name])
        for old, new, names in pairs
        for name in names
        if old.get(name) != new[name]
    ]


def fact_text(name: str, value: Any) -> str:
    """Return a value of a fact as people read it; "" if there is none."""
    if value is None:
        return ""
    if name == "state":
        return str(State(value).label)
    if name == LINE_ITEMS:
        return value.text() if isinstance(value, Contents) else items_text(value)
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return f"{to_the_minute(local)}:{local.second:02}"
    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)


def describe_change(change: FactChange) -> tuple[str, str, str]:
    """Return the label of a changed fact, and what it was and is as people read it.

    An unknown field is its own label. Times and items are written so precisely that they differ.
    """
    name, before, after = change
    old, new = fact_text(name, before), fact_text(name, after)
    if old == new and name == LINE_ITEMS:
        sides = (before, after)
        if not isinstance(after, Contents):
            sides = (contents(before, after), contents(after, before))
        old, new = (each.exact_text() if each else "" for each in sides)
    if old == new and isinstance(before, datetime) and isinstance(after, datetime):
        old, new = f"{old}.{before.microsecond:06}", f"{new}.{after.microsecond:06}"
    label = str(FACTS_BY_COLUMN[name].label) if name in FACTS_BY_COLUMN else name
    return label, old, new
