"""Parsing DynamicQueryBuilder strings.

Such a string is itself a query string, with triples of operator, property and value, then sorts,
an offset and a count:
``o=Equals|OrElse&p=state&v=Completed&o=EndsWith&p=trackingId&v=0011&s=createdAt,desc&offset=0``.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import zip_longest
from urllib.parse import unquote_plus

from returns.api.dqb import (
    CASE_SENSITIVE,
    DQB_KEYS,
    JOINS,
    MAX_FILTERS,
    MAX_SORTS,
    MAX_VALUES_OF_IN,
    NULL,
    OPERATORS,
    SHORT_OPERATORS,
    SUBSTRING_OPERATORS,
    WHOLE_VALUE_OPERATORS,
    Dqb,
    Filter,
    Join,
    Operator,
    SortBy,
    Value,
)
from returns.api.errors import ErrorDetail, InvalidRequest
from returns.api.properties import PROPERTIES, Property, find_property, quote, suggest
from returns.api.time_ranges import parse_time_range
from returns.api.values import is_storable, parse_whole_number
from returns.models import State


def parse_dqb(text: str, *, now: datetime, properties: Mapping[str, Property] = PROPERTIES) -> Dqb:
    """Return the parsed string, which may use these properties, by default those of returns.

    Raises ``InvalidRequest`` with every error in it.
    """
    values: dict[str, list[str]] = {key: [] for key in DQB_KEYS}
    parser = _Parser(now, properties)
    for name, value in _pairs(text):
        if name.lower() in values:
            values[name.lower()].append(value)
        else:
            suggestion = suggest(name, DQB_KEYS)
            parser.add_error("dqb", f"there is no {quote(name)}.{suggestion}", "unknown_key")
    dqb = Dqb(
        tuple(parser.parse_each(_triples(values, parser), parser.filter)),
        tuple(parser.parse_each(enumerate(values["s"][:MAX_SORTS], start=1), parser.sort)),
        parser.number("offset", values["offset"]),
        parser.number("count", values["count"]),
    )
    if len(values["s"]) > MAX_SORTS:
        parser.add_error("dqb", f"at most {MAX_SORTS} sorts are allowed.", "too_many")
    if parser.errors:
        raise InvalidRequest(*parser.errors)
    return dqb


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for part in text.strip().removeprefix("?").split("&"):
        if part.strip():
            name, _, value = part.partition("=")
            yield unquote_plus(name).strip(), unquote_plus(value)


def _triples(
    values: dict[str, list[str]], parser: "_Parser"
) -> list[tuple[int, tuple[str, str, str, str]]]:
    """Return for each filter its position and (operator, property, value, previous operator)."""
    lengths = [len(values[key]) for key in "opv"]
    if len(set(lengths)) > 1:
        operators, properties, filter_values = lengths
        parser.add_error(
            "dqb",
            f"operators, properties and values must match in number: there are {operators} o, "
            f"{properties} p and {filter_values} v.",
            "unmatched",
        )
        return []
    if lengths[0] > MAX_FILTERS:
        parser.add_error("dqb", f"at most {MAX_FILTERS} filters are allowed.", "too_many")
        return []
    previous = ["", *values["o"][:-1]]
    triples = zip_longest(values["o"], values["p"], values["v"], previous[: lengths[0]])
    return list(enumerate(triples, start=1))


class _Parser:
    """Parses the parts and collects their errors, so that all of them are reported at once."""

    def __init__(self, now: datetime, properties: Mapping[str, Property]) -> None:
        self.now = now
        self.properties = properties
        self.errors: list[ErrorDetail] = []

    def add_error(self, name: str, message: str, code: str) -> None:
        """Add an error about the property or parameter ``name``."""
        self.errors.append(ErrorDetail(name, f"dqb: {message}", code))

    def parse_each[Part, Parsed](
        self, parts: Iterable[tuple[int, Part]], parse: Callable[[Part], Parsed]
    ) -> Iterable[Parsed]:
        """Yield the parts that can be parsed; add an error with the position for the others."""
        for position, part in parts:
            try:
                yield parse(part)
            except InvalidRequest as error:
                for detail in error.details:
                    message = f"filter or sort {position}: {detail.message}"
                    self.add_error(detail.property, message, detail.code)

    def number(self, name: str, texts: list[str]) -> int | None:
        """Return the first of the numbers, as the DynamicQueryBuilder does."""
        if not texts:
            return None
        if (number := parse_whole_number(texts[0])) is None:
            message = f"{name}: {quote(texts[0])} is not a whole number."
            self.add_error(name, message, "not_a_number")
        return number

    def filter(self, triple: tuple[str, str, str, str]) -> Filter:
        """Parse a triple; the operator before it holds its join."""
        operator_text, property_text, value, previous_operator = triple
        property_, case_sensitive = self._property(property_text)
        operator = _parse_operator(property_.name, operator_text)
        values = tuple(
            self._value(property_, operator, part) for part in _parts(property_, operator, value)
        )
        return Filter(property_, operator, values, case_sensitive, _parse_join(previous_operator))

    def sort(self, text: str) -> SortBy:
        """Parse a sort: property, direction and ``cs``, separated by commas."""
        name, *options = [part.strip() for part in text.split(",")]
        property_ = self._known_property(name)
        if property_.are_tags:
            _fail(property_.name, "a return has any number of tags, in no order.", "not_for_sorts")
        options = [option.lower() for option in options]
        for option in options:
            if option not in {"asc", "desc", CASE_SENSITIVE}:
                message = f"{quote(option)} is not asc, desc or cs."
                _fail(property_.name, message, "unknown_option")
        return SortBy(property_, "desc" in options, CASE_SENSITIVE in options)

    def _known_property(self, name: str) -> Property:
        property_ = find_property(name, self.properties)
        if property_ is None:
            known = ", ".join(self.properties)
            suggestion = suggest(name, self.properties) or f" Known properties: {known}."
            message = f"there is no property {quote(name)}.{suggestion}"
            raise InvalidRequest(ErrorDetail(quote(name)[1:-1], message, "unknown_property"))
        return property_

    def _property(self, text: str) -> tuple[Property, bool]:
        """Return the property, and whether it is compared case-sensitively."""
        name, *options = [part.strip() for part in text.split(",")]
        property_ = self._known_property(name)
        for option in options:
            if option.lower() != CASE_SENSITIVE:
                message = f"{quote(option)} is not an option; the only one is cs."
                _fail(property_.name, message, "unknown_option")
        return property_, bool(options)

    def _value(self, property_: Property, operator: Operator, text: str) -> Value:
        name = property_.name
        if text.strip().lower() == NULL:
            if operator not in WHOLE_VALUE_OPERATORS:
                operators = ", ".join(sorted(WHOLE_VALUE_OPERATORS))
                _fail(name, f"null can only be compared with {operators}.", "null")
            return None
        if property_.is_time:
            return self._time(name, operator, text)
        if not is_storable(text):
            _fail(name, "the value has a character that texts cannot hold.", "not_a_text")
        if (
            property_.column == "state"
            and operator in WHOLE_VALUE_OPERATORS
            and not _is_state(text)
        ):
            suggestion = suggest(text, State.values)
            _fail(name, f"there is no state {quote(text)}.{suggestion}", "unknown_state")
        return text

    def _time(self, name: str, operator: Operator, text: str) -> datetime:
        if operator in SUBSTRING_OPERATORS:
            _fail(name, f"this is a time, and {operator} only compares texts.", "not_for_times")
        return parse_time_range(name, text, now=self.now).start


def _fail(name: str, message: str, code: str) -> None:
    raise InvalidRequest(ErrorDetail(name, f"{name}: {message}", code))


def _is_state(text: str) -> bool:
    return text.lower() in {state.lower() for state in State.values}


def _parts(property_: Property, operator: Operator, value: str) -> list[str]:
    if operator != Operator.IN:
        return [value]
    parts = value.split(",")
    if len(parts) > MAX_VALUES_OF_IN:
        _fail(property_.name, f"at most {MAX_VALUES_OF_IN} values are allowed.", "too_many")
    return parts


def _parse_operator(name: str, text: str) -> Operator:
    operator, _, join = ("".join(part.split()) for part in text.partition("|"))
    if join and join.lower() not in JOINS:
        suggestion = suggest(join, ("AndAlso", "OrElse", *Join))
        message = f"there is no logical operator {quote(join)}.{suggestion}"
        _fail(name, message, "unknown_operator")
    if operator.lower() not in OPERATORS:
        suggestion = suggest(operator, (*Operator, *SHORT_OPERATORS))
        _fail(name, f"there is no operator {quote(operator)}.{suggestion}", "unknown_operator")
    return OPERATORS[operator.lower()]


def _parse_join(previous_operator: str) -> Join:
    """Return the join written on the operator of the previous filter; And if there is none."""
    join = "".join(previous_operator.partition("|")[2].split())
    return JOINS.get(join.lower(), Join.AND)
