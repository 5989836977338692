"""The DynamicQueryBuilder's string, read into typed values.

``o=Equals|OrElse&p=state&v=Completed&o=EndsWith&p=trackingId&v=0011&s=createdAt,desc&offset=0``
is a query string of its own: triples of operator, property and value, sorts, offset and count.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest
from urllib.parse import unquote_plus

from returns.api.mistakes import Mistake, NotUnderstood
from returns.api.moments import read_span
from returns.api.properties import PROPERTIES, Property, find_property, instead_of, shown
from returns.models import State

MOST_FILTERS = 50
MOST_SORTS = 10
MOST_VALUES = 500
MOST_ROWS = 100  # of one page
KEYS = ("o", "p", "v", "s", "offset", "count")
CASE_SENSITIVE = "cs"
NULL = "null"
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")

Value = str | datetime | None


class Operator(StrEnum):
    """How a property is compared."""

    IN = "In"
    EQUALS = "Equals"
    NOT_EQUAL = "NotEqual"
    CONTAINS = "Contains"
    STARTS_WITH = "StartsWith"
    ENDS_WITH = "EndsWith"
    LESS_THAN = "LessThan"
    LESS_THAN_OR_EQUAL = "LessThanOrEqual"
    GREATER_THAN = "GreaterThan"
    GREATER_THAN_OR_EQUAL = "GreaterThanOrEqual"


SHORT = {
    "eq": Operator.EQUALS,
    "ne": Operator.NOT_EQUAL,
    "cts": Operator.CONTAINS,
    "sw": Operator.STARTS_WITH,
    "ew": Operator.ENDS_WITH,
    "lt": Operator.LESS_THAN,
    "ltoe": Operator.LESS_THAN_OR_EQUAL,
    "gt": Operator.GREATER_THAN,
    "gtoe": Operator.GREATER_THAN_OR_EQUAL,
}
OPERATORS = {operator.lower(): operator for operator in Operator} | SHORT
# Those that ask for whole values, and so for a missing one too.
OF_WHOLE = {Operator.IN, Operator.EQUALS, Operator.NOT_EQUAL}
OF_PARTS = {Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH}


class Join(StrEnum):
    """How a filter is joined to what stands before it."""

    AND = "And"
    OR = "Or"
    XOR = "Xor"


JOINS = {join.lower(): join for join in Join} | {"andalso": Join.AND, "orelse": Join.OR}


@dataclass(frozen=True, slots=True)
class Filter:
    """One triple. ``join`` joins it to all that stands before it; of the first it says nothing.

    ``values`` is one value, of ``In`` any number; None is null.
    """

    property: Property
    operator: Operator
    values: tuple[Value, ...]
    case_sensitive: bool = False
    join: Join = Join.AND


@dataclass(frozen=True, slots=True)
class SortBy:
    """A property to sort by."""

    property: Property
    descending: bool = False
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Dqb:
    """All that a string says; None where it does not say it."""

    filters: tuple[Filter, ...] = ()
    sorts: tuple[SortBy, ...] = ()
    offset: int | None = None
    count: int | None = None


def parse_dqb(text: str, *, now: datetime) -> Dqb:
    """Read the string. Raises ``NotUnderstood`` with every mistake that it holds."""
    said: dict[str, list[str]] = {key: [] for key in KEYS}
    read = _Reader(now)
    for name, value in _pairs(text):
        if name.lower() in said:
            said[name.lower()].append(value)
        else:
            read.wrong("dqb", f"there is no {shown(name)}.{instead_of(name, KEYS)}", "unknown_key")
    found = Dqb(
        tuple(read.each(_triples(said, read), read.filter)),
        tuple(read.each(enumerate(said["s"][:MOST_SORTS], start=1), read.sort)),
        read.number("offset", said["offset"]),
        read.number("count", said["count"]),
    )
    if len(said["s"]) > MOST_SORTS:
        read.wrong("dqb", f"at most {MOST_SORTS} sorts at once.", "too_many")
    if read.mistakes:
        raise NotUnderstood(*read.mistakes)
    return found


def whole_number(text: str) -> int | None:
    """Return the number that a text writes; None when it is no whole number."""
    written = text.strip()
    return int(written) if _WHOLE_NUMBER.fullmatch(written) else None


def is_storable(text: str) -> bool:
    """Tell whether the database could hold this text: no NUL and no halves of characters."""
    return _UNSTORABLE.search(text) is None


def page_size(count: int | None) -> int:
    """Return how many rows are meant: the most when none is said, and never fewer than one."""
    return MOST_ROWS if count is None else min(max(count, 1), MOST_ROWS)


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for part in text.strip().removeprefix("?").split("&"):
        if part.strip():
            name, _, value = part.partition("=")
            yield unquote_plus(name).strip(), unquote_plus(value)


def _triples(
    said: dict[str, list[str]], read: "_Reader"
) -> list[tuple[int, tuple[str, str, str, str]]]:
    """Return the place, operator, property, value of each filter, and the operator before it."""
    numbers = [len(said[key]) for key in "opv"]
    if len(set(numbers)) > 1:
        operators, properties, values = numbers
        read.wrong(
            "dqb",
            f"operators, properties and values must match in number: there are {operators} o, "
            f"{properties} p and {values} v.",
            "unmatched",
        )
        return []
    if numbers[0] > MOST_FILTERS:
        read.wrong("dqb", f"at most {MOST_FILTERS} filters at once.", "too_many")
        return []
    before = ["", *said["o"][:-1]]
    triples = zip_longest(said["o"], said["p"], said["v"], before[: numbers[0]])
    return list(enumerate(triples, start=1))


class _Reader:
    """Reads the parts, and keeps the mistakes so that all of them are told at once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.mistakes: list[Mistake] = []

    def wrong(self, name: str, message: str, code: str) -> None:
        """Keep a mistake."""
        self.mistakes.append(Mistake(name, f"dqb: {message}", code))

    def each[Part, Read](
        self, parts: Iterable[tuple[int, Part]], read: Callable[[Part], Read]
    ) -> Iterable[Read]:
        """Yield what can be read; of the others keep the mistake with its place."""
        for place, part in parts:
            try:
                yield read(part)
            except NotUnderstood as error:
                for wrong in error.mistakes:
                    message = f"filter or sort {place}: {wrong.message}"
                    self.wrong(wrong.property, message, wrong.code)

    def number(self, name: str, texts: list[str]) -> int | None:
        """Return the first of the numbers, as the DynamicQueryBuilder does."""
        if not texts:
            return None
        if (number := whole_number(texts[0])) is None:
            self.wrong(name, f"{name}: {shown(texts[0])} is no whole number.", "not_a_number")
        return number

    def filter(self, triple: tuple[str, str, str, str]) -> Filter:
        """Read a triple, and the operator of the one before it."""
        operator_text, property_text, value, before = triple
        of, case_sensitive = _property(property_text)
        operator = _operator(of.name, operator_text)
        values = tuple(self._value(of, operator, part) for part in _parts(of, operator, value))
        return Filter(of, operator, values, case_sensitive, _join(before))

    def sort(self, text: str) -> SortBy:
        """Read a sort: property, direction, ``cs``."""
        name, *options = [part.strip() for part in text.split(",")]
        of = _known_property(name)
        said = [option.lower() for option in options]
        for option in said:
            if option not in {"asc", "desc", CASE_SENSITIVE}:
                _refuse(of.name, f"{shown(option)} is none of asc, desc and cs.", "unknown_option")
        return SortBy(of, "desc" in said, CASE_SENSITIVE in said)

    def _value(self, of: Property, operator: Operator, text: str) -> Value:
        if text.strip().lower() == NULL:
            if operator not in OF_WHOLE:
                _refuse(of.name, f"null can be compared with {_names(OF_WHOLE)} alone.", "null")
            return None
        if of.is_time:
            return self._time(of, operator, text)
        if not is_storable(text):
            _refuse(of.name, "the value holds a character that no text can hold.", "not_a_text")
        if of.column == "state" and operator in OF_WHOLE and not _is_state(text):
            known = instead_of(text, State.values)
            _refuse(of.name, f"there is no state {shown(text)}.{known}", "unknown_state")
        return text

    def _time(self, of: Property, operator: Operator, text: str) -> datetime:
        if operator in OF_PARTS:
            _refuse(of.name, f"it is a time, and {operator} compares text.", "not_for_times")
        return read_span(of.name, text, now=self.now).start


