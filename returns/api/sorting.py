"""Reading a page of matches in the order that a query asks for, from an index if there is one."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.db.models import F, OrderBy

from returns.api.errors import ErrorDetail, InvalidRequest
from returns.api.parsed_query import ParsedQuery
from returns.models import Return
from returns.querysets import ReturnQuerySet

# No index has texts in the order of their lower case, so all matches are read and sorted.
MAX_SORTED_BY_TEXT = 100_000
Shape = Callable[[ReturnQuerySet], ReturnQuerySet]


def read_page(matches: ReturnQuerySet, parsed: ParsedQuery, with_answer: Shape) -> list[Return]:
    """Return the returns of the page that a query without a cursor asks for.

    ``with_answer`` adds what the answer shows of them.
    """
    start, end = parsed.offset, parsed.offset + parsed.count
    if parsed.ordering is None:
        if not parsed.dqb.filters:
            return list(with_answer(_newest_first(matches))[start:end])
        ids = _newest_first(matches).values("pk")[start:end]
        return list(_newest_first(with_answer(Return.objects.filter(pk__in=ids))))
    if parsed.by_change:
        return list(with_answer(matches).order_by(*parsed.ordering)[start:end])
    if not parsed.ordering[0].nulls_last:
        return _read(matches, parsed.ordering, start, end, with_answer)
    return _read_missing_last(matches, parsed.ordering, start, end, with_answer)


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
    column: str = cast("Any", ordering[0].expression).name
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
