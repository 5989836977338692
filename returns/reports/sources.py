"""Where the numbers of a report come from: the summaries, or the returns themselves.

All give the same numbers. The summaries are there for all returns, and for those of one carrier,
channel or tag. What a return was counted in as answers other filters by these and by state; for
whatever else is filtered the returns are counted.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Any, Protocol

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Q,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, ExtractIsoWeekDay, TruncDate
from django.utils import timezone

from returns.models import By, CountedReturn, DaySummary, State, TagPairDay
from returns.querysets import ReturnQuerySet
from returns.reports.periods import Span, midnight
from returns.reports.scope import Scope
from returns.summaries import keeping
from returns.summaries.durations import SPANS

CREATED, ARRIVED, COMPLETED = "created", "arrived", "completed"
EVENTS = {CREATED: "created_at", ARRIVED: "arrived_to_warehouse_at", COMPLETED: "completed_at"}
# What went through the warehouse: one that was completed before it arrived never waited there.
WAITED = Q(completed_at__isnull=True) | Q(completed_at__gt=F("arrived_to_warehouse_at"))
CREATED_DAY, ARRIVED_DAY, DONE_DAY = "created_day", "arrived_day", "completed_day"
IS_OPEN = Q(completed_day__isnull=True, arrived_day__isnull=False)
COLUMNS = {By.CARRIER: "cargo_carrier", By.CHANNEL: "sales_order_channel"}


@dataclass(frozen=True, slots=True)
class Taken:
    """Of returns of a kind completed on a day: how many, and by place how many took so long."""

    value: str
    day: date
    completed: int
    counts: list[int]


class Source(Protocol):
    """Where numbers come from. ``by`` tells returns apart, and gives a value for each kind."""

    def events(self, span: Span) -> dict[str, Counter[date]]:
        """Return by day how many were created, arrived, completed; and ``came`` and ``went``.

        The last two count what waited, by its days of arrival and of completion.
        """

    @property
    def waiting(self) -> Counter[date]:
        """Return what waits now, by its day of arrival."""

    def open_before(self, day: date) -> int:
        """Return how many waited when a day began."""

    def taken(self, by: By, span: Span) -> list[Taken]:
        """Return how long those took that were completed within a span."""

    def created(self, by: By, span: Span) -> dict[str, Counter[date]]:
        """Return by value and day how many were created."""

    def pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return of how many created within a span carry two of the tags, the lower id first."""


def source_of(scope: Scope) -> tuple[Source, bool]:
    """Return the source of a scope; and whether all that was written is counted in by now."""
    if not keeping.are_there() or scope.counted_as is None:
        return Counted(scope), True
    is_current = keeping.catch_up()
    if scope.kept_as:
        return Kept(scope, *scope.kept_as), is_current
    return Facts(scope), is_current


