"""Filters and sorts of the API, as the database evaluates them.

Texts: one that is missing is the empty text. Without regard to case they are compared as Unicode
writes each character small, one by one, in no language; ``ı İ I i`` are one letter, and so are
``σ ς``. More and less compare by code point. Times: one that is missing is null, which is equal to
null, different from every time, and neither more nor less than any.
"""

import re
from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, F, Func, OrderBy, Q, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate, Left, Length, Reverse, Right, StrIndex
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    StartsWith,
)

from returns.api.dqb import Filter, Join, Operator, SortBy
from returns.api.properties import Property
from returns.models import State
from returns.querysets import SearchKey

# From 17 on PostgreSQL brings Unicode's own mapping; before, ICU's root agrees but for its version.
BUILTIN_SINCE, BUILTIN, ICU = 170_000, "pg_c_utf8", "und-x-icu"
ALIKE, AS_ONE = "İIıΣς", "iiiσσ"
_AS_ONE = str.maketrans(ALIKE, AS_ONE)
# What a text holds in one piece, both as it is written and in its keys.
_RUN = re.compile("[A-Za-z0-9]+")
SHORTEST_RUN = 3  # characters; less is in too many texts for an index


class Folded(Func):
    """A text as it is compared without regard to case, in order of code points."""

    arity = 1
    output_field = TextField()

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        """Return the SQL for the version of PostgreSQL at hand."""
        collation = BUILTIN if connection.pg_version >= BUILTIN_SINCE else ICU
        sql, parameters = compiler.compile(self.source_expressions[0])
        as_one = f"translate({sql}, '{ALIKE}', '{AS_ONE}')"
        return f'lower({as_one} COLLATE "{collation}") COLLATE "C"', parameters


class Differ(Func):
    """Whether exactly one of two conditions holds; what is unknown does not hold."""

    template = "(%(expressions)s)"
    arg_joiner = " <> "
    arity = 2
    output_field = BooleanField()


class Holds(Func):
    """Whether a condition holds."""

    template = "COALESCE((%(expressions)s), false)"
    arity = 1
    output_field = BooleanField()


def folded(text: str) -> str:
    """Return a text as ``Folded`` does."""
    return text.translate(_AS_ONE).lower()


def condition(filters: Iterable[Filter]) -> Q:
    """Return what all filters say together: joined from the left, one by one."""
    first, *others = filters
    found = condition_of(first)
    for each in others:
        found = _JOINED[each.join](found, condition_of(each))
    return found


def condition_of(asked: Filter) -> Q:
    """Return what one filter says."""
    if asked.property.is_time:
        return _of_time(asked)
    return _of_state(asked) if asked.property.column == "state" else _of_text(asked)


def orders(sorts: Iterable[SortBy]) -> list[OrderBy]:
    """Return the order of the sorts, and at its end by the primary key, in the last direction.

    A missing time comes last, a missing text where the empty text comes.
    """
    said = list(sorts)
    found = [_order(each) for each in said]
    last = said[-1].descending
    return [*found, OrderBy(F("pk"), descending=last)]


def equal_text(of: Property, texts: list[str]) -> Q:
    """Return that a property is one of these texts, exactly so."""
    return Q(**{f"{of.column}__in": texts}) & _prefilter(of, Operator.IN, texts)


def _xor(one: Q, other: Q) -> Q:
    return Q(Differ(Holds(one), Holds(other)))


_JOINED: dict[Join, Callable[[Q, Q], Q]] = {
    Join.AND: lambda one, other: one & other,
    Join.OR: lambda one, other: one | other,
    Join.XOR: _xor,
}


# Times

_OF_TIME = {
    Operator.LESS_THAN: "lt",
    Operator.LESS_THAN_OR_EQUAL: "lte",
    Operator.GREATER_THAN: "gt",
    Operator.GREATER_THAN_OR_EQUAL: "gte",
}


def _of_time(asked: Filter) -> Q:
    name = asked.property.column
    if asked.operator in _OF_TIME:
        return Q(**{f"{name}__{_OF_TIME[asked.operator]}": asked.values[0]})
    same = [
        Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
        for value in asked.values
    ]
    found = reduce(or_, same)
    return ~found if asked.operator == Operator.NOT_EQUAL else found


# The state: there are three, so what is asked of it is answered here.

