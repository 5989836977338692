"""Filters in words, as pages show them."""

from returns.filters.declarations import FILTERS_BY_NAME
from returns.filters.query import Query

# Labels of parameters that are no filters.
OTHER_LABELS = {"group": "grouped by", "sort": "sorted by"}


def filter_label(name: str) -> str:
    """Return the label of a parameter, such as "waiting over", or its name if it is unknown."""
    if name in FILTERS_BY_NAME:
        return FILTERS_BY_NAME[name].chip_label
    return OTHER_LABELS.get(name, name)


def value_label(name: str, value: str) -> str:
    """Return a value of a parameter as people read it, such as "48 h"."""
    if name not in FILTERS_BY_NAME:
        return value
    return FILTERS_BY_NAME[name].format_value(value) + FILTERS_BY_NAME[name].unit


def describe_query(query: Query) -> list[tuple[str, str]]:
    """Return the label and the values, as one text, of each parameter of a query."""
    return [(filter_label(name), _join_values(name, values)) for name, values in query.lists()]


def _join_values(name: str, values: list[str]) -> str:
    joined_by = FILTERS_BY_NAME[name].joined_by if name in FILTERS_BY_NAME else " or "
    return joined_by.join(value_label(name, value) for value in values)