class Kept:
    """The summaries."""

    def __init__(self, scope: Scope, by: By, value: str) -> None:
        self.rows = DaySummary.objects.filter(by=by, value=value)
        self.is_all = by == By.ALL
        self.counted = Facts(scope)

    def events(self, span: Span) -> dict[str, Counter[date]]:
        """Return the events by day."""
        names = (CREATED, ARRIVED, COMPLETED, "came", "went")
        rows = list(_of(self.rows, span).values_list("day", *names))
        return {
            name: Counter({row[0]: row[place] for row in rows})
            for place, name in enumerate(names, start=1)
        }

    @cached_property
    def waiting(self) -> Counter[date]:
        """Return what waits now."""
        return Counter(dict(self.rows.exclude(waiting=0).values_list("day", "waiting")))

    def open_before(self, day: date) -> int:
        """Return how many waited when a day began."""
        sums = self.rows.filter(day__lt=day).aggregate(came=Sum("came"), went=Sum("went"))
        return (sums["came"] or 0) - (sums["went"] or 0)

    def taken(self, by: By, span: Span) -> list[Taken]:
        """Return how long it took."""
        if by != By.ALL and not self.is_all:
            return self.counted.taken(by, span)
        rows = _of(self.rows if by == By.ALL else DaySummary.objects.filter(by=by), span)
        fields = ("value", "day", "completed", "took")
        return [Taken(*row) for row in rows.exclude(completed=0).values_list(*fields)]

    def created(self, by: By, span: Span) -> dict[str, Counter[date]]:
        """Return how many were created."""
        if not self.is_all:
            return self.counted.created(by, span)
        rows = _of(DaySummary.objects.filter(by=by), span).exclude(created=0)
        return _by_value(rows.values_list("value", "day", "created"))

    def pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many carry two tags."""
        if not self.is_all:
            return self.counted.pairs(tags, span)
        ids = list(tags)
        rows = _of(TagPairDay.objects.filter(tag__in=ids, other__in=ids), span)
        sums = rows.values_list("tag", "other").annotate(sum=Sum("number"))
        return +Counter({(tag, other): number for tag, other, number in sums})


class Facts:
    """What each return was counted in as: quicker to read than the returns, and as true."""

    def __init__(self, scope: Scope) -> None:
        self.rows = CountedReturn.objects.filter(scope.counted_as or Q())
        self.known: tuple[Span, dict[str, Counter[date]]]

    def events(self, span: Span) -> dict[str, Counter[date]]:
        """Return the events by day."""
        found = {CREATED: _sum_up(_of(self.rows, span, CREATED_DAY).values_list(CREATED_DAY))}
        for name, day, waited in ((ARRIVED, ARRIVED_DAY, "came"), (COMPLETED, DONE_DAY, "went")):
            rows = _of(self.rows, span, day).values_list(day, "waited").annotate(number=Count("*"))
            found[name], found[waited] = Counter(), Counter()
            for at, is_one, number in rows:
                found[name][at] += number
                found[waited][at] += number if is_one else 0
        self.known = span, found
        return found

    @cached_property
    def waiting(self) -> Counter[date]:
        """Return what waits now."""
        return _sum_up(self.rows.filter(IS_OPEN).values_list(ARRIVED_DAY))

    def open_before(self, day: date) -> int:
        """Return how many waited when a day began: those of now, less what came and went since."""
        span, known = self.known
        later = self.rows.filter(waited=True)
        came, went = (
            later.filter(**{f"{column}__gt": span.last}).count()
            + sum(number for at, number in known[name].items() if at >= day)
            for name, column in (("came", ARRIVED_DAY), ("went", DONE_DAY))
        )
        return self.waiting.total() - came + went

    def taken(self, by: By, span: Span) -> list[Taken]:
        """Return how long it took."""
        found = _facts_told_apart(_of(self.rows, span, DONE_DAY), by)
        rows = found.values_list("told_by", DONE_DAY, "took").annotate(number=Count("*"))
        return _taken(rows)

    def created(self, by: By, span: Span) -> dict[str, Counter[date]]:
        """Return how many were created."""
        found = _facts_told_apart(_of(self.rows, span, CREATED_DAY), by)
        return _by_value(found.values_list("told_by", CREATED_DAY).annotate(number=Count("*")))

    def pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many carry two tags."""
        ids = set(tags)
        rows = _of(self.rows, span, CREATED_DAY).filter(tags__overlap=list(ids))
        found: Counter[tuple[int, int]] = Counter()
        for all_tags, number in rows.values_list("tags").annotate(number=Count("*")):
            for pair in combinations([tag for tag in all_tags if tag in ids], 2):
                found[pair] += number
        return found


