"""Deadlines and the working calendar as their pages show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, takewhile
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Value
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.dates import date_words
from returns.calendar.countries import country_name
from returns.calendar.holidays import named_holidays_of
from returns.calendar.working_time import HALF_DAY_CLOSES, Calendar
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import LIST_CAP, CappedCount
from returns.filters.coverage import first_that_covers
from returns.filters.due import (
    Deadlines,
    Due,
    build_calendar,
    case_by_policy,
    current_deadlines,
    duration_label,
    stored_calendar,
)
from returns.filters.filterset import ReturnFilterSet
from returns.filters.stored import to_query
from returns.filters.wording import describe_query, say_query
from returns.models import DeadlinePolicy, Return, State
from tags.vocabulary import Vocabulary, load_vocabulary

WAITING_TIME_LIMIT_MS = 1_000
CALENDAR_PREVIEW = timedelta(days=200)


@dataclass(frozen=True, slots=True)
class ListedDeadline:
    """A deadline as pages show it: its filter, its duration, and an example.

    ``example`` is when a return that arrived now would be due; None for a new deadline.
    ``problem`` says why the deadline matches nothing, or is never reached. ``waiting`` is the
    number of waiting returns that it decides; None for a new one, or if counting took too long.
    """

    policy: DeadlinePolicy
    query: str
    filters: list[tuple[str, str]]
    phrases: list[str]
    duration: str
    example: Due | None
    problem: str
    waiting: CappedCount | None

    @property
    def waiting_path(self) -> str:
        """Return the path of the list of these returns."""
        return reverse("return-list", query={"due_under": self.policy.name})


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day that differs from its weekday: its name if it is a holiday, and what happens."""

    day: date
    name: str
    hours: str


@dataclass(frozen=True, slots=True)
class DescribedCalendar:
    """The working calendar: hours by weekday, country of the holidays, and coming special days."""

    week: list[tuple[str, str]]
    country: str
    zone: str
    at_risk_hours: int
    next_days: list[DayOff]


def list_deadlines(now: datetime) -> list[ListedDeadline]:
    """Return all deadlines in their order."""
    deadlines, vocabulary = current_deadlines(), load_vocabulary()
    waiting = _count_waiting(deadlines, vocabulary)
    return [_listed(policy, deadlines, vocabulary, now, waiting) for policy in deadlines.policies]


def describe_deadline(policy: DeadlinePolicy, now: datetime) -> ListedDeadline:
    """Return one deadline as pages show it; a new one has no example."""
    deadlines, vocabulary = current_deadlines(), load_vocabulary()
    waiting = _count_waiting(deadlines, vocabulary) if policy.pk else None
    return _listed(policy, deadlines, vocabulary, now, waiting)


def _count_waiting(
    deadlines: Deadlines, vocabulary: Vocabulary
) -> Mapping[int, CappedCount] | None:
    """Return how many waiting returns each policy decides, by its id; None if it takes too long.

    Of more than 10,000 waiting returns, those that have waited longest are counted.
    """
    if not deadlines.policies:
        return {}
    first = case_by_policy(
        [(policy, Value(policy.pk)) for policy in deadlines.policies], Value(0), vocabulary
    )
    waiting = Return.objects.in_state(State.ARRIVED)
    longest = waiting.in_order_of("arrived_to_warehouse_at", descending=False)
    # As an array: PostgreSQL would judge all waiting returns at once, to look up those it needs.
    counted = Return.objects.filter(
        pk__any_of=ArraySubquery(longest.values("pk")[: LIST_CAP + 1])
    ).order_by()
    by_policy = counted.values(policy=first).annotate(count=Count("pk"))
    try:
        with time_limit(WAITING_TIME_LIMIT_MS):
            numbers = dict(by_policy.values_list("policy", "count"))
    except QueryTimeoutError:
        return None
    more = sum(numbers.values()) > LIST_CAP
    return {each.pk: CappedCount(numbers.get(each.pk, 0), more) for each in deadlines.policies}


