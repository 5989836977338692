"""The period of a report: whole days in ``TIME_ZONE``, and as many days before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from config.text import shorten
from returns.calendar.working_time import ONE_DAY
from returns.filters.query import Query

WEEK, LAST_WEEK, YESTERDAY = "week", "last-week", "yesterday"
REPORT_PERIODS = {
    YESTERDAY: "Yesterday",
    WEEK: "This week",
    LAST_WEEK: "Last week",
    "7": "7 days",
    "30": "30 days",
    "90": "90 days",
    "quarter": "Quarter",
}
DEFAULT_PERIOD = "30"
PERIOD_PARAMETERS = ("period", "from", "to")
MAX_PERIOD_DAYS = 366 * 3
# Longer periods are divided into weeks.
MAX_DAILY_INTERVALS = 31


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        """Return the first day as a short label for charts."""
        return f"{self.first.day} {self.first:%b}"

    @property
    def text(self) -> str:
        """Return the days in full, for tables."""
        first = f"{self.first:%a} {self.label} {self.first.year}"
        last = f"{self.last:%a} {self.last.day} {self.last:%b}"
        return first if self.days == 1 else f"{first} – {last}"

    def each_day(self) -> Iterator[date]:
        """Yield its days."""
        return (self.first + number * ONE_DAY for number in range(self.days))

    @property
    def begins(self) -> datetime:
        """Return midnight at the start of the first day, in ``TIME_ZONE``."""
        return midnight(self.first)

    @property
    def ends(self) -> datetime:
        """Return midnight at the end of the last day, in ``TIME_ZONE``."""
        return midnight(self.last + ONE_DAY)


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a report. ``choice`` is one of ``REPORT_PERIODS``, or "custom"."""

    choice: str
    span: Span
    today: date

    @property
    def before(self) -> Span:
        """Return the same number of days just before; the same weekdays of a week before."""
        if self.choice == WEEK:
            return Span(self.span.first - 7 * ONE_DAY, self.span.last - 7 * ONE_DAY)
        return Span(self.span.first - self.span.days * ONE_DAY, self.span.first - ONE_DAY)

    @property
    def before_label(self) -> str:
        """Return the label of numbers of the days before."""
        if self.choice == WEEK:
            return "on the same days last week"
        return "the day before" if self.span.days == 1 else f"in the {self.span.days} days before"

    @property
    def by_weeks(self) -> bool:
        """Return whether it is divided into weeks, beginning on Monday, instead of days."""
        return self.span.days > MAX_DAILY_INTERVALS

    @property
    def unit(self) -> str:
        """Return what it is divided into: "day" or "week"."""
        return "week" if self.by_weeks else "day"

    def intervals(self) -> list[Span]:
        """Return its days or weeks; the first and the last week may be shorter."""
        intervals, first = [], self.span.first
        while first <= self.span.last:
            sunday = first + (6 - first.weekday()) * ONE_DAY
            last = min(sunday if self.by_weeks else first, self.span.last)
            intervals.append(Span(first, last))
            first = last + ONE_DAY
        return intervals


class PeriodError(ValueError):
    """An address has no valid period; the message says why, for people."""


def midnight(day: date) -> datetime:
    """Return midnight at the start of a day, in ``TIME_ZONE``."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def parse_period(query: Query, now: datetime) -> Period:
    """Return the period in a query: ``period``, or ``from`` and ``to``.

    Raises ``PeriodError``.
    """
    today = now.astimezone(timezone.get_default_timezone()).date()
    if query.get("from") or query.get("to"):
        span = _parse_span(query.get("from", ""), query.get("to", ""), today)
        return Period("custom", span, today)
    choice = query.get("period") or DEFAULT_PERIOD
    if choice == "quarter":
        first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
        return Period(choice, Span(first, today), today)
    if choice == YESTERDAY:
        return Period(choice, Span(today - ONE_DAY, today - ONE_DAY), today)
    monday = today - today.weekday() * ONE_DAY
    if choice == WEEK:
        return Period(choice, Span(monday, today), today)
    if choice == LAST_WEEK:
        return Period(choice, Span(monday - 7 * ONE_DAY, monday - ONE_DAY), today)
    if choice not in REPORT_PERIODS:
        *names, last_name = REPORT_PERIODS
        raise PeriodError(
            f"Period: there is no “{shorten(choice, 30)}”. Use {', '.join(names)} or {last_name}."
        )
    return Period(choice, Span(today - (int(choice) - 1) * ONE_DAY, today), today)


def _parse_span(first: str, last: str, today: date) -> Span:
    span = Span(_parse_day("From", first, today), _parse_day("To", last, today))
    if span.first > span.last:
        raise PeriodError("From: the period ends before it begins.")
    if span.days > MAX_PERIOD_DAYS:
        raise PeriodError(
            f"From: a report can have at most {MAX_PERIOD_DAYS:,} days, not {span.days:,}."
        )
    if span.first.year < 1900 or span.last.year > 9000:
        raise PeriodError("From: the year must be between 1900 and 9000.")
    return span


def _parse_day(label: str, text: str, today: date) -> date:
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{label}: “{shorten(text, 30)}” is not a date. Use the form 2026-11-23."
        raise PeriodError(message) from None
