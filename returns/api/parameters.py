"""The parameters of ``GET /Returns`` with their descriptions, for the parser and the document."""

from collections.abc import Iterable

from django.utils import translation

from returns.api.dqb import (
    MAX_FILTERS,
    MAX_SORTS,
    MAX_VALUES_OF_IN,
    SHORT_OPERATORS,
    Operator,
)
from returns.api.field_parameters import TEXT_PARAMETERS, TIME_PARAMETERS
from returns.api.properties import PROPERTIES
from returns.filters.declarations import REPEATABLE_PARAMETERS
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import PAGING_PARAMETERS

# In a description, between its first sentence and the grammar, which ends with an empty line.
BEFORE_GRAMMAR = "\n\nGrammar:\n\n"
_TIME_VALUES = (
    "a date (the whole day, in the desk's time zone) or an ISO 8601 time, with gte:, gt:, lte:, "
    "lt: or eq: in front; may be repeated to make a range"
)
# The sort of the API alone by which a program follows changes.
CHANGED_SORT = "changed"


def describe_dqb(example: str, properties: Iterable[str]) -> str:
    """Return the grammar of a DynamicQueryBuilder query over these properties, for programmers."""
    operators = [each for each in Operator if each is not Operator.IN]
    return f"""a DynamicQueryBuilder query, URL-encoded as one value: {example}{BEFORE_GRAMMAR}\
    query    = part *("&" part)
    part     = filter / sort / "offset=" number / "count=" number
    filter   = "o=" operator ["|" join] "&p=" property [",cs"] "&v=" value
    sort     = "s=" property ["," ("asc" / "desc")] [",cs"]
    operator = {" / ".join(map(to_literal, [Operator.IN, *operators]))}
             / {" / ".join(map(to_literal, SHORT_OPERATORS))}
    join     = "AndAlso" / "OrElse" / "And" / "Or" / "Xor" / "None"
    property = {" / ".join(map(to_literal, properties))}

The join of a filter joins it to the next one, from left to right, without precedence; None, like \
no join, is AndAlso. At most {MAX_FILTERS} filters and {MAX_SORTS} sorts. In takes up to \
{MAX_VALUES_OF_IN} values separated by commas. The value null, with In, Equals and NotEqual, is a \
missing one. A time is ISO 8601, or a date: its first moment. cs compares exactly, with case. \
Values are encoded once more within the query: & is %26 there. Names may be written in any letter \
case"""


def to_literal(text: str) -> str:
    """Return a text as it stands in a grammar: in quotation marks."""
    return f'"{text}"'


_API_PARAMETERS = {
    "dqb": describe_dqb("o=Equals&p=state&v=Completed&s=createdAt,desc", PROPERTIES),
    "offset": "how many returns to skip; to read many pages, cursor is faster",
    "count": "the size of a page, from 1 to 100; the default is 100",
    "cursor": (
        "empty for the first page of all returns in a stable order, then the nextCursor of the "
        "previous page; not together with offset, and with no sort but changed, by which the "
        "cursors follow changes and never end"
    ),
    "sort": (
        "the order: created, arrived, completed, updated, changed, order or reference, with - in "
        "front to reverse it; the default is -created"
    ),
    "include": "what to answer besides: tag, the names of each return's tags",
    **dict.fromkeys(TEXT_PARAMETERS, "an exact match; may be repeated to match any of the values"),
    **dict.fromkeys(TIME_PARAMETERS, _TIME_VALUES),
}
# Parameters of the pages that make no sense for a program.
PAGE_PARAMETERS = {"group", *PAGING_PARAMETERS}


def _filter_description(name: str) -> str:
    with translation.override("en"):
        label = str(ReturnFilterSet.base_filters[name].label)
    if name in REPEATABLE_PARAMETERS:
        return f"the filter “{label}” of the list of returns; may be repeated"
    return f"the filter “{label}” of the list of returns"


FILTER_PARAMETERS = frozenset(ReturnFilterSet.base_filters)
PARAMETERS: dict[str, str] = _API_PARAMETERS | {
    name: _filter_description(name) for name in sorted(FILTER_PARAMETERS)
}
_PARAMETER_BY_LOWER = {name.lower(): name for name in PARAMETERS}


def find_parameter(name: str) -> str | None:
    """Return our spelling of a parameter given in any letter case, or None if it is unknown."""
    return _PARAMETER_BY_LOWER.get(name.lower())
