"""The deadline policies as they are kept: which one counts for a return, and what is late now.

Nothing is stored for a return, so a changed policy or calendar counts at once for all of them.
What is due before a moment under a policy is what arrived before a limit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import md5
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast

from returns.calendar.holidays import LIBRARY
from returns.calendar.working_time import (
    BEFORE_ALL,
    MICROSECOND,
    Calendar,
    DueTimes,
    due,
    due_times,
    latest_arrival_limit,
)
from returns.filters.conditions import ConditionSet
from returns.filters.dates import parse_moment
from returns.filters.declarations import CONDITION_DATES
from returns.filters.stored import Words, parameters_now, query_of
from returns.models import Deadline, DeadlinePolicy, State, WorkingCalendar
from tags.vocabulary import load_vocabulary

GROUPS = "missing_group"

# What arrived longer ago has met or missed no deadline.
YEARS_OF_OUTCOMES = 5


@dataclass(frozen=True, slots=True)
class Due:
    """When a return is due, under which policy, and from how long before it is at risk."""

    at: datetime
    policy: str
    soon: timedelta

    def standing(self, now: datetime) -> str:
        """Return how the return stands to its deadline; "" when there is time."""
        if self.at < now:
            return Deadline.LATE
        return Deadline.AT_RISK if self.at <= now + self.soon else ""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The policies in their order, and the calendar that they are counted in."""

    policies: tuple[DeadlinePolicy, ...]
    calendar: Calendar
    at_risk: timedelta

    def due(self, policy: DeadlinePolicy, arrival: datetime) -> Due:
        """Return when a return that arrived so is due under a policy."""
        at = due(self.calendar, arrival, policy.amount, policy.unit)
        return Due(at, policy.name, self.at_risk)

    def limit(self, policy: DeadlinePolicy, moment: datetime) -> datetime:
        """Return before when it arrived, what is due before a moment under a policy."""
        return latest_arrival_limit(self.calendar, moment, policy.amount, policy.unit)

    def limits(self, kind: str, now: datetime) -> list[tuple[datetime, datetime]]:
        """Return for each policy from when, and before when, what is late or at risk arrived."""
        late = [self.limit(policy, now) for policy in self.policies]
        if kind == Deadline.LATE:
            return [(BEFORE_ALL, limit) for limit in late]
        until = now + self.at_risk + MICROSECOND
        soon = [self.limit(policy, until) for policy in self.policies]
        return list(zip(late, soon, strict=True))


def deadlines_now() -> Deadlines:
    """Return the policies and the calendar as they are kept."""
    policies = tuple(DeadlinePolicy.objects.all())
    kept = calendar_kept()
    return Deadlines(policies, calendar_of(kept), timedelta(hours=kept.at_risk_hours))


def calendar_kept() -> WorkingCalendar:
    """Return the calendar that people kept, or the usual one."""
    return WorkingCalendar.objects.first() or WorkingCalendar()


def calendar_of(kept: WorkingCalendar) -> Calendar:
    """Return a kept calendar as one that counts, in the warehouse's zone."""
    return Calendar(
        zone=settings.TIME_ZONE,
        week=tuple(_hours(*day) if day else None for day in kept.hours),
        country=kept.country,
        closed=frozenset(kept.closed_days),
        opened=frozenset(kept.open_days),
    )


def _hours(opens: str, closes: str) -> tuple[time, time]:
    return time.fromisoformat(opens), time.fromisoformat(closes)


def in_words(policy: DeadlinePolicy) -> str:
    """Return how long a policy leaves: "1 business day"."""
    words = policy.get_unit_display()
    return f"{policy.amount:,} {words.removesuffix('s') if policy.amount == 1 else words}"


def by_first_match(
    policies: Iterable[tuple[DeadlinePolicy, Any]],
    none: Any,
    words: Words,
    state: str = State.ARRIVED,
) -> Case:
    """Return what stands beside the first policy that matches a return, or beside none."""
    cases: list[When] = []
    for policy, then in policies:
        if not policy.parameters:
            return Case(*cases, default=then)
        found = ConditionSet(query_of(policy.parameters, words), words).qs
        # Those alone: PostgreSQL may look all of it up beforehand, and then not everything.
        its = found.in_state(state).filter(pk=OuterRef("pk"))
        cases.append(When(Exists(its), then=then))
    return Case(*cases, default=none)


