"""The DynamicQueryBuilder's language: operators, and the values that a string is parsed into."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from returns.api.properties import Property

MAX_FILTERS = 50
MAX_SORTS = 10
MAX_VALUES_OF_IN = 500
DQB_KEYS = ("o", "p", "v", "s", "offset", "count")
CASE_SENSITIVE = "cs"
NULL = "null"

Value = str | datetime | None


class Operator(StrEnum):
    """A comparison of a property with a value."""

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


SHORT_OPERATORS = {
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
OPERATORS = {operator.lower(): operator for operator in Operator} | SHORT_OPERATORS
# These compare whole values, so they can also look for a missing value.
WHOLE_VALUE_OPERATORS = {Operator.IN, Operator.EQUALS, Operator.NOT_EQUAL}
SUBSTRING_OPERATORS = {Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH}


class Join(StrEnum):
    """The logical operator between a filter and the filters before it."""

    AND = "And"
    OR = "Or"
    XOR = "Xor"


# The client writes None where a filter has no logical operator.
JOINS = {join.lower(): join for join in Join} | {
    "andalso": Join.AND,
    "orelse": Join.OR,
    "none": Join.AND,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One triple. ``join`` joins it to all filters before it; it means nothing on the first.

    ``values`` has one value, or any number for ``In``. None is null.
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
    """A parsed string; ``offset`` and ``count`` are None if it has none."""

    filters: tuple[Filter, ...] = ()
    sorts: tuple[SortBy, ...] = ()
    offset: int | None = None
    count: int | None = None
