"""How many returns were created, arrived and were completed, and how many waited when."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Min, Q
from django.db.models.functions import TruncDate
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from returns.filtersets import ReturnFilterSet
from returns.models import State
from returns.querysets import ReturnQuerySet
from returns.queues import Queue
from returns.reports.periods import ONE, Period, Span
from tags.vocabulary import TagChip

EVENTS = {
    "created": "created_at",
    "arrived": "arrived_to_warehouse_at",
    "completed": "completed_at",
}
# What went through the warehouse: one that was completed before it arrived never waited there.
WAITED = Q(completed_at__isnull=True) | Q(completed_at__gt=F("arrived_to_warehouse_at"))


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and the list of the returns that it counts."""

    number: int
    address: str


@dataclass(frozen=True, slots=True)
class Total:
    """An event over the period: how often, and how often in the period before."""

    name: str
    now: Figure
    before: Figure

    @property
    def change(self) -> int | None:
        """Return the change in percent of before; None where there was nothing before."""
        if not self.before.number:
            return None
        return round(100 * (self.now.number - self.before.number) / self.before.number)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A day or a week: its events, and how many waited at its end (None: that is yet to come)."""

    span: Span
    created: Figure
    arrived: Figure
    completed: Figure
    backlog: Figure


@dataclass(frozen=True, slots=True)
class Flow:
    """The figures; ``waiting`` is now, and ``oldest`` since when the first of those waits."""

    totals: list[Total]
    buckets: list[Bucket]
    waiting: Figure
    oldest: datetime | None


class _Links:
    """Addresses of lists under the filters of a report."""

    def __init__(self, scope: QueryDict) -> None:
        self.scope = scope

    def to(self, **more: str) -> str:
        """Return the list under the filters and these beside them."""
        query = self.scope.copy()
        for name, value in more.items():
            query[name] = value
        return f"{reverse('return-list')}?{query.urlencode()}"

    def of_event(self, event: str, span: Span, number: int) -> Figure:
        """Return the figure of an event within a span."""
        ends = {f"{event}_from": str(span.first), f"{event}_to": str(span.last)}
        return Figure(number, self.to(**ends))


def flow_of(scope: QueryDict, words: Mapping[int, TagChip], period: Period) -> Flow:
    """Count what the filters of a report select. About ten queries, whatever the period."""
    found = ReturnFilterSet(scope, words).qs.order_by()
    links = _Links(scope)
    by_day = {name: _by_day(found, column, period) for name, column in EVENTS.items()}
    waiting = found.in_state(State.ARRIVED)
    oldest = waiting.aggregate(at=Min("arrived_to_warehouse_at"))["at"]
    return Flow(
        [_total(name, days, period, links) for name, days in by_day.items()],
        _buckets(found, by_day, period, links),
        Figure(waiting.count(), links.to(queue=Queue.TO_INSPECT)),
        oldest,
    )


def _by_day(found: ReturnQuerySet, column: str, period: Period) -> Counter[date]:
    """Count by day, in the period and in the one before it."""
    span = {f"{column}__gte": period.before.begins, f"{column}__lt": period.span.ends}
    return _count(found.filter(**span), column)


def _count(found: ReturnQuerySet, column: str) -> Counter[date]:
    day = TruncDate(column, tzinfo=timezone.get_default_timezone())
    return Counter(dict(found.values_list(day).annotate(number=Count("*"))))


def _within(days: Counter[date], span: Span) -> int:
    return sum(number for day, number in days.items() if span.first <= day <= span.last)


def _total(name: str, days: Counter[date], period: Period, links: _Links) -> Total:
    now, before = (
        links.of_event(name, span, _within(days, span)) for span in (period.span, period.before)
    )
    return Total(name, now, before)


def _buckets(
    found: ReturnQuerySet, by_day: dict[str, Counter[date]], period: Period, links: _Links
) -> list[Bucket]:
    ends = _ends_of_days(found, period)
    return [
        Bucket(
            span,
            **{
                name: links.of_event(name, span, _within(days, span))
                for name, days in by_day.items()
            },
            backlog=Figure(ends[span.last], links.to(open_at=str(span.last))),
        )
        for span in period.buckets()
    ]


def _ends_of_days(found: ReturnQuerySet, period: Period) -> dict[date, int]:
    """Return how many waited at the end of each day: those before, what came, less what went."""
    span = period.span
    number = found.open_at(span.begins).count()
    column = "arrived_to_warehouse_at"
    within = {f"{column}__gte": span.begins, f"{column}__lt": span.ends}
    came = _count(found.filter(WAITED, **within), column)
    within = {"completed_at__gte": span.begins, "completed_at__lt": span.ends}
    went = _count(
        found.filter(WAITED, arrived_to_warehouse_at__isnull=False, **within), "completed_at"
    )
    ends = {}
    for day in (span.first + number_ * ONE for number_ in range(span.days)):
        number += came[day] - went[day]
        ends[day] = number
    return ends
