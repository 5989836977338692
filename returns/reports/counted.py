"""The returns themselves, counted."""

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
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, ExtractIsoWeekDay, TruncDate
from django.utils import timezone

from returns.database.time_limit import at_most
from returns.filters.due import deadlines_now, met_of
from returns.models import By, State
from returns.querysets import ReturnQuerySet
from returns.reports.periods import Span, midnight
from returns.reports.scope import Scope
from returns.reports.sources import (
    ARRIVED,
    COMPLETED,
    CREATED,
    Events,
    Taken,
    by_value,
    put_together,
)
from returns.summaries.durations import SPANS

OUTCOME_LIMIT = 3_000  # milliseconds

EVENTS = {CREATED: "created_at", ARRIVED: "arrived_to_warehouse_at", COMPLETED: "completed_at"}
# What went through the warehouse: one that was completed before it arrived never waited there.
WAITED = Q(completed_at__isnull=True) | Q(completed_at__gt=F("arrived_to_warehouse_at"))
COLUMNS = {By.CARRIER: "cargo_carrier", By.CHANNEL: "sales_order_channel"}
# As ``CountedReturn`` has it.
ORDER_HASH = Func("order_key", Value(0), function="hashtextextended", output_field=IntegerField())
PLACE = Case(
    When(
        completed_at__gte=F(EVENTS[ARRIVED]),
        then=Func(
            ExpressionWrapper(F(EVENTS[COMPLETED]) - F(EVENTS[ARRIVED]), DurationField()),
            Value(SPANS, ArrayField(DurationField())),
            function="width_bucket",
            output_field=IntegerField(),
        ),
    ),
)


class Counted:
    """The returns themselves."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def events(self, span: Span, day: date) -> Events:
        """Return the events by day."""
        found = {name: self._within(name, span) for name in EVENTS}
        arrived = Q(arrived_to_warehouse_at__isnull=False)
        found["came"] = found[ARRIVED].filter(WAITED)
        found["went"] = found[COMPLETED].filter(WAITED & arrived)
        days = EVENTS | {"came": EVENTS[ARRIVED], "went": EVENTS[COMPLETED]}
        by_day = {name: _count(found[name], _day(days[name])) for name in found}
        return Events(by_day, self.scope.found.open_at(midnight(day)).count())

    @cached_property
    def waiting(self) -> Counter[date]:
        """Return what waits now."""
        return _count(self.scope.found.in_state(State.ARRIVED), _day(EVENTS[ARRIVED]))

    def taken(self, span: Span) -> dict[date, Taken]:
        """Return how long it took, by day."""
        rows = self._within(COMPLETED, span).annotate(on_day=_day(EVENTS[COMPLETED]), place=PLACE)
        return put_together(rows.values_list("on_day", "place").annotate(number=Count("*")))

    def taken_by(self, by: By, span: Span) -> dict[str, list[Taken]]:
        """Return how long it took, by value."""
        found: Any = _told_apart(self._within(COMPLETED, span), by).annotate(place=PLACE)
        rows = found.values_list("told_by", "place").annotate(number=Count("*"))
        return {value: [taken] for value, taken in put_together(rows).items()}

    def created(self, by: By, span: Span) -> dict[str, Counter[date]]:
        """Return how many were created."""
        found: Any = _told_apart(self._within(CREATED, span), by)
        found = found.annotate(on_day=_day(EVENTS[CREATED]))
        return by_value(found.values_list("told_by", "on_day").annotate(number=Count("*")))

    def pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many carry two tags."""
        found, ids = self._within(CREATED, span), list(tags)
        one, other = "taggings__tag_id", "taggings__entity__taggings__tag_id"
        among = found.filter(**{f"{one}__in": ids, f"{other}__in": ids, f"{other}__gt": F(one)})
        rows = among.values_list(one, other).annotate(number=Count("*"))
        return Counter({(tag, another): number for tag, another, number in rows})

    def orders(self, span: Span, least: int, most: int) -> list[tuple[int, int]]:
        """Return the orders with the most."""
        found = self._within(CREATED, span).filter(order_key__isnull=False)
        orders = found.values_list("order_key").annotate(
            number=Count("*"), last_day=Max(_day(EVENTS[CREATED])), one=Max("pk")
        )
        often = orders.filter(number__gte=least)
        in_order = often.order_by("-number", "-last_day", ORDER_HASH)
        return list(in_order.values_list("one", "number")[:most])

    def outcomes(self, span: Span) -> dict[date, tuple[int, int]]:
        """Return how many met their deadline, and how many missed it."""
        words, now = self.scope.words, timezone.now()
        judged, met = met_of(deadlines_now(), words, now)
        found: Any = self._within(COMPLETED, span).filter(judged).annotate(met=met)
        by_day = found.values_list(_day(EVENTS[COMPLETED]), "met")
        numbers: dict[date, Counter[bool]] = defaultdict(Counter)
        with at_most(OUTCOME_LIMIT):
            for day, is_met, number in by_day.annotate(number=Count("*")):
                numbers[day][is_met] += number
        return {day: (each[True], each[False]) for day, each in numbers.items()}

    def _within(self, event: str, span: Span) -> ReturnQuerySet:
        if event == CREATED:
            return self.scope.found.created("gte", span.begins).created("lt", span.ends)
        column = EVENTS[event]
        return self.scope.found.filter(
            **{f"{column}__gte": span.begins, f"{column}__lt": span.ends}
        )


def _day(column: str) -> TruncDate:
    return TruncDate(column, tzinfo=timezone.get_default_timezone())


def _count(found: ReturnQuerySet, day: TruncDate) -> Counter[date]:
    return Counter(dict(found.values_list(day).annotate(number=Count("*"))))


def _told_apart(found: ReturnQuerySet, by: By) -> ReturnQuerySet:
    """Add ``told_by``, and leave out what has none."""
    if by == By.TAG:
        found = found.filter(taggings__isnull=False)
        return found.annotate(told_by=Cast("taggings__tag_id", TextField()))
    if by == By.WEEKDAY:
        zone = timezone.get_default_timezone()
        day = ExtractIsoWeekDay(EVENTS[ARRIVED], tzinfo=zone)
        found = found.filter(arrived_to_warehouse_at__isnull=False)
        return found.annotate(told_by=Cast(day, TextField()))
    if by == By.UNTAGGED:
        found = found.without_tags()
    return found.annotate(told_by=F(COLUMNS[by]) if by in COLUMNS else Value(""))
