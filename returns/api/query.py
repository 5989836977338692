"""Parsing the query string of ``GET /Returns``, and reading the page that it asks for.

One query string may combine the API's own parameters, ``dqb`` and the filters of the pages. All
of them apply together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OrderBy, Q
from django.http import QueryDict

from returns.api.conditions import build_condition, build_ordering
from returns.api.cursor_pagination import read_cursor_page
from returns.api.dqb import Dqb
from returns.api.dqb_parser import parse_dqb
from returns.api.errors import ErrorDetail, InvalidRequest
from returns.api.field_parameters import (
    TEXT_PARAMETERS,
    TIME_PARAMETERS,
    TimeBound,
    parse_texts,
    parse_time_bounds,
)
from returns.api.parameters import (
    FILTER_PARAMETERS,
    PAGE_PARAMETERS,
    PARAMETERS,
    find_parameter,
)
from returns.api.properties import quote, suggest
from returns.api.values import parse_whole_number
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import is_ignored
from returns.filters.query import Query
from returns.filters.sorting import Sort
from returns.models import Return, State
from returns.models.facts import LINE_ITEMS
from returns.querysets import ReturnQuerySet
from tags.vocabulary import load_vocabulary

# Columns that no answer shows.
FIELDS_NOT_SENT = ("notes_key", "corrections", "feed_tags", "stamps")
MAX_PAGE_SIZE = 100  # returns
DATA_SET_COUNT_LIMIT = 2_000  # milliseconds
SINGLE_VALUE_PARAMETERS = ("dqb", "offset", "count", "cursor", "sort")
# Values by parameter, in our spelling of its name.
Params = dict[str, list[str]]
# Any sort of the filter language by which rows are not read in order of creation.
NOT_BY_CREATION = "updated"


@dataclass(frozen=True)
class ResultPage:
    """A page of returns.

    ``count`` and ``offset`` are the requested ones, brought within their limits.
    ``data_set_count`` is the exact number of matches; None if counting takes too long, if a search
    read only its first matches, or with a cursor. ``next_cursor`` is None on the last page, and
    without a cursor.
    """

    returns: list[Return]
    count: int
    offset: int
    data_set_count: int | None = None
    next_cursor: str | None = None


@dataclass(frozen=True)
class _ParsedQuery:
    filterset: ReturnFilterSet
    text_conditions: list[Q]
    time_bounds: list[TimeBound]
    dqb: Dqb
    ordering: list[OrderBy] | None
    offset: int
    count: int
    cursor: str | None


def run_query(
    params: QueryDict, *, now: datetime, with_tag_ids: bool = False, with_items: bool = False
) -> ResultPage:
    """Return the page of returns that a query string asks for.

    They have their line items and ``tag_ids`` only if asked for. Raises ``InvalidRequest``.
    """
    parsed = _parse(_by_known_name(params), now)
    matches = _filter(parsed).defer(*FIELDS_NOT_SENT, *(() if with_items else (LINE_ITEMS,)))
    queryset = matches.with_tag_ids() if with_tag_ids else matches
    if parsed.cursor is not None:
        return _cursor_page(queryset, parsed.cursor, parsed.count)
    end = parsed.offset + parsed.count
    returns = list(_order(queryset, parsed.ordering)[parsed.offset : end])
    return ResultPage(returns, parsed.count, parsed.offset, _count(matches, parsed))


def page_size(count: int | None) -> int:
    """Return the number of returns on a page for a requested ``count``: from 1 to the maximum."""
    return MAX_PAGE_SIZE if count is None else min(max(count, 1), MAX_PAGE_SIZE)


def _cursor_page(queryset: ReturnQuerySet, cursor: str, count: int) -> ResultPage:
    try:
        page = read_cursor_page(queryset, cursor, count)
    except ValueError as error:
        message = "cursor: this cursor is not valid. Start with an empty one."
        raise InvalidRequest(ErrorDetail("cursor", message, "bad_cursor")) from error
    return ResultPage(page.returns, count, 0, next_cursor=page.next_cursor)


def _order(queryset: ReturnQuerySet, ordering: list[OrderBy] | None) -> ReturnQuerySet:
    if ordering is None:
        return queryset.in_order_of("created_at", descending=True)
    return queryset.order_by(*ordering)


def _count(matches: ReturnQuerySet, parsed: _ParsedQuery) -> int | None:
    if parsed.filterset.search_is_cut_short():
        return None
    try:
        with time_limit(DATA_SET_COUNT_LIMIT):
            return matches.order_by().values("pk").count()
    except QueryTimeoutError:
        return None


def _filter(parsed: _ParsedQuery) -> ReturnQuerySet:
    queryset: ReturnQuerySet = parsed.filterset.qs
    for bound in parsed.time_bounds:
        if bound.column == "created_at":
            queryset = queryset.created(bound.lookup, bound.moment)
        else:
            queryset = queryset.filter(**{f"{bound.column}__{bound.lookup}": bound.moment})
    if parsed.dqb.filters:
        queryset = queryset.filter(build_condition(parsed.dqb.filters))
    return queryset.filter(*parsed.text_conditions)


# Parsing


def _by_known_name(params: QueryDict) -> Params:
    """Return the values by our spelling of each name. Raises ``InvalidRequest``."""
    known: Params = {}
    errors = []
    for name, values in params.lists():
        if known_name := find_parameter(name):
            known.setdefault(known_name, []).extend(map(str, values))
        elif not is_ignored(name):
            errors.append(_unknown_parameter(name))
    if errors:
        raise InvalidRequest(*errors)
    return known


def _first(params: Params, name: str) -> str:
    return params.get(name, [""])[0]


def _unknown_parameter(name: str) -> ErrorDetail:
    if name in PAGE_PARAMETERS:
        message = f"{name} is only for pages on screen. Use cursor, or offset and count, here."
        return ErrorDetail(name, message, "unknown_parameter")
    message = f"There is no parameter {quote(name)}.{suggest(name, PARAMETERS)}"
    return ErrorDetail(quote(name)[1:-1], message, "unknown_parameter")


class _ErrorCollector(list[ErrorDetail]):
    """Collects errors, so that all of them are reported at once."""

    def attempt[Default](
        self, parse: Any, *arguments: Any, default: Default, **named: Any
    ) -> Any | Default:
        """Return what ``parse`` returns; if it raises ``InvalidRequest``, the default."""
        try:
            return parse(*arguments, **named)
        except InvalidRequest as error:
            self += error.details
            return default


def _parse(params: Params, now: datetime) -> _ParsedQuery:
    errors = _ErrorCollector(_repeated_parameters(params))
    dqb = errors.attempt(parse_dqb, _first(params, "dqb"), now=now, default=Dqb())
    text_conditions = [
        errors.attempt(parse_texts, name, params[name], default=Q())
        for name in TEXT_PARAMETERS
        if name in params
    ]
    time_bounds = [
        bound
        for name in TIME_PARAMETERS
        for bound in errors.attempt(
            parse_time_bounds, name, params.get(name, []), now=now, default=[]
        )
    ]
    offset, count = (
        errors.attempt(_parse_number, params, name, default=None) for name in ("offset", "count")
    )
    errors += _contradictions(params, dqb)
    errors += _unknown_states(params)
    ordering = errors.attempt(_parse_ordering, params, dqb, default=None)
    filterset = _filterset(params, by_creation=ordering is None and "cursor" not in params)
    errors += _filterset_errors(filterset, reported=errors)
    if errors:
        raise InvalidRequest(*errors)
    offset = dqb.offset if offset is None else offset
    count = dqb.count if count is None else count
    return _ParsedQuery(
        *(filterset, text_conditions, time_bounds, dqb, ordering),
        offset=max(offset or 0, 0),
        count=page_size(count),
        cursor=_first(params, "cursor") if "cursor" in params else None,
    )


def _repeated_parameters(params: Params) -> Iterable[ErrorDetail]:
    for name in SINGLE_VALUE_PARAMETERS:
        if len(params.get(name, ())) > 1:
            yield ErrorDetail(name, f"{name} is given more than once.", "said_twice")


def _contradictions(params: Params, dqb: Dqb) -> Iterable[ErrorDetail]:
    """Yield errors for parameters that contradict ``dqb``, or do not go with ``cursor``."""
    in_dqb = {
        "sort": bool(dqb.sorts),
        "offset": dqb.offset is not None,
        "count": bool(dqb.count),
    }
    for name, is_in_dqb in in_dqb.items():
        if name in params and is_in_dqb:
            message = f"{name} is given here and in dqb. Give it once."
            yield ErrorDetail(name, message, "said_twice")
        if "cursor" in params and name != "count" and (name in params or is_in_dqb):
            message = f"{name} cannot be combined with cursor, which has its own order."
            yield ErrorDetail(name, message, "not_with_cursor")


def _parse_number(params: Params, name: str) -> int | None:
    if name not in params:
        return None
    text = _first(params, name)
    if (number := parse_whole_number(text)) is None:
        message = f"{name}: {quote(text)} is not a whole number."
        raise InvalidRequest(ErrorDetail(name, message, "not_a_number"))
    return number


def _unknown_states(params: Params) -> Iterable[ErrorDetail]:
    for state in params.get("state", ()):
        if state.strip() not in State.values:
            message = f"state: there is no state {quote(state)}.{suggest(state, State.values)}"
            yield ErrorDetail("state", message, "unknown_state")


def _parse_ordering(params: Params, dqb: Dqb) -> list[OrderBy] | None:
    """Return the requested ordering; None for the newest first."""
    if dqb.sorts:
        return build_ordering(dqb.sorts)
    if not (text := _first(params, "sort").strip()):
        return None
    try:
        sort = Sort.parse(text)
    except ValueError as error:
        raise InvalidRequest(ErrorDetail("sort", f"sort: {error}.", "unknown_sort")) from error
    if not sort.column.for_api:
        message = f"sort: {quote(text)} only works on the pages."
        raise InvalidRequest(ErrorDetail("sort", message, "unknown_sort"))
    nulls_last = True if sort.column.may_be_missing and sort.descending else None
    return [
        OrderBy(F(sort.column.name), descending=sort.descending, nulls_last=nulls_last),
        OrderBy(F("pk"), descending=sort.descending),
    ]


def _filterset(params: Params, *, by_creation: bool) -> ReturnFilterSet:
    filters = {name: params[name] for name in params.keys() & FILTER_PARAMETERS}
    query = Query.from_lists(filters | {"sort": ["-created" if by_creation else NOT_BY_CREATION]})
    return ReturnFilterSet(query, load_vocabulary())


def _filterset_errors(
    filterset: ReturnFilterSet, reported: Iterable[ErrorDetail]
) -> list[ErrorDetail]:
    """Return the errors of the filter language, without parameters that have one already."""
    names = {error.property for error in reported}
    return [
        ErrorDetail(name, f"{name}: {sentence}", "bad_value")
        for name, sentences in filterset.form.errors.items()
        for sentence in sentences
        if name not in names
    ]
