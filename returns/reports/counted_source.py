# ruff: noqa: S608 - built from our own constants alone
"""Counts from ``CountedReturn``: smaller and quicker to read than the returns, and as exact."""

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

from returns.database.time_limit import QueryTimeoutError
from returns.models import CountedReturn, CountedTags, Dimension, JudgedKind
from returns.reports.figures import BEING_COUNTED
from returns.reports.periods import Span
from returns.reports.return_source import ITEM_AGGREGATES, ReturnSource
from returns.reports.scope import Scope
from returns.reports.sources import (
    ARRIVED,
    COMPLETED,
    CREATED,
    WAIT_BEGAN,
    WAIT_ENDED,
    DurationCounts,
    Events,
    ItemCounts,
    collect_durations,
    collect_items,
    counts_by_value,
    restrict_to_days,
)
from returns.summaries import outcomes

CREATED_DAY, ARRIVED_DAY, COMPLETED_DAY = "created_day", "arrived_day", "completed_day"
OUTCOME_ATTEMPTS = 2  # if returns of the days are written in the meantime
IS_WAITING = Q(completed_day__isnull=True, arrived_day__isnull=False)
# In the order of ``ITEM_COUNTS``; ``CountedReturn`` says what is at which place.
_OF_SKU = [f"sku_counts[n][{place}]" for place in range(1, 5)]
_SKU_NUMBERS = (
    "count(*)",
    *(f"count(*) FILTER (WHERE {number} > 0)" for number in _OF_SKU[1:]),
    *(f"sum({number})::bigint" for number in _OF_SKU),
)
TOP_SKUS = f"""
    SELECT sku, {", ".join(_SKU_NUMBERS)}
    FROM ({{statement}}) AS counted CROSS JOIN unnest(skus) WITH ORDINALITY AS each_sku (sku, n)
    GROUP BY sku ORDER BY sum({_OF_SKU[0]}) DESC, sku LIMIT %s
"""


