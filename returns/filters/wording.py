"""Filters in words, as pages show them."""

from functools import reduce

from django.utils.translation import pgettext

from returns.filters.builders import EITHER
from returns.filters.declarations import FILTERS_BY_NAME
from returns.filters.moment_labels import moment_label
from returns.filters.query import Query
from returns.filters.words import SORT_LABELS, VALUE_PLACE, WORDS, around_value


def filter_phrase(name: str) -> str:
    """Return the phrase of a parameter with a place for its value, for ``say_value``."""
    return str(WORDS[name].phrase) if name in WORDS else f"{name} {VALUE_PLACE}"


def say_value(phrase: str, value: str) -> str:
    """Return the phrase of a parameter with a value, such as "waiting over 48 h"."""
    return phrase.replace(VALUE_PLACE, value, 1)


def filter_label(name: str) -> str:
    """Return the label of a parameter, such as "waiting over", or its name if it is unknown."""
    if name == "sort":
        return pgettext("filter", "sorted")
    return WORDS[name].phrase_without_value if name in WORDS else name


def value_label(name: str, value: str) -> str:
    """Return a value of a parameter as people read it, such as "48 h"."""
    if name == "sort":
        return str(SORT_LABELS.get(value, value))
    if name not in FILTERS_BY_NAME:
        return value
    declaration = FILTERS_BY_NAME[name]
    label = declaration.format_value(value)
    return moment_label(value) if declaration.is_moment and label == value else label


def describe_query(query: Query) -> list[tuple[str, str]]:
    """Return the label and the values, as one text, of each parameter of a query.

    For tables; in a line of text, the others are right in every language.
    """
    return [(filter_label(name), _join_values(name, values)) for name, values in query.lists()]


def say_query(query: Query) -> list[str]:
    """Return each parameter of a query as a phrase with its values: "waiting over 48 h"."""
    return [
        say_value(filter_phrase(name), _join_values(name, values)) for name, values in query.lists()
    ]


def filter_parts(query: Query) -> list[tuple[str, str, str]]:
    """Return like ``say_query`` the words before the values, the values, and the words after."""
    parts = []
    for name, values in query.lists():
        before, after = around_value(filter_phrase(name))
        parts.append((before, _join_values(name, values), after))
    return parts


def _join_values(name: str, values: list[str]) -> str:
    phrase = str(FILTERS_BY_NAME[name].joined_by if name in FILTERS_BY_NAME else EITHER)
    labels = (value_label(name, value) for value in values)
    return reduce(lambda joined, label: phrase % {"list": joined, "last": label}, labels)
