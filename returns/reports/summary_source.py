"""Counts from the daily summaries, the quickest source."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Q, Sum

from returns.models import DaySummary, DeadlineDay, Dimension, ItemDay, TagPairDay
from returns.reports.counted_source import CountedSource, read_outcomes
from returns.reports.periods import Span
from returns.reports.scope import Scope
from returns.reports.sources import (
    ARRIVED,
    COMPLETED,
    CREATED,
    ITEM_COUNTS,
    NO_DURATIONS,
    WAIT_BEGAN,
    WAIT_ENDED,
    DurationCounts,
    Events,
    ItemCounts,
    collect_items,
    counts_by_value,
    restrict_to_days,
)


class SummarySource:
    """Reads the summaries of a dimension's value; see ``Source``.

    A carrier has a summary for each of its spellings; they are added up.

    Within one value, summaries do not know other dimensions. ``CountedSource`` answers for these.
    """

    def __init__(self, scope: Scope, dimension: Dimension, value: str) -> None:
        self.scope = scope
        self.of_value = Q(by=dimension, value__in=scope.stored_values(dimension, value))
        self.is_all = dimension == Dimension.ALL
        self.rows = DaySummary.objects.filter(self.of_value)
        self.counted = CountedSource(scope)

    def events(self, span: Span, day: date) -> Events:
        """Return the events of a span, and how many returns were waiting when ``day`` began."""
        names = (CREATED, ARRIVED, COMPLETED, WAIT_BEGAN, WAIT_ENDED)
        by_day: dict[str, Counter[date]] = {name: Counter() for name in names}
        for of_day, *numbers in restrict_to_days(self.rows, span).values_list("day", *names):
            for name, number in zip(names, numbers, strict=True):
                by_day[name][of_day] += number
        sums = self.rows.filter(day__lt=day).aggregate(began=Sum(WAIT_BEGAN), ended=Sum(WAIT_ENDED))
        return Events(by_day, (sums["began"] or 0) - (sums["ended"] or 0))

    @cached_property
    def waiting(self) -> Counter[date]:
        """Return how many returns wait now, by day of arrival."""
        return _sum_by_day(self.rows.exclude(waiting=0).values_list("day", "waiting"))

    def durations(self, span: Span) -> dict[date, DurationCounts]:
        """Return processing times by day of completion."""
        rows = restrict_to_days(self.rows, span).exclude(completed=0)
        by_day: dict[date, DurationCounts] = {}
        for day, completed, counts in rows.values_list("day", "completed", "took"):
            by_day[day] = by_day.get(day, NO_DURATIONS) + DurationCounts(completed, counts)
        return by_day

    def durations_by(self, dimension: Dimension, span: Span) -> dict[str, list[DurationCounts]]:
        """Return processing times of the returns completed in a span, by value."""
        if not self.is_all:
            return self.counted.durations_by(dimension, span)
        rows = restrict_to_days(DaySummary.objects.filter(by=dimension), span).exclude(completed=0)
        by_value = defaultdict(list)
        stored = rows.values_list("value", "completed", "took")
        for value, completed, counts in self.scope.fold(dimension, stored):
            by_value[value].append(DurationCounts(completed, counts))
        return by_value

    def created_by(self, dimension: Dimension, span: Span) -> dict[str, Counter[date]]:
        """Return how many returns were created, by value and day."""
        if dimension == Dimension.ALL:
            rows = restrict_to_days(self.rows, span)
            return {"": _sum_by_day(rows.values_list("day", CREATED))}
        if not self.is_all:
            return self.counted.created_by(dimension, span)
        rows = restrict_to_days(DaySummary.objects.filter(by=dimension), span).exclude(created=0)
        stored = rows.values_list("value", "day", "created")
        return counts_by_value(self.scope.fold(dimension, stored))

    def tag_pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many returns created in a span have both of two tags, lower id first."""
        if not self.is_all:
            return self.counted.tag_pairs(tags, span)
        ids = list(tags)
        rows = restrict_to_days(TagPairDay.objects.filter(tag__in=ids, other__in=ids), span)
        sums = rows.values_list("tag", "other").annotate(sum=Sum("number"))
        return +Counter({(tag, other): number for tag, other, number in sums})

    def top_orders(self, span: Span, min_returns: int, limit: int) -> list[tuple[int, int]]:
        """Return the orders with the most returns created in a span, ties by latest."""
        return self.counted.top_orders(span, min_returns, limit)

    def outcomes(self, span: Span) -> dict[date, tuple[int, int]]:
        """Return how many returns met and missed their deadline, by day of completion.

        Raises ``QueryTimeoutError``.
        """
        return read_outcomes(DeadlineDay.objects.filter(self.of_value), self.scope, span)

    def arrivals(self, span: Span) -> Counter[date]:
        """Return how many returns arrived on each day of a span."""
        return _sum_by_day(restrict_to_days(self.rows, span).values_list("day", ARRIVED))

    def items(self, span: Span) -> dict[date, ItemCounts]:
        """Return the items of the returns that arrived in a span, by day of arrival."""
        rows = restrict_to_days(ItemDay.objects.filter(self.of_value), span)
        return collect_items(rows.values_list("day", *ITEM_COUNTS))

    def items_by(self, dimension: Dimension, span: Span) -> dict[str, ItemCounts]:
        """Return the items of the returns that arrived in a span, by value."""
        if not self.is_all:
            return self.counted.items_by(dimension, span)
        return collect_items(self.scope.fold(dimension, _item_totals(dimension, span)))

    def top_skus(self, span: Span, limit: int) -> list[tuple[str, ItemCounts]]:
        """Return the SKUs with the most items that arrived in a span, by their search keys."""
        if not self.is_all:
            return self.counted.top_skus(span, limit)
        rows = _item_totals(Dimension.SKU, span).filter(total_items__gt=0)
        return [*collect_items(rows.order_by("-total_items", "value")[:limit]).items()]


def _sum_by_day(rows: Iterable[tuple[date, int]]) -> Counter[date]:
    by_day: Counter[date] = Counter()
    for day, number in rows:
        by_day[day] += number
    return by_day


def _item_totals(dimension: Dimension, span: Span) -> Any:
    """Return the counts of each value in a span, as a queryset of value and ``ITEM_COUNTS``."""
    rows = restrict_to_days(ItemDay.objects.filter(by=dimension), span)
    return rows.values_list("value").annotate(
        **{f"total_{name}": Sum(name) for name in ITEM_COUNTS}
    )
