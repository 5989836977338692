# ruff: noqa: S608 - the parts of these statements are our own
"""What each return was counted in as: quicker to read than the returns, and as true."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Q, Sum, TextField, Value
from django.db.models.functions import Cast, ExtractIsoWeekDay
from django.utils import timezone

from returns.database.time_limit import TookTooLongError
from returns.models import By, CountedReturn, CountedTags, JudgedKind
from returns.reports.counted import Counted
from returns.reports.figures import BEING_COUNTED
from returns.reports.periods import Span
from returns.reports.scope import Scope
from returns.reports.sources import (
    ARRIVED,
    COMPLETED,
    CREATED,
    Events,
    Taken,
    by_value,
    of,
    put_together,
)
from returns.summaries import outcomes as days

CREATED_DAY, ARRIVED_DAY, DONE_DAY = "created_day", "arrived_day", "completed_day"
TRIES = 2  # to count days of which somebody writes
IS_OPEN = Q(completed_day__isnull=True, arrived_day__isnull=False)


class Facts:
    """The facts of the returns of a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.rows = CountedReturn.objects.filter(scope.counted_as or Q())

    def events(self, span: Span, day: date) -> Events:
        """Return the events by day."""
        found = {CREATED: _sum_up(of(self.rows, span, CREATED_DAY).values_list(CREATED_DAY))}
        for name, column, waited in ((ARRIVED, ARRIVED_DAY, "came"), (COMPLETED, DONE_DAY, "went")):
            rows = of(self.rows, span, column).values_list(column, "waited")
            rows = rows.annotate(number=Count("*"))
            found[name], found[waited] = Counter(), Counter()
            for at, is_one, number in rows:
                found[name][at] += number
                found[waited][at] += number if is_one else 0
        return Events(found, self._open_before(day, span, found))

    def _open_before(self, day: date, span: Span, known: Mapping[str, Counter[date]]) -> int:
        """Return how many waited: those of now, less what came and went since.

        Of the days of the span that is ``known``.
        """
        later = self.rows.filter(waited=True)
        came, went = (
            later.filter(**{f"{column}__gt": span.last}).count()
            + sum(number for at, number in known[name].items() if at >= day)
            for name, column in (("came", ARRIVED_DAY), ("went", DONE_DAY))
        )
        return self.waiting.total() - came + went

    @cached_property
    def waiting(self) -> Counter[date]:
        """Return what waits now."""
        return _sum_up(self.rows.filter(IS_OPEN).values_list(ARRIVED_DAY))

    def taken(self, span: Span) -> dict[date, Taken]:
        """Return how long it took, by day."""
        rows = of(self.rows, span, DONE_DAY).values_list(DONE_DAY, "took")
        return put_together(rows.annotate(number=Count("*")))

    def taken_by(self, by: By, span: Span) -> dict[str, list[Taken]]:
        """Return how long it took, by value."""
        rows = _told_apart(of(self.rows, span, DONE_DAY), by, "took")
        return {value: [taken] for value, taken in put_together(rows).items()}

    def created(self, by: By, span: Span) -> dict[str, Counter[date]]:
        """Return how many were created."""
        return by_value(_told_apart(of(self.rows, span, CREATED_DAY), by, CREATED_DAY))

    def pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many carry two tags."""
        ids = set(tags)
        rows = of(self.rows, span, CREATED_DAY).values_list("tag_set")
        numbers = dict(rows.annotate(number=Count("*")))
        found: Counter[tuple[int, int]] = Counter()
        for each in CountedTags.objects.filter(pk__in=list(numbers), tags__overlap=list(ids)):
            for pair in combinations([tag for tag in each.tags if tag in ids], 2):
                found[pair] += numbers[each.pk]
        return found

    def orders(self, span: Span, least: int, most: int) -> list[tuple[int, int]]:
        """Return the orders with the most."""
        rows = of(self.rows, span, CREATED_DAY).filter(order_hash__isnull=False)
        orders = rows.values_list("order_hash").annotate(
            number=Count("*"), last_day=Max(CREATED_DAY), one=Max("record_id")
        )
        often = orders.filter(number__gte=least).order_by("-number", "-last_day", "order_hash")
        return list(often.values_list("one", "number")[:most])

    def outcomes(self, span: Span) -> dict[date, tuple[int, int]]:
        """Return how many met their deadline, and how many missed it."""
        rows = JudgedKind.objects.filter(self.scope.judged_as)
        return outcomes_among(rows, self.scope, span)


def outcomes_among(rows: Any, scope: Scope, span: Span) -> dict[date, tuple[int, int]]:
    """Sum up what is kept by day, after days that are not are counted.

    Raises ``TookTooLongError`` where these are too many for somebody who waits.
    """
    under = days.rules_now(scope.words, timezone.now())
    if under is None:
        return Counted(scope).outcomes(span)
    for _ in range(TRIES):
        days.count(span.first, span.last, scope.words, under)
        sums = of(rows, span).values_list("day").annotate(met=Sum("met"), missed=Sum("missed"))
        found = {day: (met, missed) for day, met, missed in sums}
        # Asked afterwards: what is written forgets days at any time.
        if not days.missing(span.first, span.last, under):
            return found
    raise TookTooLongError(BEING_COUNTED)


def _sum_up(rows: Any) -> Counter[date]:
    return Counter(dict(rows.annotate(number=Count("*"))))


def _told_apart(rows: Any, by: By, column: str) -> Iterable[tuple[str, Any, int]]:
    """Count by value and column, and leave out what has no value."""
    if by == By.TAG:
        return _by_tag(rows, column)
    if by == By.WEEKDAY:
        day = Cast(ExtractIsoWeekDay(ARRIVED_DAY), TextField())
        rows = rows.filter(arrived_day__isnull=False).annotate(told_by=day)
    elif by in {By.CARRIER, By.CHANNEL}:
        rows = rows.annotate(told_by=F(by.name.lower()))
    else:
        rows = rows.filter(tag_set__tags=[]) if by == By.UNTAGGED else rows
        rows = rows.annotate(told_by=Value(""))
    told: Iterable[tuple[str, Any, int]] = rows.values_list("told_by", column).annotate(
        number=Count("*")
    )
    return told


def _by_tag(rows: Any, column: str) -> list[tuple[str, Any, int]]:
    """Count by set of tags first: there are far fewer of them than returns."""
    by_set = rows.values_list("tag_set", column).annotate(number=Count("*"))
    statement, values = by_set.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH by_set (tag_set, at, number) AS MATERIALIZED ({statement})
            SELECT tag::text, at, sum(number)::bigint
            FROM by_set JOIN returns_countedtags AS s ON s.id = tag_set
            CROSS JOIN unnest(s.tags) AS tag
            GROUP BY tag, at
            """,
            values,
        )
        return list(cursor.fetchall())
