"""Conditions on texts that an index can answer.

They hold for everything for which the exact condition of a filter holds, and possibly for more. A
search key has the letters A to Z and digits of a text, one after the other: so the key of a text
has the keys of its parts in it, and what is equal without case has the same key.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import or_

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Reverse
from django.db.models.lookups import Contains, StartsWith

from returns.api.dqb import SUBSTRING_OPERATORS, WHOLE_VALUE_OPERATORS, Filter, Join, Operator
from returns.api.properties import PROPERTIES, Property
from returns.expressions import SearchKey
from returns.models.facts import NOTES_COLUMN
from returns.querysets import SEARCH_KEYS

# A run of characters that a search key keeps together.
_ALPHANUMERIC_RUN = re.compile("[A-Za-z0-9]+")
# Characters; what is shorter is in too many texts for an index of trigrams to help.
MIN_INDEXED_LENGTH = 3
# How many of a text's letters and digits the indexes of keys need.
_LETTERS_NEEDED = {
    Operator.EQUALS: 1,
    Operator.IN: 1,
    Operator.STARTS_WITH: 1,
    Operator.ENDS_WITH: 1,
    Operator.CONTAINS: MIN_INDEXED_LENGTH,
}


class AllNumbers(Func):
    """The search keys of the three numbers in one text, as the index of trigrams has them.

    The spaces keep a text from matching across the end of one number and the start of the next.
    """

    template = "(%(expressions)s)"
    arg_joiner = " || ' ' || "
    output_field = TextField()

    def __init__(self) -> None:
        super().__init__(
            *(Func(F(key), template="coalesce(%(expressions)s, '')") for key in SEARCH_KEYS)
        )


def prefilter(property_: Property, operator: Operator, texts: list[str]) -> Q:
    """Return what an index finds of the texts that compare so with these; empty without one."""
    if operator not in _LETTERS_NEEDED:
        return Q()
    if property_.key and all(_is_found_by_key(operator, text) for text in texts):
        # Other tables, that of orders for one, have no index of the parts of their numbers.
        has_no_index = operator is Operator.CONTAINS and property_.name not in PROPERTIES
        return Q() if has_no_index else _KEY_CONDITIONS[operator](property_.key, texts)
    if property_.column == NOTES_COLUMN:
        conditions = [_found_in_notes(operator, text) for text in texts]
        return reduce(or_, conditions) if all(conditions) else Q()
    return Q()


def _found_in_notes(operator: Operator, text: str) -> Q:
    """Return the condition on the key of notes: their words in capitals, a space before each."""
    runs = _ALPHANUMERIC_RUN.findall(text)
    longest = max(runs, key=len, default="")
    if len(longest) < MIN_INDEXED_LENGTH:
        return Q()
    condition = Q(notes_key__contains=longest.upper())
    if operator is Operator.STARTS_WITH and text.startswith(runs[0]):
        condition &= Q(notes_key__startswith=f" {runs[0].upper()}")
    if operator is Operator.ENDS_WITH and text.endswith(runs[-1]):
        condition &= Q(notes_key__endswith=runs[-1].upper())
    return condition


def is_without_index(filter_: Filter) -> bool:
    """Return whether a filter looks for a part of a text that is too short for the indexes."""
    texts = [str(value or "") for value in filter_.values]
    has_index = filter_.property.key or filter_.property.column == NOTES_COLUMN
    is_part = filter_.operator in SUBSTRING_OPERATORS
    return bool(has_index) and is_part and not prefilter(filter_.property, filter_.operator, texts)


def is_of_few(filters: Iterable[Filter]) -> bool:
    """Return whether filters ask for whole numbers, which an index finds and few returns have."""
    return all(
        each.property.key
        and each.operator in {Operator.EQUALS, Operator.IN}
        and each.join is not Join.XOR
        and all(_ALPHANUMERIC_RUN.search(str(value or "")) for value in each.values)
        for each in filters
    )


def _is_found_by_key(operator: Operator, text: str) -> bool:
    length = sum(map(len, _ALPHANUMERIC_RUN.findall(text)))
    if operator in WHOLE_VALUE_OPERATORS and not length:
        return text.isascii()  # its key is NULL then, which an index finds as well
    return length >= _LETTERS_NEEDED[operator]


def _search_key(text: str) -> SearchKey:
    return SearchKey(Value(text, TextField()))


def _contains(_key: str, texts: list[str]) -> Q:
    return Q(Contains(AllNumbers(), _search_key(texts[0])))


def _is_any(key: str, texts: list[str]) -> Q:
    with_key = [_search_key(text) for text in texts if _ALPHANUMERIC_RUN.search(text)]
    condition = Q(**{f"{key}__in": with_key}) if with_key else Q()
    return condition if len(with_key) == len(texts) else condition | Q(**{f"{key}__isnull": True})


def _starts_with(key: str, texts: list[str]) -> Q:
    return Q(**{f"{key}__startswith": _search_key(texts[0])})


def _ends_with(key: str, texts: list[str]) -> Q:
    return Q(StartsWith(Reverse(F(key)), Reverse(_search_key(texts[0]))))


_KEY_CONDITIONS: Mapping[Operator, Callable[[str, list[str]], Q]] = {
    Operator.EQUALS: _is_any,
    Operator.IN: _is_any,
    Operator.STARTS_WITH: _starts_with,
    Operator.ENDS_WITH: _ends_with,
    Operator.CONTAINS: _contains,
}
