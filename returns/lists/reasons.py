"""Why a list is empty: the filters that a return must pass to be shown."""

from dataclasses import dataclass

from config.addresses import with_query
from returns.filters.form import NON_FILTER_PARAMETERS
from returns.filters.query import Query
from returns.filters.wording import describe_query


@dataclass(frozen=True, slots=True)
class Reason:
    """A filter in words, and the address of the list without it."""

    label: str
    text: str
    address_without: str


def list_reasons(query: Query, base: str) -> list[Reason]:
    """Return all filters of a list but the search; ``base`` is the path of its page."""
    filters = query.without(*NON_FILTER_PARAMETERS, "q")
    return [
        Reason(label, text, with_query(base, query.without(name, "after", "before").urlencode()))
        for name, (label, text) in zip(filters, describe_query(filters), strict=True)
    ]