def _listed(
    policy: DeadlinePolicy,
    deadlines: Deadlines,
    vocabulary: Vocabulary,
    now: datetime,
    waiting: Mapping[int, CappedCount] | None,
) -> ListedDeadline:
    query = to_query(policy.parameters, vocabulary)
    problems = ReturnFilterSet(query, vocabulary, one_by_one=True).problems()
    return ListedDeadline(
        policy=policy,
        query=query.urlencode(),
        filters=describe_query(query),
        phrases=say_query(query),
        duration=duration_label(policy) if policy.amount else "",
        example=deadlines.due(policy, now) if policy.amount else None,
        problem=(
            _("It matches nothing: %(problem)s") % {"problem": problems[0]}
            if problems
            else _never_reached(policy, deadlines, vocabulary)
        ),
        waiting=None if waiting is None else waiting[policy.pk],
    )


def _never_reached(policy: DeadlinePolicy, deadlines: Deadlines, vocabulary: Vocabulary) -> str:
    above = takewhile(lambda each: each != policy, deadlines.policies) if policy.pk else ()
    wider = first_that_covers(above, policy.parameters, vocabulary)
    if wider is None:
        return ""
    if wider.parameters:
        message = _("It is never reached: “%(deadline)s” above it matches all of its returns.")
    else:
        message = _("It is never reached: “%(deadline)s” above it matches every return.")
    return message % {"deadline": wider}


def describe_calendar(now: datetime) -> DescribedCalendar:
    """Return the working calendar, with the special days of the coming months."""
    stored = stored_calendar()
    calendar = build_calendar(stored)
    return DescribedCalendar(
        week=list(_week(calendar)),
        country=country_name(stored.country),
        zone=calendar.zone,
        at_risk_hours=stored.at_risk_hours,
        next_days=list(_next_days(calendar, now.astimezone(ZoneInfo(calendar.zone)).date())),
    )


def _week(calendar: Calendar) -> Iterator[tuple[str, str]]:
    """Yield the names of weekdays in a row with the same hours, and the hours."""
    days = zip(date_words().weekdays, calendar.week, strict=True)
    for hours, days_in_row in groupby(days, key=lambda each: each[1]):
        names = [name for name, _hours in days_in_row]
        shown = f"{hours[0]:%H:%M} – {hours[1]:%H:%M}" if hours else pgettext("hours", "closed")
        yield _days_in_row(names), shown


def _days_in_row(names: Sequence[str]) -> str:
    values = {"first": names[0], "last": names[-1]}
    match len(names):
        case 1:
            return names[0]
        case 2:
            return pgettext("weekdays", "%(first)s and %(last)s") % values
    return pgettext("weekdays", "%(first)s to %(last)s") % values


def _next_days(calendar: Calendar, today: date) -> Iterator[DayOff]:
    until = today + CALENDAR_PREVIEW
    holidays = {
        day: holiday
        for year in sorted({today.year, until.year})
        for day, holiday in named_holidays_of(calendar.country, year).items()
    }
    for day in sorted(holidays.keys() | calendar.closed | calendar.opened):
        if today <= day <= until:
            holiday = holidays.get(day)
            name = holiday.name if holiday else ""
            yield DayOff(
                day, name, _special_hours(calendar, day, is_half=bool(holiday and holiday.is_half))
            )


def _special_hours(calendar: Calendar, day: date, *, is_half: bool) -> str:
    if day in calendar.closed:
        return pgettext("hours", "closed (extra closing day)")
    if day in calendar.opened:
        return pgettext("hours", "open (extra opening day)")
    if calendar.hours_of(day) is None:
        return pgettext("hours", "closed")
    if is_half:
        return pgettext("hours", "closes at %(time)s") % {"time": f"{HALF_DAY_CLOSES:%H:%M}"}
    return pgettext("hours", "usual hours")
