"""The parameters of ``GET /Returns`` with their descriptions, for the parser and the document."""

from django.utils import translation

from returns.api.field_parameters import TEXT_PARAMETERS, TIME_PARAMETERS
from returns.filters.declarations import REPEATABLE_PARAMETERS
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import PAGING_PARAMETERS

_TIME_VALUES = (
    "a date (the whole day, in the desk's time zone) or an ISO 8601 time, with gte:, gt:, lte:, "
    "lt: or eq: in front; may be repeated to make a range"
)
_API_PARAMETERS = {
    "dqb": (
        "a DynamicQueryBuilder query, URL-encoded: o=Equals&p=state&v=Completed&s=createdAt,desc"
    ),
    "offset": "how many returns to skip; to read many pages, cursor is faster",
    "count": "the size of a page, from 1 to 100; the default is 100",
    "cursor": (
        "empty for the first page of all returns in a stable order, then the nextCursor of the "
        "previous page; not together with sort or offset"
    ),
    "sort": (
        "the order: created, arrived, completed, updated, order or reference, with - in front to "
        "reverse it; the default is -created"
    ),
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
