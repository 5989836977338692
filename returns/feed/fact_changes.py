"""What records change of a return, as people see it."""

from datetime import datetime
from json import dumps
from typing import Any, NamedTuple

from django.utils import timezone

from config.dates import to_the_minute
from returns.display.items import items_one_by_one, items_text
from returns.feed.merging import FACT_COLUMNS, Known
from returns.models import State
from returns.models.facts import FACTS_BY_COLUMN, LINE_ITEMS


class FactChange(NamedTuple):
    """What a record changes: a column or the name of an unknown field, before and after."""

    name: str
    before: Any
    after: Any


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
        return items_text(value)
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return f"{to_the_minute(local)}:{local.second:02}"
    return value if isinstance(value, str) else dumps(value, ensure_ascii=False)


def describe_change(change: FactChange) -> tuple[str, str, str]:
    """Return the label of a changed fact, and what it was and is as people read it.

    An unknown field is its own label. Times are written so precisely that they differ.
    """
    name, before, after = change
    old, new = fact_text(name, before), fact_text(name, after)
    if old == new and isinstance(before, datetime) and isinstance(after, datetime):
        old, new = f"{old}.{before.microsecond:06}", f"{new}.{after.microsecond:06}"
    if old == new and name == LINE_ITEMS:
        old = items_one_by_one(line for line in before or () if line not in (after or ()))
        new = items_one_by_one(line for line in after or () if line not in (before or ()))
    label = str(FACTS_BY_COLUMN[name].label) if name in FACTS_BY_COLUMN else name
    return label, old, new
