"""Count returns, exactly or up to a cap that is shown as "1,000+"."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from config.numbers import grouped
from returns.database.time_limit import time_limit
from returns.filters.planning import COUNTED_ROWS, ROWS_OF_A_PAGE, NewestMatches, within_reach
from returns.models import Return, State
from returns.querysets import ReturnQuerySet

LIST_CAP = 10_000
FILTERED_CAP = COUNTED_ROWS
# How many returns are looked at to count matches that are not all looked up.
COUNTED_REACH = 2_500


@dataclass(frozen=True, slots=True)
class CappedCount:
    """A number of returns; ``more`` if there are more than were counted."""

    number: int
    more: bool = False

    @property
    def plural_number(self) -> int:
        """Return the number that singular and plural follow: "0+" and "1+" are several."""
        return max(self.number, 2) if self.more else self.number

    def __str__(self) -> str:
        return f"{grouped(self.number)}{'+' if self.more else ''}"


@dataclass(frozen=True, slots=True)
class StateCounts:
    """How many returns are in each state, regardless of the list's filter by state."""

    by_state: dict[str, CappedCount]
    cap: int
    search_is_cut_short: bool = False

    def total(self, states: Sequence[str] = ()) -> CappedCount:
        """Return the number of returns in these states, or in all of them."""
        counts = [self.by_state[state] for state in self.by_state if not states or state in states]
        more = any(count.more for count in counts)
        number = sum(count.number for count in counts)
        return CappedCount(min(number, self.cap) if more else number, more)


def count_up_to(querysets: Sequence[ReturnQuerySet], cap: int) -> list[CappedCount]:
    """Count the rows of each queryset up to a cap, all in one statement."""
    return _count_slices([each.order_by() for each in querysets], cap)


def count_newest_up_to(querysets: Sequence[ReturnQuerySet], cap: int) -> list[CappedCount]:
    """Count like ``count_up_to``, the newest rows first: with a cap, old ones need not be read."""
    return _count_slices(
        [each.in_order_of("created_at", descending=True) for each in querysets], cap
    )


def _count_slices(querysets: Sequence[ReturnQuerySet], cap: int) -> list[CappedCount]:
    numbers = count_each([each.values("pk")[: cap + 1] for each in querysets])
    return [CappedCount(min(number, cap), number > cap) for number in numbers]


def count_parts(parts: Sequence[ReturnQuerySet], cap: int, milliseconds: int) -> CappedCount:
    """Count the rows of parts that are read one after the other, in their order, up to a cap.

    Raises ``QueryTimeoutError`` if counting a part takes longer than these milliseconds.
    """
    number = 0
    with time_limit(milliseconds):
        for part in parts:
            number += part.values("pk")[: cap + 1 - number].count()
            if number > cap:
                break
    return CappedCount(min(number, cap), number > cap)


def count_by_state() -> StateCounts:
    """Count all returns by state, up to 10,000 each, from an index alone."""
    counts = count_up_to([Return.objects.in_state(state) for state in State.values], LIST_CAP)
    return StateCounts(dict(zip(State.values, counts, strict=True)), LIST_CAP)


def count_matches_by_state(
    queryset: ReturnQuerySet, newest: NewestMatches | None, *, cut_short: bool = False
) -> StateCounts:
    """Count the newest 1,000 matches by state, as far as they are within reach.

    ``newest`` are the newest of these matches; without them, all are within reach. ``cut_short``
    says that the search behind them may have more matches than it read.
    """
    is_cut = False
    if newest is None:
        numbers = _count_newest(queryset)
    else:
        numbers, is_cut = _count_within_reach(queryset, newest)
    more = cut_short or is_cut or numbers.total() > FILTERED_CAP
    counts = {state: CappedCount(min(numbers[state], FILTERED_CAP), more) for state in State.values}
    return StateCounts(counts, FILTERED_CAP, cut_short)


def _count_within_reach(
    queryset: ReturnQuerySet, newest: NewestMatches
) -> tuple[Counter[str], bool]:
    near, is_cut = within_reach(queryset, newest, COUNTED_REACH)
    if near is not None:
        return _count_newest(near), is_cut
    seen = newest.matches[:ROWS_OF_A_PAGE] if is_cut else newest.matches
    return Counter(match.state for match in seen), is_cut


def _count_newest(queryset: ReturnQuerySet) -> Counter[str]:
    newest = queryset.in_order_of("created_at", descending=True).values("state")[: FILTERED_CAP + 1]
    return Counter(
        newest.aggregate(**{state: Count("state", filter=Q(state=state)) for state in State.values})
    )


def count_matches(
    queryset: ReturnQuerySet, milliseconds: int, *, cut_short: bool = False
) -> CappedCount:
    """Count the matches up to 1,000.

    ``cut_short`` says that the search behind them may have more matches than it read. Raises
    ``QueryTimeoutError`` if counting takes longer than these milliseconds.
    """
    with time_limit(milliseconds):
        # Newest first: open returns are new ones, so the old ones need not be read.
        newest = queryset.in_order_of("created_at", descending=True)
        number = newest.values("pk")[: FILTERED_CAP + 1].count()
    return CappedCount(min(number, FILTERED_CAP), cut_short or number > FILTERED_CAP)


def count_each(queries: Sequence[QuerySet[Any, Any]]) -> list[int]:
    """Count the rows of each query, all in one statement."""
    statements, parameters = zip(*(query.query.sql_with_params() for query in queries), strict=True)
    counted = (f"(SELECT count(*) FROM ({sql}) AS counted)" for sql in statements)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counted)}", list(chain.from_iterable(parameters)))
        return list(cursor.fetchone())
