"""The parameters of ``GET /Returns``, and what each means: for the reader, and for the document."""

from returns.api.plain import TEXTS, TIMES
from returns.filters.declarations import REPEATABLE_PARAMETERS
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import PAGING_PARAMETERS

_MOMENTS = (
    "a date (the whole day, in the desk's own time zone) or an ISO 8601 time, with gte:, gt:, "
    "lte:, lt: or eq: in front; may be repeated to make a range"
)
_OF_API = {
    "dqb": (
        "a DynamicQueryBuilder query, URL-encoded: o=Equals&p=state&v=Completed&s=createdAt,desc"
    ),
    "offset": "how many returns to leave out; the cursor is quicker far from the beginning",
    "count": "how many returns to give at most, from 1 to 100; 100 unless said",
    "cursor": (
        "empty for the first page of all returns in a lasting order, then the nextCursor of the "
        "page before; without sort and offset"
    ),
    "sort": (
        "created, arrived, completed, updated, order or reference; with - in front the other way "
        "round; newest created first unless said"
    ),
    **{name: f"exactly so; repeated, any of the values ({name})" for name in TEXTS},
    **{name: f"{name}: {_MOMENTS}" for name in TIMES},
}
# What belongs to pages alone.
OF_PAGES = {"group", *PAGING_PARAMETERS}


def _of_filter(name: str) -> str:
    label = str(ReturnFilterSet.base_filters[name].label)
    return f"{label}, as in the list of returns{'; may be repeated' * _is_repeatable(name)}"


def _is_repeatable(name: str) -> bool:
    return name in REPEATABLE_PARAMETERS


OF_FILTERS = frozenset(ReturnFilterSet.base_filters)
# Every parameter by its name, with a description.
PARAMETERS: dict[str, str] = _OF_API | {name: _of_filter(name) for name in sorted(OF_FILTERS)}
_BY_LOWER = {name.lower(): name for name in PARAMETERS}


def find_parameter(name: str) -> str | None:
    """Return the parameter as it is written, whatever the case; None when there is none."""
    return _BY_LOWER.get(name.lower())