def conditions_of(kind: str, words: Words, now: datetime) -> tuple[Q, Case]:
    """Return what keeps returns that stand so to their deadline, under their first policy."""
    if kind in {Deadline.MET, Deadline.MISSED}:
        return outcome_of(kind, words, now)
    deadlines = deadlines_now()
    limits = deadlines.limits(kind, now)
    # Said once for all, so that what waits is read in its order, and no further than needed.
    first = min((since for since, _ in limits), default=BEFORE_ALL)
    last = max((before for _, before in limits), default=BEFORE_ALL)
    waiting = Q(_arrived(first, last), state=State.ARRIVED)
    arrived = [ExpressionWrapper(_arrived(*its), output_field=BooleanField()) for its in limits]
    its = zip(deadlines.policies, arrived, strict=True)
    return waiting, by_first_match(its, Value(value=False), words or load_vocabulary())


def outcome_of(kind: str, words: Words, now: datetime) -> tuple[Q, Case]:
    """Return what keeps the completed returns that met their deadline, or missed it."""
    comparison = "lte" if kind == Deadline.MET else "gt"
    return _judged(deadlines_now(), comparison, Value(value=False), words or load_vocabulary(), now)


def met_of(deadlines: Deadlines, words: Words, now: datetime) -> tuple[Q, Case]:
    """Return what keeps the completed returns that may have met a deadline, and whether they did.

    NULL of those that no policy matches.
    """
    return _judged(deadlines, "lte", Value(None, BooleanField()), words, now)


def _judged(
    deadlines: Deadlines, comparison: str, none: Value, words: Words, now: datetime
) -> tuple[Q, Case]:
    """Compare completion with the due time, of what arrived in the last years."""
    year = now.year - YEARS_OF_OUTCOMES
    span = Q(
        arrived_to_warehouse_at__gte=datetime(year, 1, 1, tzinfo=UTC),
        arrived_to_warehouse_at__lt=datetime(now.year + 2, 1, 1, tzinfo=UTC),
        state=State.COMPLETED,
    )
    its = [
        (policy, _compared(comparison, deadlines, policy, year)) for policy in deadlines.policies
    ]
    return span, by_first_match(its, none, words, State.COMPLETED)


def rules_in_short(deadlines: Deadlines, words: Words, now: datetime) -> str | None:
    """Return a text that changes whenever a completed return may be judged otherwise.

    None when a policy looks at other returns, too, so that it does not know when.
    """
    if any("order_returns" in policy.parameters for policy in deadlines.policies):
        return None
    said = [
        *(settings.TIME_ZONE, now.year, deadlines.calendar.in_short(), LIBRARY),
        *(_in_short(policy, words, now) for policy in deadlines.policies),
    ]
    return md5(repr(said).encode(), usedforsecurity=False).hexdigest()


def _in_short(policy: DeadlinePolicy, words: Words, now: datetime) -> list[Any]:
    """Return what decides for whom a policy is, and how long it leaves: as that is now."""
    query, groups = query_of(policy.parameters, words), policy.parameters.get(GROUPS, [])
    moments = [
        parse_moment(str(query[name]), end=name.endswith("_to"), now=now)
        for name in CONDITION_DATES
        if name in query
    ]
    return [
        *(policy.pk, policy.amount, policy.unit, query.urlencode(), moments),
        sorted(parameters_now(policy.parameters, words).items()),
        sorted((chip.group_id, chip.id) for chip in words.values() if chip.group_id in groups),
    ]


def _compared(comparison: str, deadlines: Deadlines, policy: DeadlinePolicy, year: int) -> Any:
    times = due_times(deadlines.calendar, policy.amount, policy.unit, year, YEARS_OF_OUTCOMES + 2)
    compared = {f"completed_at__{comparison}": DueTime(times)}
    return ExpressionWrapper(Q(**compared), output_field=BooleanField())


class DueTime(Func):
    """When a return is due that arrived at its time of arrival, looked up in ``DueTimes``."""

    function = "returns_due"
    output_field = DateTimeField()

    def __init__(self, times: DueTimes) -> None:
        breaks, due_at, follows = (Value(array, TextField()) for array in times.arrays)
        moments = ArrayField(DateTimeField())
        super().__init__(
            F("arrived_to_warehouse_at"),
            Cast(breaks, moments),
            Cast(due_at, moments),
            Cast(follows, ArrayField(BooleanField())),
        )


def _arrived(since: datetime, before: datetime) -> Q:
    moment = "arrived_to_warehouse_at"
    return Q(**{f"{moment}__gte": since, f"{moment}__lt": before})
