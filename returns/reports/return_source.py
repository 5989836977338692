"""Counts from the returns themselves, for filters that no summary knows."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Max,
    Q,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, ExtractIsoWeekDay, TruncDate
from django.utils import timezone

from returns.database.time_limit import time_limit
from returns.filters.due import current_deadlines, met_expression
from returns.models import Dimension, ItemState, ReturnItem, State
from returns.querysets import ReturnQuerySet
from returns.reports.periods import Span, midnight
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
)
from returns.summaries.durations import BUCKET_EDGE_DURATIONS

OUTCOMES_TIME_LIMIT = 3_000  # milliseconds

EVENT_COLUMNS = {
    CREATED: "created_at",
    ARRIVED: "arrived_to_warehouse_at",
    COMPLETED: "completed_at",
}
# A return that was completed before it arrived never waited in the warehouse.
EVER_WAITED = Q(completed_at__isnull=True) | Q(completed_at__gt=F("arrived_to_warehouse_at"))
RETURN_COLUMNS = {Dimension.CARRIER: "cargo_carrier", Dimension.CHANNEL: "sales_order_channel"}
# The same hash as in ``CountedReturn``, so that ties have the same order in all sources.
ORDER_HASH = Func("order_key", Value(0), function="hashtextextended", output_field=IntegerField())
DURATION_BUCKET = Case(
    When(
        completed_at__gte=F("arrived_to_warehouse_at"),
        then=Func(
            ExpressionWrapper(F("completed_at") - F("arrived_to_warehouse_at"), DurationField()),
            Value(BUCKET_EDGE_DURATIONS, ArrayField(DurationField())),
            function="width_bucket",
            output_field=IntegerField(),
        ),
    ),
)

ITEM_COLUMNS = {"waiting": "items_waiting", "missing": "items_missing", "damaged": "items_damaged"}
# ``ITEM_COUNTS`` of returns and of counted returns, which have the same columns.
ITEM_AGGREGATES = {
    "total_returns": Count("*"),
    **{
        f"total_with_{name}": Count("pk", filter=Q(**{f"{column}__gt": 0}))
        for name, column in ITEM_COLUMNS.items()
    },
    "total_items": Sum("item_count"),
    **{f"total_{name}": Sum(column) for name, column in ITEM_COLUMNS.items()},
}
# The same of the items of each SKU.
ITEM_STATES = {
    "waiting": ItemState.WAITING,
    "missing": ItemState.MISSING,
    "damaged": ItemState.DAMAGED,
}
SKU_AGGREGATES = {
    "total_returns": Count("pk", filter=Q(is_first_of_sku=True)),
    **{
        f"total_with_{name}": Count("record", distinct=True, filter=Q(state=state))
        for name, state in ITEM_STATES.items()
    },
    "total_items": Count("*"),
    **{f"total_{name}": Count("pk", filter=Q(state=state)) for name, state in ITEM_STATES.items()},
}


class ReturnSource:
    """Counts the returns of a scope; see ``Source``."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def events(self, span: Span, day: date) -> Events:
        """Return the events of a span, and how many returns were waiting when ``day`` began."""
        querysets = {name: self._with_event(name, span) for name in EVENT_COLUMNS}
        has_arrived = Q(arrived_to_warehouse_at__isnull=False)
        querysets[WAIT_BEGAN] = querysets[ARRIVED].filter(EVER_WAITED)
        querysets[WAIT_ENDED] = querysets[COMPLETED].filter(EVER_WAITED & has_arrived)
        columns = EVENT_COLUMNS | {
            WAIT_BEGAN: EVENT_COLUMNS[ARRIVED],
            WAIT_ENDED: EVENT_COLUMNS[COMPLETED],
        }
        by_day = {name: _count(querysets[name], _day(columns[name])) for name in querysets}
        return Events(by_day, self.scope.queryset.open_at(midnight(day)).count())

    @cached_property
    def waiting(self) -> Counter[date]:
        """Return how many returns wait now, by day of arrival."""
        return _count(self.scope.queryset.in_state(State.ARRIVED), _day(EVENT_COLUMNS[ARRIVED]))

    def durations(self, span: Span) -> dict[date, DurationCounts]:
        """Return processing times by day of completion."""
        completed = self._with_event(COMPLETED, span)
        rows = completed.annotate(on_day=_day(EVENT_COLUMNS[COMPLETED]), bucket=DURATION_BUCKET)
        return collect_durations(rows.values_list("on_day", "bucket").annotate(number=Count("*")))

    def durations_by(self, dimension: Dimension, span: Span) -> dict[str, list[DurationCounts]]:
        """Return processing times of the returns completed in a span, by value."""
        grouped: Any = _with_value(self._with_event(COMPLETED, span), dimension)
        rows = grouped.annotate(bucket=DURATION_BUCKET).values_list("group_value", "bucket")
        counted = self.scope.fold(dimension, rows.annotate(number=Count("*")))
        histograms = collect_durations(counted)
        return {value: [counts] for value, counts in histograms.items()}

    def created_by(self, dimension: Dimension, span: Span) -> dict[str, Counter[date]]:
        """Return how many returns were created, by value and day."""
        grouped: Any = _with_value(self._with_event(CREATED, span), dimension)
        grouped = grouped.annotate(on_day=_day(EVENT_COLUMNS[CREATED]))
        rows = grouped.values_list("group_value", "on_day").annotate(number=Count("*"))
        return counts_by_value(self.scope.fold(dimension, rows))

    def tag_pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many returns created in a span have both of two tags, lower id first."""
        queryset, ids = self._with_event(CREATED, span), list(tags)
        one, other = "taggings__tag_id", "taggings__entity__taggings__tag_id"
        pairs = queryset.filter(**{f"{one}__in": ids, f"{other}__in": ids, f"{other}__gt": F(one)})
        rows = pairs.values_list(one, other).annotate(number=Count("*"))
        return Counter({(tag, other_tag): number for tag, other_tag, number in rows})

    def top_orders(self, span: Span, min_returns: int, limit: int) -> list[tuple[int, int]]:
        """Return the orders with the most returns created in a span, ties by latest."""
        with_order = self._with_event(CREATED, span).filter(order_key__isnull=False)
        orders = with_order.values_list("order_key").annotate(
            number=Count("*"), last_day=Max(_day(EVENT_COLUMNS[CREATED])), record_id=Max("pk")
        )
        orders = orders.filter(number__gte=min_returns)
        in_order = orders.order_by("-number", "-last_day", ORDER_HASH)
        return list(in_order.values_list("record_id", "number")[:limit])

    def outcomes(self, span: Span) -> dict[date, tuple[int, int]]:
        """Return how many returns met and missed their deadline, by day of completion.

        Raises ``QueryTimeoutError``.
        """
        has_deadline, met = met_expression(
            current_deadlines(), self.scope.vocabulary, timezone.now()
        )
        completed: Any = self._with_event(COMPLETED, span).filter(has_deadline).annotate(met=met)
        by_day = completed.values_list(_day(EVENT_COLUMNS[COMPLETED]), "met")
        numbers: dict[date, Counter[bool]] = defaultdict(Counter)
        with time_limit(OUTCOMES_TIME_LIMIT):
            for day, is_met, number in by_day.annotate(number=Count("*")):
                numbers[day][is_met] += number
        return {day: (each[True], each[False]) for day, each in numbers.items()}

    def arrivals(self, span: Span) -> Counter[date]:
        """Return how many returns arrived on each day of a span."""
        return _count(self._with_event(ARRIVED, span), _day(EVENT_COLUMNS[ARRIVED]))

    def items(self, span: Span) -> dict[date, ItemCounts]:
        """Return the items of the returns that arrived in a span, by day of arrival."""
        rows: Any = self._with_items(span).annotate(on_day=_day(EVENT_COLUMNS[ARRIVED]))
        return collect_items(rows.values_list("on_day").annotate(**ITEM_AGGREGATES))

    def items_by(self, dimension: Dimension, span: Span) -> dict[str, ItemCounts]:
        """Return the items of the returns that arrived in a span, by value."""
        grouped: Any = _with_value(self._with_items(span), dimension)
        rows = grouped.values_list("group_value").annotate(**ITEM_AGGREGATES)
        return collect_items(self.scope.fold(dimension, rows))

    def top_skus(self, span: Span, limit: int) -> list[tuple[str, ItemCounts]]:
        """Return the SKUs with the most items that arrived in a span, by their search keys."""
        returns = self._with_items(span).values("pk")
        items: Any = ReturnItem.objects.filter(record__in=returns, sku_key__isnull=False)
        rows = items.order_by().values_list("sku_key").annotate(**SKU_AGGREGATES)
        return [*collect_items(rows.order_by("-total_items", "sku_key")[:limit]).items()]

    def _with_items(self, span: Span) -> ReturnQuerySet:
        """Return the returns that arrived in a span and whose line items are known."""
        return self._with_event(ARRIVED, span).with_known_items()

    def _with_event(self, event: str, span: Span) -> ReturnQuerySet:
        """Return the returns that were created, arrived or were completed in a span."""
        queryset = self.scope.queryset
        if event == CREATED:
            return queryset.created("gte", span.begins).created("lt", span.ends)
        column = EVENT_COLUMNS[event]
        return queryset.filter(**{f"{column}__gte": span.begins, f"{column}__lt": span.ends})


def _day(column: str) -> TruncDate:
    return TruncDate(column, tzinfo=timezone.get_default_timezone())


def _count(queryset: ReturnQuerySet, day: TruncDate) -> Counter[date]:
    return Counter(dict(queryset.values_list(day).annotate(number=Count("*"))))


def _with_value(queryset: ReturnQuerySet, dimension: Dimension) -> ReturnQuerySet:
    """Add the value of a dimension as ``group_value``, and leave out returns without one."""
    if dimension == Dimension.TAG:
        queryset = queryset.filter(taggings__isnull=False)
        return queryset.annotate(group_value=Cast("taggings__tag_id", TextField()))
    if dimension == Dimension.WEEKDAY:
        zone = timezone.get_default_timezone()
        weekday = ExtractIsoWeekDay(EVENT_COLUMNS[ARRIVED], tzinfo=zone)
        queryset = queryset.filter(arrived_to_warehouse_at__isnull=False)
        return queryset.annotate(group_value=Cast(weekday, TextField()))
    if dimension == Dimension.UNTAGGED:
        queryset = queryset.without_tags()
    column = RETURN_COLUMNS.get(dimension)
    return queryset.annotate(group_value=F(column) if column else Value(""))
