"""The plain parameters of the API: equality, and dates with an operator in front."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from returns.api.conditions import equal_text
from returns.api.dqb import is_storable
from returns.api.mistakes import Mistake, NotUnderstood
from returns.api.moments import Span, read_span
from returns.api.properties import PROPERTIES, instead_of, shown
from returns.filters.filterset import ReturnFilterSet
from returns.models.facts import FACTS

# Those that our own filter language does not have under the same name.
TEXTS = tuple(
    fact.api_name
    for fact in FACTS
    if not fact.is_time and fact.api_name not in ReturnFilterSet.base_filters
)
TIMES = tuple(fact.api_name for fact in FACTS if fact.is_time)
COMPARISONS = ("gte", "gt", "lte", "lt", "eq")


@dataclass(frozen=True, slots=True)
class Limit:
    """From which moment on, or before which, a time has to be: ``gte`` or ``lt``."""

    column: str
    comparison: str
    moment: datetime


def read_equal(name: str, values: list[str]) -> Q:
    """Return that a property is one of the values, exactly so. Raises ``NotUnderstood``."""
    if not all(values):
        message = f"{name} is empty; leave it out, or say what it has to be."
        raise NotUnderstood(Mistake(name, message, "empty"))
    if not all(map(is_storable, values)):
        message = f"{name} holds a character that no text can hold."
        raise NotUnderstood(Mistake(name, message, "not_a_text"))
    return equal_text(PROPERTIES[name], values)


def read_limits(name: str, values: list[str], *, now: datetime) -> list[Limit]:
    """Return the limits that dates with operators mean, all of them together.

    ``gte:2024-02-23`` is from that day on, ``gt:`` after it, ``lte:`` until its end, ``lt:``
    before it, ``eq:``, or none, within it; of an instant the same. Raises ``NotUnderstood``.
    """
    return [limit for value in values for limit in _limits(name, value, now)]


def _limits(name: str, value: str, now: datetime) -> list[Limit]:
    comparison, span = _read(name, value.strip(), now)
    column = PROPERTIES[name].column
    from_start, from_end = (Limit(column, "gte", each) for each in (span.start, span.end))
    until_start, until_end = (Limit(column, "lt", each) for each in (span.start, span.end))
    return {
        "gte": [from_start],
        "gt": [from_end],
        "lte": [until_end],
        "lt": [until_start],
        "eq": [from_start, until_end],
    }[comparison]


def _read(name: str, value: str, now: datetime) -> tuple[str, Span]:
    said, colon, text = value.partition(":")
    comparison = said.strip().lower()
    if colon and comparison in COMPARISONS:
        return comparison, read_span(name, text, now=now)
    if colon and comparison.isalpha():
        known = instead_of(comparison, COMPARISONS)
        message = f"{name}: there is no operator {shown(said)}.{known}"
        raise NotUnderstood(Mistake(name, message, "unknown_operator"))
    return "eq", read_span(name, value, now=now)
