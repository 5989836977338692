"""Why a list is empty: the filters that a return must pass to be shown."""

from dataclasses import dataclass

from config.addresses import with_query
from returns.filters.form import NON_FILTER_PARAMETERS
from returns.filters.query import Query
from returns.filters.wording import describe_query, filter_phrase
from returns.filters.words import around_value


@dataclass(frozen=True, slots=True)
class FilterPhrase:
    """A filter in words: its values, and what the phrase has before and after them."""

    label: str
    text: str
    after: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.label, self.text, self.after) if part)


@dataclass(frozen=True, slots=True)
class Reason(FilterPhrase):
    """A filter in words, and the address of the list without it."""

    address_without: str


def filter_phrases(query: Query) -> list[FilterPhrase]:
    """Return each parameter of a query as a phrase that can show its values in bold."""
    return [
        FilterPhrase(before, text, after)
        for name, (_label, text) in zip(query, describe_query(query), strict=True)
        for before, after in [around_value(filter_phrase(name))]
    ]


def list_reasons(query: Query, base: str) -> list[Reason]:
    """Return all filters of a list but the search; ``base`` is the path of its page."""
    filters = query.without(*NON_FILTER_PARAMETERS, "q")
    return [
        Reason(
            *(phrase.label, phrase.text, phrase.after),
            with_query(base, query.without(name, "after", "before").urlencode()),
        )
        for name, phrase in zip(filters, filter_phrases(filters), strict=True)
    ]