def _refuse(name: str, message: str, code: str) -> None:
    raise NotUnderstood(Mistake(name, f"{name}: {message}", code))


def _names(operators: Iterable[Operator]) -> str:
    return ", ".join(sorted(operators))


def _is_state(text: str) -> bool:
    return text.lower() in {state.lower() for state in State.values}


def _parts(of: Property, operator: Operator, value: str) -> list[str]:
    if operator != Operator.IN:
        return [value]
    parts = value.split(",")
    if len(parts) > MOST_VALUES:
        _refuse(of.name, f"at most {MOST_VALUES} values at once.", "too_many")
    return parts


def _known_property(name: str) -> Property:
    found = find_property(name)
    if found is None:
        known = instead_of(name, PROPERTIES) or f" There are {', '.join(PROPERTIES)}."
        message = f"there is no property {shown(name)}.{known}"
        raise NotUnderstood(Mistake(shown(name)[1:-1], message, "unknown_property"))
    return found


def _property(text: str) -> tuple[Property, bool]:
    name, *options = [part.strip() for part in text.split(",")]
    of = _known_property(name)
    for option in options:
        if option.lower() != CASE_SENSITIVE:
            _refuse(of.name, f"{shown(option)} is no option; cs is.", "unknown_option")
    return of, bool(options)


def _operator(name: str, text: str) -> Operator:
    said, _, join = ("".join(part.split()) for part in text.partition("|"))
    if join and join.lower() not in JOINS:
        known = instead_of(join, ("AndAlso", "OrElse", *Join))
        _refuse(name, f"there is no logical operator {shown(join)}.{known}", "unknown_operator")
    if said.lower() not in OPERATORS:
        known = instead_of(said, (*Operator, *SHORT))
        _refuse(name, f"there is no operator {shown(said)}.{known}", "unknown_operator")
    return OPERATORS[said.lower()]


def _join(before: str) -> Join:
    """Return the join that stands on the operator of the filter before; And where none does."""
    return JOINS.get("".join(before.partition("|")[2].split()).lower(), Join.AND)
