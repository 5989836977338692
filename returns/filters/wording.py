"""What a filter asks for, in words, as pages show it."""

from returns.filters.declarations import BY_NAME
from returns.filters.query import Query

# Parameters that are no filters.
OTHER_KINDS = {"group": "grouped by", "sort": "sorted by"}


def kind_of(name: str) -> str:
    """Return what a parameter is about: "waiting over"; its name where it is unknown."""
    return BY_NAME[name].kind if name in BY_NAME else OTHER_KINDS.get(name, name)


def value_in_words(name: str, value: str) -> str:
    """Return a value of a parameter as people say it: "48 h"."""
    if name not in BY_NAME:
        return value
    return BY_NAME[name].value_words(value) + BY_NAME[name].unit


def in_words(query: Query) -> list[tuple[str, str]]:
    """Return for each parameter of a query what it is about, and what it asks for."""
    return [(kind_of(name), _joined(name, values)) for name, values in query.lists()]


def _joined(name: str, values: list[str]) -> str:
    joined_by = BY_NAME[name].joined_by if name in BY_NAME else " or "
    return joined_by.join(value_in_words(name, value) for value in values)