class CountedSource:
    """Counts the counted returns of a scope; see ``Source``."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.rows = CountedReturn.objects.filter(scope.counted_condition or Q())

    def events(self, span: Span, day: date) -> Events:
        """Return the events of a span, and how many returns were waiting when ``day`` began."""
        created = restrict_to_days(self.rows, span, CREATED_DAY).values_list(CREATED_DAY)
        by_day = {CREATED: _counts_by_day(created)}
        for event, waiting_event, column in (
            (ARRIVED, WAIT_BEGAN, ARRIVED_DAY),
            (COMPLETED, WAIT_ENDED, COMPLETED_DAY),
        ):
            rows = restrict_to_days(self.rows, span, column).values_list(column, "waited")
            by_day[event], by_day[waiting_event] = Counter(), Counter()
            for event_day, waited, number in rows.annotate(number=Count("*")):
                by_day[event][event_day] += number
                by_day[waiting_event][event_day] += number if waited else 0
        return Events(by_day, self._waiting_before(day, span, by_day))

    def _waiting_before(self, day: date, span: Span, by_day: Mapping[str, Counter[date]]) -> int:
        """Return how many returns were waiting when ``day`` began.

        That is the number that wait now, less those that began to wait since, plus those that
        ended their wait since. ``by_day`` has the events of the span; only later ones are counted.
        """
        waited = self.rows.filter(waited=True)
        began, ended = (
            waited.filter(**{f"{column}__gt": span.last}).count()
            + sum(number for event_day, number in by_day[event].items() if event_day >= day)
            for event, column in ((WAIT_BEGAN, ARRIVED_DAY), (WAIT_ENDED, COMPLETED_DAY))
        )
        return self.waiting.total() - began + ended

    @cached_property
    def waiting(self) -> Counter[date]:
        """Return how many returns wait now, by day of arrival."""
        return _counts_by_day(self.rows.filter(IS_WAITING).values_list(ARRIVED_DAY))

    def durations(self, span: Span) -> dict[date, DurationCounts]:
        """Return processing times by day of completion."""
        completed = restrict_to_days(self.rows, span, COMPLETED_DAY)
        rows = completed.values_list(COMPLETED_DAY, "took")
        return collect_durations(rows.annotate(number=Count("*")))

    def durations_by(self, dimension: Dimension, span: Span) -> dict[str, list[DurationCounts]]:
        """Return processing times of the returns completed in a span, by value."""
        completed = restrict_to_days(self.rows, span, COMPLETED_DAY)
        rows = self.scope.fold(dimension, _count_by_value(completed, dimension, "took"))
        histograms = collect_durations(rows)
        return {value: [counts] for value, counts in histograms.items()}

    def created_by(self, dimension: Dimension, span: Span) -> dict[str, Counter[date]]:
        """Return how many returns were created, by value and day."""
        created = restrict_to_days(self.rows, span, CREATED_DAY)
        rows = _count_by_value(created, dimension, CREATED_DAY)
        return counts_by_value(self.scope.fold(dimension, rows))

    def tag_pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many returns created in a span have both of two tags, lower id first."""
        ids = set(tags)
        rows = restrict_to_days(self.rows, span, CREATED_DAY).values_list("tag_set")
        numbers = dict(rows.annotate(number=Count("*")))
        pairs: Counter[tuple[int, int]] = Counter()
        for tag_set in CountedTags.objects.filter(pk__in=list(numbers), tags__overlap=list(ids)):
            for pair in combinations([tag for tag in tag_set.tags if tag in ids], 2):
                pairs[pair] += numbers[tag_set.pk]
        return pairs

    def top_orders(self, span: Span, min_returns: int, limit: int) -> list[tuple[int, int]]:
        """Return the orders with the most returns created in a span, ties by latest."""
        created = restrict_to_days(self.rows, span, CREATED_DAY)
        with_order = created.filter(order_hash__isnull=False).values_list("order_hash")
        orders = with_order.annotate(
            number=Count("*"), last_day=Max(CREATED_DAY), one=Max("record_id")
        )
        orders = orders.filter(number__gte=min_returns)
        in_order = orders.order_by("-number", "-last_day", "order_hash")
        return list(in_order.values_list("one", "number")[:limit])

    def outcomes(self, span: Span) -> dict[date, tuple[int, int]]:
        """Return how many returns met and missed their deadline, by day of completion.

        Raises ``QueryTimeoutError``.
        """
        rows = JudgedKind.objects.filter(self.scope.outcome_condition)
        return read_outcomes(rows, self.scope, span)

    def arrivals(self, span: Span) -> Counter[date]:
        """Return how many returns arrived on each day of a span."""
        return _counts_by_day(self._arrived(span).values_list(ARRIVED_DAY))

    def items(self, span: Span) -> dict[date, ItemCounts]:
        """Return the items of the returns that arrived in a span, by day of arrival."""
        rows = self._with_items(span).values_list(ARRIVED_DAY)
        return collect_items(rows.annotate(**ITEM_AGGREGATES))

    def items_by(self, dimension: Dimension, span: Span) -> dict[str, ItemCounts]:
        """Return the items of the returns that arrived in a span, by value."""
        rows = self._with_items(span)
        if dimension == Dimension.TAG:
            by_set = rows.values_list("tag_set").annotate(**ITEM_AGGREGATES)
            return collect_items(_sum_by_tag(by_set))
        rows = rows.values_list(dimension.name.lower()).annotate(**ITEM_AGGREGATES)
        return collect_items(self.scope.fold(dimension, rows))

    def top_skus(self, span: Span, limit: int) -> list[tuple[str, ItemCounts]]:
        """Return the SKUs with the most items that arrived in a span, by their search keys."""
        rows = self._with_items(span).filter(skus__isnull=False).values("skus", "sku_counts")
        statement, params = rows.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(TOP_SKUS.format(statement=statement), [*params, limit])
            return [*collect_items(cursor.fetchall()).items()]

    def _arrived(self, span: Span) -> Any:
        return restrict_to_days(self.rows, span, ARRIVED_DAY)

    def _with_items(self, span: Span) -> Any:
        """Return the returns that arrived in a span and whose line items are known."""
        return self._arrived(span).filter(item_count__isnull=False)


