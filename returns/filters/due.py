"""Deadlines applied to returns: which policy counts for a return, and which returns are late.

Nothing is stored per return, so a changed policy or calendar applies to all of them at once.
Under a policy, the returns due before a moment are those that arrived before some limit.
"""

from collections.abc import Iterable, Sequence
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
from django.db.models.functions import Cast, Coalesce

from config.shipped_names import deadline_label
from returns.calendar.holidays import HOLIDAYS_VERSION
from returns.calendar.working_time import (
    BEFORE_ALL,
    MICROSECOND,
    NEVER,
    Calendar,
    DueTimes,
    due,
    due_times,
    latest_arrival_limit,
)
from returns.expressions import Once
from returns.filters.conditions import ConditionSet
from returns.filters.dates import parse_moment
from returns.filters.declarations import DEADLINE_DATE_FILTERS
from returns.filters.stored import meanings, to_query
from returns.models import Deadline, DeadlinePolicy, State, Unit, WorkingCalendar
from tags.vocabulary import Vocabulary, load_vocabulary

MISSING_GROUP_PARAMETER = "missing_group"

# Returns that arrived before this many years have neither met nor missed a deadline.
OUTCOME_YEARS = 5


@dataclass(frozen=True, slots=True)
class Due:
    """When a return is due and under which policy; ``soon`` before that, it is at risk."""

    at: datetime
    policy: str
    soon: timedelta

    @property
    def label(self) -> str:
        """Return the name of the policy as its reader knows it."""
        return deadline_label(self.policy)

    def standing(self, now: datetime) -> str:
        """Return ``Deadline.LATE``, ``Deadline.AT_RISK``, or "" while there is time."""
        if self.at < now:
            return Deadline.LATE
        return Deadline.AT_RISK if self.at <= now + self.soon else ""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The policies in their order, and the calendar by which their time is counted."""

    policies: tuple[DeadlinePolicy, ...]
    calendar: Calendar
    at_risk: timedelta

    def due(self, policy: DeadlinePolicy, arrival: datetime) -> Due:
        """Return when a return with this arrival is due under a policy."""
        at = due(self.calendar, arrival, policy.amount, policy.unit)
        return Due(at, policy.name, self.at_risk)

    def limit(self, policy: DeadlinePolicy, moment: datetime) -> datetime:
        """Return the limit before which the returns due before a moment arrived."""
        return latest_arrival_limit(self.calendar, moment, policy.amount, policy.unit)

    def limits(self, kind: str, now: datetime) -> list[tuple[datetime, datetime]]:
        """Return for each policy the span of arrivals, end excluded, that is late or at risk."""
        late = [self.limit(policy, now) for policy in self.policies]
        if kind == Deadline.LATE:
            return [(BEFORE_ALL, limit) for limit in late]
        until = now + self.at_risk + MICROSECOND
        soon = [self.limit(policy, until) for policy in self.policies]
        return list(zip(late, soon, strict=True))


def current_deadlines() -> Deadlines:
    """Return the stored policies and calendar."""
    policies = tuple(DeadlinePolicy.objects.all())
    calendar = stored_calendar()
    return Deadlines(policies, build_calendar(calendar), timedelta(hours=calendar.at_risk_hours))


def stored_calendar() -> WorkingCalendar:
    """Return the stored working calendar, or the default one."""
    return WorkingCalendar.objects.first() or WorkingCalendar()


def build_calendar(stored: WorkingCalendar) -> Calendar:
    """Return the calendar to count with, in the warehouse's time zone."""
    return Calendar(
        zone=settings.TIME_ZONE,
        week=tuple(_hours(*day) if day else None for day in stored.hours),
        country=stored.country,
        closed=frozenset(stored.closed_days),
        opened=frozenset(stored.open_days),
    )


def _hours(opens: str, closes: str) -> tuple[time, time]:
    return time.fromisoformat(opens), time.fromisoformat(closes)


