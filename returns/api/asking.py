"""What ``GET /Returns`` is asked, and its answer: everything that is said holds together.

The API's plain parameters, ``dqb`` and the filter language of the pages, in one query string.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OrderBy, Q
from django.http import QueryDict

from returns.api.conditions import condition, orders
from returns.api.dqb import Dqb, page_size, parse_dqb, whole_number
from returns.api.mistakes import Mistake, NotUnderstood
from returns.api.parameters import OF_FILTERS, OF_PAGES, PARAMETERS, find_parameter
from returns.api.plain import TEXTS, TIMES, Limit, read_equal, read_limits
from returns.api.properties import instead_of, shown
from returns.api.walk import step
from returns.database.time_limit import TookTooLongError, at_most
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import is_ignored
from returns.filters.paging import Sort
from returns.filters.query import Query
from returns.models import Return, State
from returns.querysets import ReturnQuerySet
from tags.vocabulary import vocabulary

# What no answer says of a return.
NOT_SAID = ("notes_key", "corrections", "feed_tags")
COUNT_LIMIT = 2_000  # milliseconds
ONCE = ("dqb", "offset", "count", "cursor", "sort")
# What was said, under the names that we write.
Said = dict[str, list[str]]
# A sort of the filter language whose rows are not read in order of creation.
ANY_OTHER_SORT = "updated"


@dataclass(frozen=True)
class Answer:
    """A page of returns.

    ``count`` and ``offset`` are those that were asked for, within their limits. ``data_set_count``
    is the exact number of all matches; None where counting takes too long, a search read only
    the first matches, or a cursor is followed. ``next_cursor`` is None at the end of the walk,
    and where none is followed.
    """

    returns: list[Return]
    count: int
    offset: int
    data_set_count: int | None = None
    next_cursor: str | None = None


@dataclass(frozen=True)
class _Asked:
    """A query string, read."""

    filterset: ReturnFilterSet
    plain: list[Q]
    limits: list[Limit]
    dqb: Dqb
    order: list[OrderBy] | None
    offset: int
    count: int
    cursor: str | None


def ask(params: QueryDict, *, now: datetime, with_tag_ids: bool = False) -> Answer:
    """Return the page of returns that a query string asks for.

    ``with_tag_ids`` adds ``tag_ids`` to each return. Raises ``NotUnderstood`` with every mistake.
    """
    asked = _read(_as_named(params), now)
    found = _found(asked).defer(*NOT_SAID)
    rows = found.with_tag_ids() if with_tag_ids else found
    if asked.cursor is not None:
        return _walked(rows, asked)
    page = _ordered(rows, asked.order)[asked.offset : asked.offset + asked.count]
    return Answer(list(page), asked.count, asked.offset, _count(found, asked))


def _walked(found: ReturnQuerySet, asked: _Asked) -> Answer:
    try:
        page = step(found, asked.cursor or "", asked.count)
    except ValueError as error:
        message = f"cursor: {error}; begin with an empty one."
        raise NotUnderstood(Mistake("cursor", message, "bad_cursor")) from error
    return Answer(page.returns, asked.count, 0, next_cursor=page.next_cursor)


def _ordered(found: ReturnQuerySet, order: list[OrderBy] | None) -> ReturnQuerySet:
    if order is None:
        return found.in_order_of("created_at", descending=True)
    return found.order_by(*order)


def _count(found: ReturnQuerySet, asked: _Asked) -> int | None:
    if asked.filterset.search_is_cut_short():
        return None
    try:
        with at_most(COUNT_LIMIT):
            return found.order_by().values("pk").count()
    except TookTooLongError:
        return None


def _found(asked: _Asked) -> ReturnQuerySet:
    found: ReturnQuerySet = asked.filterset.qs
    for limit in asked.limits:
        if limit.column == "created_at":
            found = found.created(limit.comparison, limit.moment)
        else:
            found = found.filter(**{f"{limit.column}__{limit.comparison}": limit.moment})
    if asked.dqb.filters:
        found = found.filter(condition(asked.dqb.filters))
    return found.filter(*asked.plain)


# Reading


def _as_named(params: QueryDict) -> Said:
    """Return what was said under the names that we write. Raises ``NotUnderstood``."""
    said: Said = {}
    unknown = []
    for name, values in params.lists():
        if known := find_parameter(name):
            said.setdefault(known, []).extend(map(str, values))
        elif not is_ignored(name):
            unknown.append(_unknown(name))
    if unknown:
        raise NotUnderstood(*unknown)
    return said


def _first(said: Said, name: str) -> str:
    return said.get(name, [""])[0]


def _unknown(name: str) -> Mistake:
    if name in OF_PAGES:
        message = f"{name} turns pages of the list; here cursor, or offset and count, do."
        return Mistake(name, message, "unknown_parameter")
    known = instead_of(name, PARAMETERS)
    message = f"There is no parameter {shown(name)}.{known}"
    return Mistake(shown(name)[1:-1], message, "unknown_parameter")


class _Mistakes(list[Mistake]):
    """The mistakes so far, so that all of them are told at once."""

    def keep[Read](self, read: Any, *arguments: Any, otherwise: Read, **named: Any) -> Any | Read:
        """Return what is read, or something else in its place when it was not understood."""
        try:
            return read(*arguments, **named)
        except NotUnderstood as error:
            self += error.mistakes
            return otherwise


def _read(said: Said, now: datetime) -> _Asked:
    wrong = _Mistakes(_said_more_than_once(said))
    dqb = wrong.keep(parse_dqb, _first(said, "dqb"), now=now, otherwise=Dqb())
    plain = [
        wrong.keep(read_equal, name, said[name], otherwise=Q()) for name in TEXTS if name in said
    ]
    limits = [
        limit
        for name in TIMES
        for limit in wrong.keep(read_limits, name, said.get(name, []), now=now, otherwise=[])
    ]
    numbers = [wrong.keep(_number, said, name, otherwise=None) for name in ("offset", "count")]
    wrong += _not_together(said, dqb)
    wrong += _unknown_states(said)
    order = wrong.keep(_order, said, dqb, otherwise=None)
    filterset = _filterset(said, by_creation=order is None and "cursor" not in said)
    wrong += _mistakes_of(filterset, known=wrong)
    if wrong:
        raise NotUnderstood(*wrong)
    offset, count = (
        own if own is not None else of_dqb
        for own, of_dqb in zip(numbers, (dqb.offset, dqb.count), strict=True)
    )
    return _Asked(
        *(filterset, plain, limits, dqb, order, max(offset or 0, 0), page_size(count)),
        cursor=_first(said, "cursor") if "cursor" in said else None,
    )


def _said_more_than_once(said: Said) -> Iterable[Mistake]:
    for name in ONCE:
        if len(said.get(name, ())) > 1:
            yield Mistake(name, f"{name} is said more than once.", "said_twice")


def _not_together(said: Said, dqb: Dqb) -> Iterable[Mistake]:
    of_dqb = {"sort": bool(dqb.sorts), "offset": dqb.offset is not None, "count": dqb.count}
    for name, value in of_dqb.items():
        if name in said and value not in (None, False):
            yield Mistake(name, f"{name} is said here and in dqb; say it once.", "said_twice")
        if "cursor" in said and name != "count" and (name in said or value):
            message = f"{name} does not go with cursor, which has an order of its own."
            yield Mistake(name, message, "not_with_cursor")


def _number(said: Said, name: str) -> int | None:
    if name not in said:
        return None
    if (number := whole_number(_first(said, name))) is None:
        message = f"{name}: {shown(_first(said, name))} is no whole number."
        raise NotUnderstood(Mistake(name, message, "not_a_number"))
    return number


def _unknown_states(said: Said) -> Iterable[Mistake]:
    for state in said.get("state", ()):
        if state.strip() not in State.values:
            message = f"state: there is no state {shown(state)}.{instead_of(state, State.values)}"
            yield Mistake("state", message, "unknown_state")


def _order(said: Said, dqb: Dqb) -> list[OrderBy] | None:
    """Return the order that is asked for; None for the newest first."""
    if dqb.sorts:
        return orders(dqb.sorts)
    if not (text := _first(said, "sort").strip()):
        return None
    try:
        sort = Sort.parse(text)
    except ValueError as error:
        raise NotUnderstood(Mistake("sort", f"sort: {error}.", "unknown_sort")) from error
    if sort.column.raised:
        message = f"sort: {shown(text)} is an order of the queue's pages alone."
        raise NotUnderstood(Mistake("sort", message, "unknown_sort"))
    last = True if sort.column.may_be_missing and sort.descending else None
    return [
        OrderBy(F(sort.column.name), descending=sort.descending, nulls_last=last),
        OrderBy(F("pk"), descending=sort.descending),
    ]


def _filterset(said: Said, *, by_creation: bool) -> ReturnFilterSet:
    lists = {name: said[name] for name in said.keys() & OF_FILTERS}
    query = Query.of(lists | {"sort": ["-created" if by_creation else ANY_OTHER_SORT]})
    return ReturnFilterSet(query, vocabulary())


def _mistakes_of(filterset: ReturnFilterSet, known: Iterable[Mistake]) -> list[Mistake]:
    """Return what the filter language did not understand, but for what was said better already."""
    told = {mistake.property for mistake in known}
    return [
        Mistake(name, f"{name}: {sentence}", "bad_value")
        for name, sentences in filterset.form.errors.items()
        for sentence in sentences
        if name not in told
    ]
