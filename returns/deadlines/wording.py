"""Deadlines and the working calendar in words, as their pages show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from returns.calendar.holidays import COUNTRIES, holidays_of
from returns.calendar.working_time import HALF_DAY_CLOSES, Calendar
from returns.filters.due import (
    Deadlines,
    Due,
    calendar_kept,
    calendar_of,
    deadlines_now,
    in_words,
)
from returns.filters.filterset import ReturnFilterSet
from returns.filters.stored import Words, query_of
from returns.filters.wording import in_words as filters_in_words
from returns.models import DeadlinePolicy
from tags.vocabulary import load_vocabulary

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHOWN_AHEAD = timedelta(days=200)


@dataclass(frozen=True, slots=True)
class ListedDeadline:
    """A deadline as pages show it: its filter and its time in words, and a worked example.

    ``problem`` says why it matches nothing.
    """

    policy: DeadlinePolicy
    query: str
    filters: list[tuple[str, str]]
    leaves: str
    example: Due | None
    problem: str


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day that is not as the week says, and why; ``how`` is what the warehouse does then."""

    day: date
    name: str
    how: str


@dataclass(frozen=True, slots=True)
class CalendarInWords:
    """The working calendar: the hours of the week, whose holidays, and what comes next."""

    week: list[tuple[str, str]]
    country: str
    zone: str
    at_risk_hours: int
    next_days: list[DayOff]


def listed(now: datetime) -> list[ListedDeadline]:
    """Return every deadline in the order in which they are asked."""
    deadlines, words = deadlines_now(), load_vocabulary()
    return [_listed(policy, deadlines, words, now) for policy in deadlines.policies]


def described(policy: DeadlinePolicy, now: datetime) -> ListedDeadline:
    """Return one deadline as pages show it; one that is new has no example."""
    return _listed(policy, deadlines_now(), load_vocabulary(), now)


def _listed(
    policy: DeadlinePolicy, deadlines: Deadlines, words: Words, now: datetime
) -> ListedDeadline:
    query = query_of(policy.parameters, words)
    problems = ReturnFilterSet(query, words, one_by_one=True).problems()
    return ListedDeadline(
        policy=policy,
        query=query.urlencode(),
        filters=filters_in_words(query),
        leaves=in_words(policy) if policy.amount else "",
        example=deadlines.due(policy, now) if policy.amount else None,
        problem=problems[0] if problems else "",
    )


def calendar_in_words(now: datetime) -> CalendarInWords:
    """Return the working calendar, with the days of the coming months that are not as usual."""
    kept = calendar_kept()
    calendar = calendar_of(kept)
    return CalendarInWords(
        week=list(_week(calendar)),
        country=dict(COUNTRIES).get(kept.country, ""),
        zone=calendar.zone,
        at_risk_hours=kept.at_risk_hours,
        next_days=list(_next_days(calendar, now.astimezone(ZoneInfo(calendar.zone)).date())),
    )


def _week(calendar: Calendar) -> Iterator[tuple[str, str]]:
    """Yield days in a row that have the same hours, and the hours."""
    days = zip(WEEKDAYS, calendar.week, strict=True)
    for hours, same in groupby(days, key=lambda each: each[1]):
        names = [name for name, _ in same]
        between = " and " if len(names) == 2 else " to "
        said = names[0] if len(names) == 1 else f"{names[0]}{between}{names[-1]}"
        yield said, f"{hours[0]:%H:%M} – {hours[1]:%H:%M}" if hours else "closed"


def _next_days(calendar: Calendar, today: date) -> Iterator[DayOff]:
    until = today + SHOWN_AHEAD
    known = {
        day: holiday
        for year in sorted({today.year, until.year})
        for day, holiday in holidays_of(calendar.country, year).items()
    }
    for day in sorted(known.keys() | calendar.closed | calendar.opened):
        if today <= day <= until:
            holiday = known.get(day)
            name = holiday.name if holiday else ""
            yield DayOff(day, name, _how(calendar, day, is_half=bool(holiday and holiday.is_half)))


def _how(calendar: Calendar, day: date, *, is_half: bool) -> str:
    if day in calendar.closed:
        return "closed by hand"
    if day in calendar.opened:
        return "opened by hand"
    if calendar.hours_of(day) is None:
        return "closed"
    return f"closes at {HALF_DAY_CLOSES:%H:%M}" if is_half else "as usual"