class Counted:
    """The returns themselves."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def events(self, span: Span) -> dict[str, Counter[date]]:
        """Return the events by day."""
        found = {name: self._within(name, span) for name in EVENTS}
        arrived = Q(arrived_to_warehouse_at__isnull=False)
        found["came"] = found[ARRIVED].filter(WAITED)
        found["went"] = found[COMPLETED].filter(WAITED & arrived)
        days = EVENTS | {"came": EVENTS[ARRIVED], "went": EVENTS[COMPLETED]}
        return {name: _count(found[name], _day(days[name])) for name in found}

    @cached_property
    def waiting(self) -> Counter[date]:
        """Return what waits now."""
        return _count(self.scope.found.in_state(State.ARRIVED), _day(EVENTS[ARRIVED]))

    def open_before(self, day: date) -> int:
        """Return how many waited when a day began."""
        return self.scope.found.open_at(midnight(day)).count()

    def taken(self, by: By, span: Span) -> list[Taken]:
        """Return how long it took."""
        found = _told_apart(self._within(COMPLETED, span), by)
        return _taken(_counts(found, _day(EVENTS[COMPLETED]), PLACE))

    def created(self, by: By, span: Span) -> dict[str, Counter[date]]:
        """Return how many were created."""
        found = _told_apart(self._within(CREATED, span), by)
        return _by_value(_counts(found, _day(EVENTS[CREATED])))

    def pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many carry two tags."""
        found, ids = self._within(CREATED, span), list(tags)
        one, other = "taggings__tag_id", "taggings__entity__taggings__tag_id"
        among = found.filter(**{f"{one}__in": ids, f"{other}__in": ids, f"{other}__gt": F(one)})
        rows = among.values_list(one, other).annotate(number=Count("*"))
        return Counter({(tag, another): number for tag, another, number in rows})

    def _within(self, event: str, span: Span) -> ReturnQuerySet:
        if event == CREATED:
            return self.scope.found.created("gte", span.begins).created("lt", span.ends)
        column = EVENTS[event]
        return self.scope.found.filter(
            **{f"{column}__gte": span.begins, f"{column}__lt": span.ends}
        )


def _of(rows: Any, span: Span, day: str = "day") -> Any:
    return rows.filter(**{f"{day}__gte": span.first, f"{day}__lte": span.last})


def _sum_up(rows: Any) -> Counter[date]:
    return Counter(dict(rows.annotate(number=Count("*"))))


def _taken(rows: Iterable[tuple[str, date, int | None, int]]) -> list[Taken]:
    """Put together what is of the same value and day."""
    completed: Counter[tuple[str, date]] = Counter()
    counts: dict[tuple[str, date], list[int]] = {}
    for value, day, place, number in rows:
        completed[value, day] += number
        known = counts.setdefault((value, day), [])
        if place is not None:
            known += [0] * (place + 1 - len(known))
            known[place] += number
    return [Taken(*key, number, counts[key]) for key, number in completed.items()]


def _facts_told_apart(rows: Any, by: By) -> Any:
    """Add ``told_by``, and leave out what has none."""
    if by == By.TAG:
        return rows.annotate(told_by=Cast(Func("tags", function="unnest"), TextField()))
    if by == By.WEEKDAY:
        day = Cast(ExtractIsoWeekDay(ARRIVED_DAY), TextField())
        return rows.filter(arrived_day__isnull=False).annotate(told_by=day)
    if by == By.UNTAGGED:
        rows = rows.filter(tags=[])
    return rows.annotate(told_by=F(by.name.lower()) if by in COLUMNS else Value(""))


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


def _counts(found: ReturnQuerySet, day: TruncDate, *place: Combinable) -> Any:
    names = ["told_by", "on_day"]
    found = found.annotate(on_day=day)
    if place:
        found, names = found.annotate(at_place=place[0]), [*names, "at_place"]
    return found.values_list(*names).annotate(number=Count("*"))


def _by_value(rows: Iterable[tuple[str, date, int]]) -> dict[str, Counter[date]]:
    found: dict[str, Counter[date]] = {}
    for value, day, number in rows:
        found.setdefault(value, Counter())[day] += number
    return found


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