def duration_label(policy: DeadlinePolicy) -> str:
    """Return the time that a policy allows: "1 business day"."""
    return Unit(policy.unit).counted(policy.amount)


def case_by_policy(
    policies: Iterable[tuple[DeadlinePolicy, Any]],
    default: Any,
    vocabulary: Vocabulary,
    state: str = State.ARRIVED,
) -> Case:
    """Return an expression with the value that is paired with a return's first matching policy.

    It is ``default`` if no policy matches. ``state`` is the state of the returns it is used on.
    """
    cases: list[When] = []
    for policy, then in policies:
        if not policy.parameters:
            return Case(*cases, default=then)
        matches = ConditionSet(to_query(policy.parameters, vocabulary), vocabulary).qs
        # PostgreSQL may evaluate the subquery for all returns: narrow it to those in the state.
        matches = matches.in_state(state).filter(pk=OuterRef("pk"))
        cases.append(When(Exists(matches), then=then))
    return Case(*cases, default=default)


def deadline_conditions(kind: str, vocabulary: Vocabulary, now: datetime) -> tuple[Q, Case]:
    """Return the two conditions of the returns with this ``Deadline`` under their first policy."""
    if kind in {Deadline.MET, Deadline.MISSED}:
        return outcome_conditions(kind, vocabulary, now)
    deadlines = current_deadlines()
    return _arrival_conditions(deadlines, deadlines.limits(kind, now), vocabulary)


def due_conditions(moment: datetime, vocabulary: Vocabulary, *, before: bool) -> tuple[Q, Case]:
    """Return the two conditions of the waiting returns that are due before a moment, or later."""
    deadlines = current_deadlines()
    limits = [deadlines.limit(policy, moment) for policy in deadlines.policies]
    spans = [(BEFORE_ALL, limit) if before else (limit, NEVER) for limit in limits]
    return _arrival_conditions(deadlines, spans, vocabulary)


def decided_conditions(name: str, vocabulary: Vocabulary) -> tuple[Q, Case]:
    """Return the two conditions of the waiting returns that the policy of this name decides."""
    policies = [(each, Value(each.name == name)) for each in current_deadlines().policies]
    decided = case_by_policy(policies, Value(value=False), vocabulary or load_vocabulary())
    return Q(state=State.ARRIVED), decided


def _arrival_conditions(
    deadlines: Deadlines, limits: Sequence[tuple[datetime, datetime]], vocabulary: Vocabulary
) -> tuple[Q, Case]:
    """Return the conditions of waiting returns that arrived within the span of their policy."""
    # One span around those of all policies lets PostgreSQL read waiting returns in order of
    # arrival, and stop early.
    first = min((since for since, _ in limits), default=BEFORE_ALL)
    last = max((before for _, before in limits), default=BEFORE_ALL)
    waiting = Q(_arrived(first, last), state=State.ARRIVED)
    spans = [ExpressionWrapper(_arrived(*span), output_field=BooleanField()) for span in limits]
    policies = zip(deadlines.policies, spans, strict=True)
    return waiting, case_by_policy(policies, Value(value=False), vocabulary or load_vocabulary())


def outcome_conditions(kind: str, vocabulary: Vocabulary, now: datetime) -> tuple[Q, Case]:
    """Return the two conditions of the completed returns that met, or missed, their deadline."""
    lookup = "lte" if kind == Deadline.MET else "gt"
    no_policy = Value(value=False)
    return _compare_completion(
        current_deadlines(), lookup, no_policy, vocabulary or load_vocabulary(), now
    )


def met_expression(deadlines: Deadlines, vocabulary: Vocabulary, now: datetime) -> tuple[Q, Case]:
    """Return the condition of the returns to judge, and whether each met its deadline.

    The second is NULL for a return that no policy matches.
    """
    return _compare_completion(deadlines, "lte", Value(None, BooleanField()), vocabulary, now)


