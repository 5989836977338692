"""Reading a page of matches in the order that a query asks for, from an index if there is one."""

from collections.abc import Callable, Sequence

from django.db.models import F, OrderBy, Q

from returns.api.conditions import texts_that_match
from returns.api.dqb import Join
from returns.api.errors import ErrorDetail, InvalidRequest
from returns.api.parsed_query import ParsedQuery
from returns.filters.sorting import ANY_STATE, SORT_COLUMNS
from returns.models import Return, State
from returns.querysets import ReturnQuerySet

# No index has texts in the order of their lower case, so all matches are read and sorted.
MAX_SORTED_BY_TEXT = 100_000
# Where a page begins to be looked for, if it has the newest matches.
NEWEST_LOOKED_AT = 20_000
# The states in which a return has a time.
PRESENT_IN = {
    SORT_COLUMNS[name].name: SORT_COLUMNS[name].present_in for name in ("arrived", "completed")
}
Shape = Callable[[ReturnQuerySet], ReturnQuerySet]


def read_page(matches: ReturnQuerySet, parsed: ParsedQuery, with_answer: Shape) -> list[Return]:
    """Return the returns of the page that a query without a cursor asks for.

    ``with_answer`` adds what the answer shows of them.
    """
    start, end = parsed.offset, parsed.offset + parsed.count
    ordering = _without_missing(parsed)
    if not parsed.dqb.filters and ordering is None:
        return list(with_answer(_newest_first(matches))[start:end])
    if parsed.by_change and ordering is not None:
        return list(with_answer(matches).order_by(*ordering)[start:end])
    if ordering is None or _is_newest_first(ordering):
        ids = _among_newest(matches, end)
        of_page = Q(pk__in=_newest_first(matches).values("pk")[start:end])
        if ids is not None:
            of_page = Q(pk__in=ids[start:])
        return list(_newest_first(with_answer(Return.objects.filter(of_page))))
    if not ordering[0].nulls_last:
        return _read(matches, ordering, start, end, with_answer)
    return _read_missing_last(matches, ordering, start, end, with_answer)


def _without_missing(parsed: ParsedQuery) -> Sequence[OrderBy] | None:
    """Return the ordering, without a time that no return in the states asked for has."""
    ordering = parsed.ordering
    if ordering is None:
        return None
    has_it = PRESENT_IN.get(_column(ordering[0]), ANY_STATE)
    return ordering if len(ordering) == 1 or has_it & _states(parsed) else ordering[1:]


def _states(parsed: ParsedQuery) -> set[str]:
    """Return all states that matches may have."""
    states = set(parsed.filterset.values.get("state", State.values))
    filters = parsed.dqb.filters
    if all(each.join is Join.AND for each in filters[1:]):
        for each in filters:
            if each.property.column == "state":
                states &= set(texts_that_match(each, State.values))
    return states


def read_few(ids: Sequence[int], parsed: ParsedQuery, with_answer: Shape) -> list[Return]:
    """Return the returns of the page; ``ids`` are those of all matches."""
    if not ids:
        return []
    returns = with_answer(Return.objects.among(ids))
    if parsed.ordering is None:
        returns = _newest_first(returns)
    else:
        returns = returns.order_by(*parsed.ordering)
    return list(returns[parsed.offset : parsed.offset + parsed.count])


def _is_newest_first(ordering: Sequence[OrderBy]) -> bool:
    is_by_creation = _column(ordering[0]) == "created_at" and ordering[0].descending
    return is_by_creation and len(ordering) == 2


def _column(order: OrderBy) -> str:
    """Return the column that rows are sorted by; "" if it is a value made of it."""
    return str(getattr(order.expression, "name", ""))


def _among_newest(matches: ReturnQuerySet, end: int) -> list[int] | None:
    """Return the ids of the matches up to the end of the page, if the newest returns have them.

    What many returns match is found there, whatever PostgreSQL expects of conditions that it knows
    nothing about. What few match is found by an index.
    """
    created = _newest_first(Return.objects.all()).values_list("created_at", flat=True)
    oldest = created[NEWEST_LOOKED_AT : NEWEST_LOOKED_AT + 1].first()
    if oldest is None:
        return None
    newest = _newest_first(matches.created("gte", oldest))
    ids = list(newest.values_list("pk", flat=True)[:end])
    return ids if len(ids) == end else None


def count_for_text_sort(matches: ReturnQuerySet, parsed: ParsedQuery) -> int | None:
    """Return the number of matches if they are sorted by a text first, otherwise None.

    Raises ``InvalidRequest`` if they are too many.
    """
    sorts = parsed.dqb.sorts
    if not sorts or sorts[0].property.is_time:
        return None
    number = matches.order_by().values("pk")[: MAX_SORTED_BY_TEXT + 1].count()
    if number > MAX_SORTED_BY_TEXT:
        name = sorts[0].property.name
        message = (
            f"dqb: {name}: more than {MAX_SORTED_BY_TEXT:,} returns match, and no index has them "
            "in the order of a text. Add filters, or sort by a time, or with the parameters "
            "sort=reference or sort=order."
        )
        raise InvalidRequest(ErrorDetail(name, message, "too_many_to_sort"))
    return number


def _newest_first(queryset: ReturnQuerySet) -> ReturnQuerySet:
    return queryset.in_order_of("created_at", descending=True)


def _read(
    matches: ReturnQuerySet,
    ordering: Sequence[OrderBy],
    start: int,
    end: int,
    with_answer: Shape,
) -> list[Return]:
    # By ids first: what the answer shows is read of this page alone, and not of all that is sorted.
    ids = matches.order_by(*ordering).values("pk")[start:end]
    return list(with_answer(Return.objects.filter(pk__in=ids)).order_by(*ordering))


def _read_missing_last(
    matches: ReturnQuerySet,
    ordering: Sequence[OrderBy],
    start: int,
    end: int,
    with_answer: Shape,
) -> list[Return]:
    """Read what has a value, then what lacks it: an index read backwards begins with the latter."""
    column = _column(ordering[0])
    ordering = [OrderBy(F(column), descending=True), *ordering[1:]]
    present = matches.filter(**{f"{column}__isnull": False})
    rows = _read(present, ordering, start, end, with_answer)
    if left := end - start - len(rows):
        skipped = (
            0 if rows or not start else max(0, start - present.order_by().values("pk").count())
        )
        missing = matches.filter(**{f"{column}__isnull": True})
        more = _read(missing, ordering, max(skipped, 0), max(skipped, 0) + left, with_answer)
        known = {row.pk for row in rows}  # a return may lose its value between the statements
        rows += [row for row in more if row.pk not in known]
    return rows