_OF_WORD: dict[Operator, Callable[[str, str], bool]] = {
    Operator.CONTAINS: lambda text, part: part in text,
    Operator.STARTS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
    Operator.LESS_THAN: lambda text, other: text < other,
    Operator.LESS_THAN_OR_EQUAL: lambda text, other: text <= other,
    Operator.GREATER_THAN: lambda text, other: text > other,
    Operator.GREATER_THAN_OR_EQUAL: lambda text, other: text >= other,
    Operator.NOT_EQUAL: lambda text, other: text != other,
}


def _of_state(asked: Filter) -> Q:
    compare: Callable[[str, str], bool] = _OF_WORD.get(asked.operator, str.__eq__)
    as_compared = str if asked.case_sensitive else folded
    kept = [
        state
        for state in State.values
        if any(compare(as_compared(state), as_compared(str(v or ""))) for v in asked.values)
    ]
    # Of no state at all Django would make a query that is not asked, in a part of a condition too.
    return Q(state__in=kept) if kept else Q(Exact(Value(1), Value(0)))


# Other texts

_COMPARED: dict[Operator, Callable[[Combinable, Combinable], Any]] = {
    Operator.CONTAINS: lambda text, part: GreaterThan(StrIndex(text, part), 0),
    Operator.STARTS_WITH: lambda text, part: Exact(Left(text, Length(part)), part),
    Operator.ENDS_WITH: lambda text, part: Exact(Right(text, Length(part)), part),
    Operator.LESS_THAN: LessThan,
    Operator.LESS_THAN_OR_EQUAL: LessThanOrEqual,
    Operator.GREATER_THAN: GreaterThan,
    Operator.GREATER_THAN_OR_EQUAL: GreaterThanOrEqual,
}


def _of_text(asked: Filter) -> Q:
    texts = [str(value or "") for value in asked.values]
    if asked.operator in {Operator.IN, Operator.EQUALS} and asked.case_sensitive:
        return equal_text(asked.property, texts)
    side = _by_code_point if asked.case_sensitive else Folded
    column = side(F(asked.property.column))
    compare = _COMPARED.get(asked.operator, Exact)
    values = [side(Value(text, TextField())) for text in texts]
    found = reduce(or_, (Q(compare(column, value)) for value in values))
    if asked.operator == Operator.NOT_EQUAL:
        return ~found
    return found & _prefilter(asked.property, asked.operator, texts)


def _by_code_point(text: Combinable) -> Collate:
    return Collate(text, "C")


def _order(asked: SortBy) -> OrderBy:
    name = asked.property.column
    if asked.property.is_time:
        # Named only where it is not PostgreSQL's own: the index of a time that is never missing.
        last = True if asked.descending and asked.property.may_be_missing else None
        return OrderBy(F(name), descending=asked.descending, nulls_last=last)
    side = _by_code_point if asked.case_sensitive else Folded
    return OrderBy(side(F(name)), descending=asked.descending)


# What an index finds first: it keeps all that the comparison keeps, and more.


def _prefilter(of: Property, operator: Operator, texts: list[str]) -> Q:
    if of.key and operator in _BY_KEY and all(_RUN.search(text) for text in texts):
        return _BY_KEY[operator](of.key, texts)
    longest = max(_RUN.findall(texts[0]), key=len, default="") if len(texts) == 1 else ""
    if of.column == "notes" and operator in _BY_WORDS and len(longest) >= SHORTEST_RUN:
        return Q(notes_key__contains=longest.upper())
    return Q()


def _key(text: str) -> SearchKey:
    return SearchKey(Value(text, TextField()))


def _ends(key: str, texts: list[str]) -> Q:
    return Q(StartsWith(Reverse(F(key)), Reverse(_key(texts[0]))))


_BY_KEY: dict[Operator, Callable[[str, list[str]], Q]] = {
    Operator.EQUALS: lambda key, texts: Q(**{key: _key(texts[0])}),
    Operator.IN: lambda key, texts: Q(**{f"{key}__in": [_key(text) for text in texts]}),
    Operator.STARTS_WITH: lambda key, texts: Q(**{f"{key}__startswith": _key(texts[0])}),
    Operator.ENDS_WITH: _ends,
}
_BY_WORDS = {Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.EQUALS}
