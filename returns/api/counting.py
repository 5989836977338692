"""The number of matches of a query: exact, or None where counting takes too long."""

from dataclasses import replace

from django.db.models import QuerySet

from returns.api.conditions import is_comparable_here, tags_named, texts_that_match
from returns.api.dqb import Filter, Join, Operator
from returns.api.expected import expect
from returns.api.matching import find_matches
from returns.api.parsed_query import ParsedQuery
from returns.api.prefilters import prefilter
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import count_each
from returns.models import Return, State
from returns.summaries.totals import (
    COUNTED_TEXTS,
    count_in_states,
    count_tagged,
    count_with_texts,
)

DATA_SET_COUNT_LIMIT = 250  # milliseconds per statement


def count_matches(parsed: ParsedQuery) -> int | None:
    """Return the exact number of matches.

    None if counting takes too long, or if a search read only its first matches.
    """
    if parsed.filterset.search_is_cut_short():
        return None
    try:
        with time_limit(DATA_SET_COUNT_LIMIT):
            return _count(parsed)
    except QueryTimeoutError:
        return None


def _count(parsed: ParsedQuery) -> int:
    number = _from_summaries(parsed)
    if number is not None:
        return number
    if not _takes_away(parsed):
        return _counted(parsed)
    # An index finds the few returns that have the value; nearly all have another one.
    filters = parsed.dqb.filters
    others = _with_filters(parsed, filters[:-1])
    equal = _with_filters(parsed, (*filters[:-1], replace(filters[-1], operator=Operator.EQUALS)))
    _refuse_dear(equal)
    number = _from_summaries(others, without=_ids(equal))
    if number is not None:
        return number
    _refuse_dear(others)
    number, taken_away = count_each([_ids(others), _ids(equal)])
    return number - taken_away


def _counted(parsed: ParsedQuery) -> int:
    _refuse_dear(parsed)
    return _ids(parsed).count()


def _refuse_dear(parsed: ParsedQuery) -> None:
    """Raise ``QueryTimeoutError`` at once if PostgreSQL expects to read for too long.

    What it expects of an index is right enough; the texts that are compared then cost the same.
    """
    if expect(_ids(parsed)).is_dear:
        raise QueryTimeoutError


def _ids(parsed: ParsedQuery) -> QuerySet[Return, int]:
    return find_matches(parsed).order_by().values_list("pk", flat=True)


def _with_filters(parsed: ParsedQuery, filters: tuple[Filter, ...]) -> ParsedQuery:
    return replace(parsed, dqb=replace(parsed.dqb, filters=filters))


def _takes_away(parsed: ParsedQuery) -> bool:
    """Return whether the last filter takes away what equals a text that an index finds."""
    if parsed.by_change or not parsed.dqb.filters:
        return False
    *others, last = parsed.dqb.filters
    if last.operator is not Operator.NOT_EQUAL or (others and last.join is not Join.AND):
        return False
    return bool(prefilter(last.property, Operator.EQUALS, [str(last.values[0] or "")]))


# The summaries know how many returns there are in each state, and with each tag.


def _from_summaries(
    parsed: ParsedQuery, without: QuerySet[Return, int] | None = None
) -> int | None:
    """Return the number of matches but those of ``without``; None if the summaries do not tell."""
    if parsed.text_conditions or parsed.time_bounds or parsed.by_change:
        return None
    if (states := _states(parsed)) is not None:
        return count_in_states(states, without)
    if without is None and (tag_id := _tag(parsed)) is not None:
        return count_tagged(tag_id)
    return _count_texts(parsed) if without is None else None


def _states(parsed: ParsedQuery) -> set[str] | None:
    """Return the states that a query asks for; None if it asks for something else."""
    filters = parsed.dqb.filters
    is_other = any(each.property.column != "state" for each in filters)
    if is_other or parsed.filterset.has_filters_besides("state"):
        return None
    states = set(parsed.filterset.values.get("state", State.values))
    if not filters:
        return states
    first, *others = filters
    matching = set(texts_that_match(first, State.values))
    for each in others:
        also = set(texts_that_match(each, State.values))
        match each.join:
            case Join.AND:
                matching &= also
            case Join.OR:
                matching |= also
            case Join.XOR:
                matching ^= also
    return states & matching


def _tag(parsed: ParsedQuery) -> int | None:
    """Return the only tag that a query asks for; None if it asks for something else."""
    filters = parsed.dqb.filters
    if not filters and not parsed.filterset.has_filters_besides("tag"):
        tag_ids = [parsed.filterset.tag_ids[name] for name in parsed.filterset.values["tag"]]
    elif len(filters) == 1 and not parsed.filterset.has_filters_besides():
        tag_ids = _tags_that_equal(filters[0], parsed)
    else:
        return None
    return tag_ids[0] if len(set(tag_ids)) == 1 else None


def _tags_that_equal(filter_: Filter, parsed: ParsedQuery) -> list[int]:
    if not filter_.property.are_tags or filter_.operator is not Operator.EQUALS:
        return []
    return tags_named(filter_, str(filter_.values[0] or ""), parsed.vocabulary)


def _count_texts(parsed: ParsedQuery) -> int | None:
    """Return the number of returns of the carriers or channels that a query asks for alone."""
    if len(parsed.dqb.filters) != 1 or parsed.filterset.has_filters_besides():
        return None
    (filter_,) = parsed.dqb.filters
    column = filter_.property.column
    texts = parsed.stored_texts.get(column)
    if column not in COUNTED_TEXTS or texts is None or not is_comparable_here(filter_, texts):
        return None
    return count_with_texts(column, texts_that_match(filter_, texts))