def read_outcomes(rows: Any, scope: Scope, span: Span) -> dict[date, tuple[int, int]]:
    """Count the days of a span that are not counted yet, then sum up ``rows`` by day.

    Raises ``QueryTimeoutError`` if too many days are left to count.
    """
    fingerprint = outcomes.current_fingerprint(scope.vocabulary, timezone.now())
    if fingerprint is None:
        return ReturnSource(scope).outcomes(span)
    for _ in range(OUTCOME_ATTEMPTS):
        outcomes.count_missing_days(span.first, span.last, scope.vocabulary, fingerprint)
        sums = restrict_to_days(rows, span).values_list("day")
        sums = sums.annotate(met=Sum("met"), missed=Sum("missed"))
        by_day = {day: (met, missed) for day, met, missed in sums}
        # Checked after reading, because writing a return deletes its day.
        if not outcomes.missing_days(span.first, span.last, fingerprint):
            return by_day
    raise QueryTimeoutError(str(BEING_COUNTED))


def _counts_by_day(rows: Any) -> Counter[date]:
    return Counter(dict(rows.annotate(number=Count("*"))))


def _count_by_value(rows: Any, dimension: Dimension, column: str) -> Iterable[tuple[str, Any, int]]:
    """Return counts by value and column; rows without a value are left out."""
    if dimension == Dimension.TAG:
        return _count_by_tag(rows, column)
    if dimension == Dimension.WEEKDAY:
        weekday = Cast(ExtractIsoWeekDay(ARRIVED_DAY), TextField())
        rows = rows.filter(arrived_day__isnull=False).annotate(group_value=weekday)
    elif dimension in {Dimension.CARRIER, Dimension.CHANNEL}:
        rows = rows.annotate(group_value=F(dimension.name.lower()))
    else:
        rows = rows.filter(tag_set__tags=[]) if dimension == Dimension.UNTAGGED else rows
        rows = rows.annotate(group_value=Value(""))
    counts: Iterable[tuple[str, Any, int]] = rows.values_list("group_value", column).annotate(
        number=Count("*")
    )
    return counts


def _sum_by_tag(by_set: Any) -> list[tuple[Any, ...]]:
    """Return rows of tag and sums, from rows of tag set and numbers; far fewer than returns."""
    statement, params = by_set.query.sql_with_params()
    sums = ", ".join(f"sum({name})::bigint" for name in ITEM_AGGREGATES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH by_set (tag_set, {", ".join(ITEM_AGGREGATES)}) AS MATERIALIZED ({statement})
            SELECT tag::text, {sums}
            FROM by_set JOIN returns_countedtags AS s ON s.id = tag_set
            CROSS JOIN unnest(s.tags) AS tag
            GROUP BY tag
            """,
            params,
        )
        return list(cursor.fetchall())


def _count_by_tag(rows: Any, column: str) -> list[tuple[str, Any, int]]:
    """Return counts by tag and column, grouped by tag set first: there are far fewer of those."""
    by_set = rows.values_list("tag_set", column).annotate(number=Count("*"))
    statement, params = by_set.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH by_set (tag_set, at, number) AS MATERIALIZED ({statement})
            SELECT tag::text, at, sum(number)::bigint
            FROM by_set JOIN returns_countedtags AS s ON s.id = tag_set
            CROSS JOIN unnest(s.tags) AS tag
            GROUP BY tag, at
            """,
            params,
        )
        return list(cursor.fetchall())