def _compare_completion(
    deadlines: Deadlines, lookup: str, default: Value, vocabulary: Vocabulary, now: datetime
) -> tuple[Q, Case]:
    """Compare the completion of the last years' arrivals with their due times."""
    year = now.year - OUTCOME_YEARS
    span = Q(
        arrived_to_warehouse_at__gte=datetime(year, 1, 1, tzinfo=UTC),
        arrived_to_warehouse_at__lt=datetime(now.year + 2, 1, 1, tzinfo=UTC),
        state=State.COMPLETED,
    )
    policies = [
        (policy, _completion_comparison(lookup, deadlines, policy, year))
        for policy in deadlines.policies
    ]
    return span, case_by_policy(policies, default, vocabulary, State.COMPLETED)


def policies_fingerprint(deadlines: Deadlines, vocabulary: Vocabulary, now: datetime) -> str | None:
    """Return a text that changes whenever the outcome of a completed return may change.

    None if a policy depends on other returns: then outcomes may change at any time.
    """
    if any("order_returns" in policy.parameters for policy in deadlines.policies):
        return None
    state = [
        *(settings.TIME_ZONE, now.year, deadlines.calendar.fingerprint(), HOLIDAYS_VERSION),
        *(_policy_state(policy, vocabulary, now) for policy in deadlines.policies),
    ]
    return md5(repr(state).encode(), usedforsecurity=False).hexdigest()


def _policy_state(policy: DeadlinePolicy, vocabulary: Vocabulary, now: datetime) -> list[Any]:
    """Return all that decides which returns a policy matches now, and how much time it allows."""
    query = to_query(policy.parameters, vocabulary)
    groups = policy.parameters.get(MISSING_GROUP_PARAMETER, [])
    moments = [
        parse_moment(str(query[name]), end=name.endswith("_to"), now=now)
        for name in DEADLINE_DATE_FILTERS
        if name in query
    ]
    return [
        *(policy.pk, policy.amount, policy.unit, query.urlencode(), moments),
        *meanings(policy.parameters, vocabulary),
        sorted((chip.group_id, chip.id) for chip in vocabulary.values() if chip.group_id in groups),
    ]


def _completion_comparison(
    lookup: str, deadlines: Deadlines, policy: DeadlinePolicy, year: int
) -> Any:
    condition = Q(**{f"completed_at__{lookup}": _due_time(deadlines, policy, year)})
    return ExpressionWrapper(condition, output_field=BooleanField())


def due_expression(vocabulary: Vocabulary, now: datetime) -> Case:
    """Return when a waiting return is due, or its arrival if that is long ago; else NULL."""
    deadlines, year = current_deadlines(), now.year - OUTCOME_YEARS
    times = (_due_time(deadlines, policy, year) for policy in deadlines.policies)
    due_at = (Coalesce(time, F("arrived_to_warehouse_at")) for time in times)
    policies = zip(deadlines.policies, due_at, strict=True)
    nothing = Value(None, DateTimeField())
    by_policy = case_by_policy(policies, nothing, vocabulary or load_vocabulary())
    return Case(When(state=State.ARRIVED, then=by_policy), default=nothing)


def _due_time(deadlines: Deadlines, policy: DeadlinePolicy, year: int) -> "DueTime":
    times = due_times(deadlines.calendar, policy.amount, policy.unit, year, OUTCOME_YEARS + 2)
    return DueTime(times)


class DueTime(Func):
    """When a return is due by its time of arrival, looked up in ``DueTimes``."""

    function = "returns_due"
    output_field = DateTimeField()

    def __init__(self, times: DueTimes) -> None:
        breaks, due_at, follows = (Value(array, TextField()) for array in times.arrays)
        moments = ArrayField(DateTimeField())
        super().__init__(
            F("arrived_to_warehouse_at"),
            Once(Cast(breaks, moments)),
            Once(Cast(due_at, moments)),
            Once(Cast(follows, ArrayField(BooleanField()))),
        )


def _arrived(since: datetime, before: datetime) -> Q:
    moment = "arrived_to_warehouse_at"
    return Q(**{f"{moment}__gte": since, f"{moment}__lt": before})
