"""Filters and sorts of the API as database expressions.

Texts: a missing text is the empty text. Case-insensitive comparison lower-cases each character by
Unicode's mapping, in no particular language; ``ı İ I i`` count as one letter, and so do ``σ ς``.
Less and greater compare code points. Times: a missing time is null, which equals null, differs
from every time, and is neither less nor greater than any. Tags: what holds for one of them holds
for the return, but ``NotEqual`` is the opposite of ``Equals``; null and the empty text stand for
no tags.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import (
    BooleanField,
    Exists,
    F,
    Func,
    OrderBy,
    OuterRef,
    Q,
    TextField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate, Left, Length, Right, StrIndex
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
)

from returns.api.dqb import WHOLE_VALUE_OPERATORS, Filter, Join, Operator, SortBy
from returns.api.prefilters import prefilter
from returns.api.properties import Property
from returns.models import ReturnTag, State
from tags.vocabulary import TagChip

# PostgreSQL 17 and later have Unicode's own mapping. ICU's root locale agrees with it, apart from
# differences between versions of Unicode.
BUILTIN_COLLATION_SINCE = 170_000
BUILTIN_COLLATION, ICU_COLLATION = "pg_c_utf8", "und-x-icu"
EQUATED_LETTERS, EQUATED_TO = "İIıΣς", "iiiσσ"
# Below it, every version of Unicode that is in use has the same lower case.
FIRST_OTHER_CHARACTER = "\u3000"
_EQUATED = str.maketrans(EQUATED_LETTERS, EQUATED_TO)


class Folded(Func):
    """A text folded for case-insensitive comparison, collated by code point."""

    arity = 1
    output_field = TextField()

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        """Return the SQL for the connected version of PostgreSQL."""
        has_builtin = connection.pg_version >= BUILTIN_COLLATION_SINCE
        collation = BUILTIN_COLLATION if has_builtin else ICU_COLLATION
        sql, parameters = compiler.compile(self.source_expressions[0])
        equated = f"translate({sql}, '{EQUATED_LETTERS}', '{EQUATED_TO}')"
        return f'lower({equated} COLLATE "{collation}") COLLATE "C"', parameters


class Differ(Func):
    """Whether two boolean expressions have different values: exclusive or."""

    template = "(%(expressions)s)"
    arg_joiner = " <> "
    arity = 2
    output_field = BooleanField()


class IsTrue(Func):
    """Whether a condition is true; false if it is null."""

    template = "COALESCE((%(expressions)s), false)"
    arity = 1
    output_field = BooleanField()


def folded(text: str) -> str:
    """Return a text folded in Python exactly as ``Folded`` does it in the database."""
    return text.translate(_EQUATED).lower()


def build_condition(
    filters: Iterable[Filter],
    tags: Mapping[int, TagChip] | None = None,
    stored_texts: Mapping[str, Sequence[str]] | None = None,
) -> Q:
    """Return one condition for all filters, joined from left to right without precedence.

    ``tags`` are those of the vocabulary, for filters by tags. ``stored_texts`` are all texts of
    the columns of which they are known, the states apart.
    """
    texts = {"state": State.values, **(stored_texts or {})}
    first, *others = filters
    condition = filter_condition(first, tags or {}, texts)
    for each in others:
        condition = _JOIN[each.join](condition, filter_condition(each, tags or {}, texts))
    return condition


def filter_condition(
    filter_: Filter, tags: Mapping[int, TagChip], stored_texts: Mapping[str, Sequence[str]]
) -> Q:
    """Return the condition for a single filter."""
    if filter_.property.are_tags:
        return _tag_condition(filter_, tags)
    if filter_.property.is_time:
        return _time_condition(filter_)
    texts = stored_texts.get(filter_.property.column)
    if texts is not None and is_comparable_here(filter_, texts):
        return _condition_of_few(filter_, texts)
    return _text_condition(filter_)


def build_ordering(sorts: Iterable[SortBy]) -> list[OrderBy]:
    """Return the ordering for the sorts, ending in the primary key in the last direction.

    Missing times come last. Missing texts sort as the empty text.
    """
    sorts = list(sorts)
    return [*map(_order_by, sorts), OrderBy(F("pk"), descending=sorts[-1].descending)]


def text_in(property_: Property, texts: list[str]) -> Q:
    """Return the condition that a property is exactly one of these texts."""
    return Q(**{f"{property_.column}__in": texts}) & prefilter(property_, Operator.IN, texts)


def _xor(one: Q, other: Q) -> Q:
    return Q(Differ(IsTrue(one), IsTrue(other)))


_JOIN: dict[Join, Callable[[Q, Q], Q]] = {
    Join.AND: lambda one, other: one & other,
    Join.OR: lambda one, other: one | other,
    Join.XOR: _xor,
}


# Times

_TIME_LOOKUPS = {
    Operator.LESS_THAN: "lt",
    Operator.LESS_THAN_OR_EQUAL: "lte",
    Operator.GREATER_THAN: "gt",
    Operator.GREATER_THAN_OR_EQUAL: "gte",
}


def _time_condition(filter_: Filter) -> Q:
    column = filter_.property.column
    if filter_.operator in _TIME_LOOKUPS:
        return Q(**{f"{column}__{_TIME_LOOKUPS[filter_.operator]}": filter_.values[0]})
    alternatives = [
        Q(**{f"{column}__isnull": True}) if value is None else Q(**{column: value})
        for value in filter_.values
    ]
    condition = reduce(or_, alternatives)
    return ~condition if filter_.operator == Operator.NOT_EQUAL else condition


# There are three states, and a number of tags, carriers and channels, so the comparison is made
# here, and the database gets a list.

# An empty list raises EmptyResultSet, which would empty the whole query from inside a Func.
_NEVER = Q(Exact(Value(1), Value(0)))
_COMPARISONS_HERE: dict[Operator, Callable[[str, str], bool]] = {
    Operator.CONTAINS: lambda text, part: part in text,
    Operator.STARTS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
    Operator.LESS_THAN: lambda text, other: text < other,
    Operator.LESS_THAN_OR_EQUAL: lambda text, other: text <= other,
    Operator.GREATER_THAN: lambda text, other: text > other,
    Operator.GREATER_THAN_OR_EQUAL: lambda text, other: text >= other,
    Operator.NOT_EQUAL: lambda text, other: text != other,
}


def texts_that_match(filter_: Filter, texts: Iterable[str]) -> list[str]:
    """Return those of the texts for which a filter holds."""
    compare: Callable[[str, str], bool] = _COMPARISONS_HERE.get(filter_.operator, str.__eq__)
    fold = str if filter_.case_sensitive else folded
    values = [fold(str(value or "")) for value in filter_.values]
    return [text for text in texts if any(compare(fold(text), value) for value in values)]


def _condition_of_few(filter_: Filter, texts: Iterable[str]) -> Q:
    matching = texts_that_match(filter_, texts)
    return Q(**{f"{filter_.property.column}__in": matching}) if matching else _NEVER


def is_comparable_here(filter_: Filter, texts: Iterable[str]) -> bool:
    """Return whether Python and PostgreSQL are sure to fold all of these alike."""
    given = (str(value or "") for value in filter_.values)
    return all(max(text, default="") < FIRST_OTHER_CHARACTER for text in (*given, *texts))


def tags_named(filter_: Filter, text: str, tags: Mapping[int, TagChip]) -> list[int]:
    """Return the ids of the tags that a value of a filter means; whole values may be synonyms."""
    fold = str if filter_.case_sensitive else folded
    is_whole = filter_.operator in WHOLE_VALUE_OPERATORS
    compare = str.__eq__ if is_whole else _COMPARISONS_HERE[filter_.operator]
    value = fold(text.strip() if is_whole else text)
    return [
        chip.id
        for chip in tags.values()
        if any(
            compare(fold(name), value) for name in (chip.name, *(chip.synonyms if is_whole else ()))
        )
    ]


def _tag_condition(filter_: Filter, tags: Mapping[int, TagChip]) -> Q:
    taggings = ReturnTag.objects.filter(entity=OuterRef("pk"))
    texts = [str(value or "") for value in filter_.values]
    named = {pk for text in texts if text for pk in tags_named(filter_, text, tags)}
    condition = Q(Exists(taggings.filter(tag__in=sorted(named)))) if named else _NEVER
    if filter_.operator in WHOLE_VALUE_OPERATORS and "" in texts:
        condition |= Q(~Exists(taggings))
    return ~condition if filter_.operator == Operator.NOT_EQUAL else condition


# Other texts

_TEXT_COMPARISONS: dict[Operator, Callable[[Combinable, Combinable], Any]] = {
    Operator.CONTAINS: lambda text, part: GreaterThan(StrIndex(text, part), 0),
    Operator.STARTS_WITH: lambda text, part: Exact(Left(text, Length(part)), part),
    Operator.ENDS_WITH: lambda text, part: Exact(Right(text, Length(part)), part),
    Operator.LESS_THAN: LessThan,
    Operator.LESS_THAN_OR_EQUAL: LessThanOrEqual,
    Operator.GREATER_THAN: GreaterThan,
    Operator.GREATER_THAN_OR_EQUAL: GreaterThanOrEqual,
}


def _text_condition(filter_: Filter) -> Q:
    texts = [str(value or "") for value in filter_.values]
    if filter_.operator in {Operator.IN, Operator.EQUALS} and filter_.case_sensitive:
        return text_in(filter_.property, texts)
    collate = _by_code_point if filter_.case_sensitive else Folded
    column = collate(F(filter_.property.column))
    compare = _TEXT_COMPARISONS.get(filter_.operator, Exact)
    values = [collate(Value(text, TextField())) for text in texts]
    condition = reduce(or_, (Q(compare(column, value)) for value in values))
    if filter_.operator == Operator.NOT_EQUAL:
        return ~condition
    return condition & prefilter(filter_.property, filter_.operator, texts)


def _by_code_point(text: Combinable) -> Collate:
    return Collate(text, "C")


def _order_by(sort: SortBy) -> OrderBy:
    column = sort.property.column
    if sort.property.is_time:
        # NULLS LAST on a column without nulls would keep PostgreSQL from using its index.
        last = True if sort.descending and sort.property.may_be_missing else None
        return OrderBy(F(column), descending=sort.descending, nulls_last=last)
    collate = _by_code_point if sort.case_sensitive else Folded
    return OrderBy(collate(F(column)), descending=sort.descending)
