"""Parsing the query string of ``GET /Returns``.

One query string may combine the API's own parameters, ``dqb`` and the filters of the pages. All
of them apply together.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, OrderBy, Q
from django.http import QueryDict

from returns.api.conditions import build_ordering, tags_named
from returns.api.dqb import DQB_KEYS, WHOLE_VALUE_OPERATORS, Dqb
from returns.api.dqb_parser import parse_dqb
from returns.api.errors import ErrorDetail, InvalidRequest
from returns.api.field_parameters import (
    TEXT_PARAMETERS,
    TIME_PARAMETERS,
    TimeBound,
    parse_included,
    parse_texts,
    parse_time_bounds,
)
from returns.api.following import CHANGE_ORDER
from returns.api.parameters import (
    CHANGED_SORT,
    FILTER_PARAMETERS,
    PAGE_PARAMETERS,
    PARAMETERS,
    find_parameter,
)
from returns.api.parsed_query import ParsedQuery
from returns.api.properties import CHANGED, quote, suggest
from returns.api.values import parse_whole_number
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import is_ignored
from returns.filters.known_values import read_stored_texts
from returns.filters.query import Query
from returns.filters.sorting import Sort
from returns.models import State
from tags.vocabulary import Vocabulary, load_vocabulary

MAX_PAGE_SIZE = 100  # returns
SINGLE_VALUE_PARAMETERS = ("dqb", "offset", "count", "cursor", "sort")
# Values by parameter, in our spelling of its name.
Params = dict[str, list[str]]
# Any sort of the filter language by which rows are not read in order of creation.
NOT_BY_CREATION = "updated"
NOT_ENCODED = (
    "dqb: its own & ends the parameter here. Encode it as one value, so that & is %26 and = is "
    "%3D: dqb=o%3DEquals%26p%3Dstate%26v%3DCompleted"
)


def page_size(count: int | None) -> int:
    """Return the number of returns on a page for a requested ``count``: from 1 to the maximum."""
    return MAX_PAGE_SIZE if count is None else min(max(count, 1), MAX_PAGE_SIZE)


def parse_query(params: QueryDict, *, now: datetime) -> ParsedQuery:
    """Return what a query string asks for. Raises ``InvalidRequest`` with all that is wrong."""
    return _parse(_by_known_name(params), now)


def is_unencoded(names: Iterable[str]) -> bool:
    """Tell whether a ``dqb`` lies in pieces among these parameters, for it was not encoded."""
    lower = {name.lower() for name in names}
    return "dqb" in lower and not lower.isdisjoint(key for key in DQB_KEYS if len(key) == 1)


def _by_known_name(params: QueryDict) -> Params:
    """Return the values by our spelling of each name. Raises ``InvalidRequest``."""
    known: Params = {}
    errors = []
    if is_unencoded(params):
        raise InvalidRequest(ErrorDetail("dqb", NOT_ENCODED, "not_encoded"))
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


def _parse(params: Params, now: datetime) -> ParsedQuery:
    errors = _ErrorCollector(_repeated_parameters(params))
    vocabulary = load_vocabulary()
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
    errors += _unknown_tags(dqb, vocabulary)
    included: list[str] = errors.attempt(parse_included, params.get("include", []), default=[])
    ordering = errors.attempt(_parse_ordering, params, dqb, default=None)
    filterset = _filterset(
        params, vocabulary, by_creation=ordering is None and "cursor" not in params
    )
    errors += _filterset_errors(filterset, reported=errors)
    if errors:
        raise InvalidRequest(*errors)
    offset = dqb.offset if offset is None else offset
    count = dqb.count if count is None else count
    changes = _changes_asked_for(_first(params, "sort").strip(), dqb, time_bounds)
    columns = {each.property.column for each in dqb.filters}
    return ParsedQuery(
        *(filterset, vocabulary, text_conditions, time_bounds, dqb, ordering),
        offset=max(offset or 0, 0),
        count=page_size(count),
        cursor=_first(params, "cursor") if "cursor" in params else None,
        by_change=changes.is_asked,
        is_settled=changes.is_followed,
        with_tags="tag" in included,
        # With a cursor, not even a return whose carrier is new at this moment may be passed over.
        stored_texts={} if "cursor" in params else read_stored_texts(columns),
    )


class _Changes(NamedTuple):
    is_asked: bool
    is_followed: bool


def _changes_asked_for(sort: str, dqb: Dqb, bounds: Iterable[TimeBound]) -> _Changes:
    """Tell whether a question is about the last change, and whether to follow it.

    Who asks for the latest changes first does not follow them.
    """
    filters = any(each.property == CHANGED for each in dqb.filters)
    filters = filters or any(bound.column == CHANGED.column for bound in bounds)
    sorts = [each for each in dqb.sorts if each.property == CHANGED]
    rises = sort == CHANGED_SORT or any(not each.descending for each in sorts)
    return _Changes(
        is_asked=filters or bool(sorts) or sort.removeprefix("-") == CHANGED_SORT,
        is_followed=filters or rises,
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
        follows = name == "sort" and params.get("sort") == [CHANGED_SORT]
        is_given = (name in params and not follows) or is_in_dqb
        if "cursor" in params and name != "count" and is_given:
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


def _unknown_tags(dqb: Dqb, vocabulary: Vocabulary) -> Iterable[ErrorDetail]:
    for position, filter_ in enumerate(dqb.filters, start=1):
        if not filter_.property.are_tags or filter_.operator not in WHOLE_VALUE_OPERATORS:
            continue
        for value in filter_.values:
            if value and not tags_named(filter_, str(value), vocabulary):
                suggestion = suggest(str(value), (chip.name for chip in vocabulary.values()))
                message = (
                    f"dqb: filter or sort {position}: tag: there is no tag {quote(str(value))}."
                    f"{suggestion}"
                )
                yield ErrorDetail("tag", message, "unknown_tag")


def _parse_ordering(params: Params, dqb: Dqb) -> list[OrderBy] | None:
    """Return the requested ordering; None for the newest first."""
    if dqb.sorts:
        return build_ordering(dqb.sorts)
    if not (text := _first(params, "sort").strip()):
        return None
    if text.removeprefix("-") == CHANGED_SORT:
        return [OrderBy(F(name), descending=text.startswith("-")) for name in CHANGE_ORDER]
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


def _filterset(params: Params, vocabulary: Vocabulary, *, by_creation: bool) -> ReturnFilterSet:
    filters = {name: params[name] for name in params.keys() & FILTER_PARAMETERS}
    query = Query.from_lists(filters | {"sort": ["-created" if by_creation else NOT_BY_CREATION]})
    return ReturnFilterSet(query, vocabulary)


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
