"""Parameters named after a field of a return: exact texts, and times with an operator prefix."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from returns.api.conditions import text_in
from returns.api.errors import ErrorDetail, InvalidRequest
from returns.api.properties import PROPERTIES, quote, suggest
from returns.api.time_ranges import TimeRange, parse_time_range
from returns.api.values import is_storable
from returns.feed.serializers import CHANGED_FIELD
from returns.filters.filterset import ReturnFilterSet
from returns.models.facts import FACTS, Kind

# Without those that are filters of the pages under the same name.
TEXT_PARAMETERS = tuple(
    fact.api_name
    for fact in FACTS
    if fact.kind is not Kind.ITEMS
    and not fact.is_time
    and fact.api_name not in ReturnFilterSet.base_filters
)
TIME_PARAMETERS = (*(fact.api_name for fact in FACTS if fact.is_time), CHANGED_FIELD)
# What answers can have besides.
INCLUDED = ("tag",)
OPERATOR_PREFIXES = ("gte", "gt", "lte", "lt", "eq")


@dataclass(frozen=True, slots=True)
class TimeBound:
    """A bound for a column: at or after ``moment`` (``gte``), or before it (``lt``)."""

    column: str
    lookup: str
    moment: datetime


def parse_texts(name: str, values: list[str]) -> Q:
    """Return the condition that a property equals one of the values.

    Raises ``InvalidRequest`` if a value is empty or cannot be stored.
    """
    if not all(values):
        message = f"{name} is empty. Leave it out or give a value."
        raise InvalidRequest(ErrorDetail(name, message, "empty"))
    if not all(map(is_storable, values)):
        message = f"{name} has a character that texts cannot hold."
        raise InvalidRequest(ErrorDetail(name, message, "not_a_text"))
    return text_in(PROPERTIES[name], values)


def parse_included(values: Iterable[str]) -> list[str]:
    """Return what to answer besides, from the values of ``include``. Raises ``InvalidRequest``."""
    names = [part.strip() for value in values for part in value.split(",")]
    known = " or ".join(INCLUDED)
    errors = [
        ErrorDetail("include", f"include: {quote(name)} is not {known}.", "unknown_value")
        for name in names
        if name not in INCLUDED
    ]
    if errors:
        raise InvalidRequest(*errors)
    return names


def parse_time_bounds(name: str, values: list[str], *, now: datetime) -> list[TimeBound]:
    """Return the bounds that all values set together.

    For a date, ``gte:`` means from that day on, ``gt:`` after it, ``lte:`` up to its end, ``lt:``
    before it, and ``eq:`` or no operator within it. The same holds for an instant. Raises
    ``InvalidRequest``.
    """
    return [bound for value in values for bound in _time_bounds(name, value, now)]


def _time_bounds(name: str, value: str, now: datetime) -> list[TimeBound]:
    operator, time_range = _split_operator(name, value.strip(), now)
    column = PROPERTIES[name].column
    start, end = time_range.start, time_range.end
    return {
        "gte": [TimeBound(column, "gte", start)],
        "gt": [TimeBound(column, "gte", end)],
        "lte": [TimeBound(column, "lt", end)],
        "lt": [TimeBound(column, "lt", start)],
        "eq": [TimeBound(column, "gte", start), TimeBound(column, "lt", end)],
    }[operator]


def _split_operator(name: str, value: str, now: datetime) -> tuple[str, TimeRange]:
    prefix, colon, rest = value.partition(":")
    operator = prefix.strip().lower()
    if colon and operator in OPERATOR_PREFIXES:
        return operator, parse_time_range(name, rest, now=now)
    if colon and operator.isalpha():
        suggestion = suggest(operator, OPERATOR_PREFIXES)
        message = f"{name}: there is no operator {quote(prefix)}.{suggestion}"
        raise InvalidRequest(ErrorDetail(name, message, "unknown_operator"))
    return "eq", parse_time_range(name, value, now=now)
