"""The period of a report: whole days by the warehouse's calendar, and the days before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from config.text import shorten
from returns.filters.query import Query

ONE = timedelta(days=1)
CHOICES = {"7": "7 days", "30": "30 days", "90": "90 days", "quarter": "Quarter"}
USUAL = "30"
# What the address says beside the filters.
PARAMETERS = ("period", "from", "to")
LONGEST = 366 * 3  # days
# Longer periods are told by weeks.
MOST_DAYS = 31


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Return how many days there are."""
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        """Return the first day as the axes of charts say it."""
        return f"{self.first.day} {self.first:%b}"

    @property
    def words(self) -> str:
        """Return its days as tables say them."""
        first = f"{self.first:%a} {self.label} {self.first.year}"
        last = f"{self.last:%a} {self.last.day} {self.last:%b}"
        return first if self.days == 1 else f"{first} – {last}"

    def each_day(self) -> Iterator[date]:
        """Yield its days."""
        return (self.first + number * ONE for number in range(self.days))

    @property
    def begins(self) -> datetime:
        """Return the moment at which the first day begins, in ``TIME_ZONE``."""
        return midnight(self.first)

    @property
    def ends(self) -> datetime:
        """Return the moment at which the last day is over."""
        return midnight(self.last + ONE)


@dataclass(frozen=True, slots=True)
class Period:
    """What a report is about. ``chosen`` is one of ``CHOICES``, or "custom"."""

    chosen: str
    span: Span
    today: date

    @property
    def before(self) -> Span:
        """Return as many days, just before."""
        return Span(self.span.first - self.span.days * ONE, self.span.first - ONE)

    @property
    def before_in_words(self) -> str:
        """Return what stands beside a number of before."""
        return "the day before" if self.span.days == 1 else f"in the {self.span.days} days before"

    @property
    def by_weeks(self) -> bool:
        """Tell whether it is told by weeks, which begin on Monday, instead of by days."""
        return self.span.days > MOST_DAYS

    @property
    def unit(self) -> str:
        """Return what it is told by."""
        return "week" if self.by_weeks else "day"

    def buckets(self) -> list[Span]:
        """Return its days, or its weeks as far as they lie in it."""
        found, first = [], self.span.first
        while first <= self.span.last:
            week = first + (6 - first.weekday()) * ONE
            last = min(week if self.by_weeks else first, self.span.last)
            found.append(Span(first, last))
            first = last + ONE
        return found


class PeriodError(ValueError):
    """The address names no period; the message says why, for people."""


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins, in ``TIME_ZONE``."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def period_of(query: Query, now: datetime) -> Period:
    """Return the period that an address names: ``period``, or ``from`` and ``to``.

    Raises ``PeriodError``.
    """
    today = now.astimezone(timezone.get_default_timezone()).date()
    if query.get("from") or query.get("to"):
        return Period("custom", _custom(query.get("from", ""), query.get("to", ""), today), today)
    chosen = query.get("period") or USUAL
    if chosen == "quarter":
        first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
        return Period(chosen, Span(first, today), today)
    if chosen not in CHOICES:
        raise PeriodError(
            f"Period: there is no “{shorten(chosen, 30)}”; {', '.join(CHOICES)} are known."
        )
    return Period(chosen, Span(today - (int(chosen) - 1) * ONE, today), today)


def _custom(first: str, last: str, today: date) -> Span:
    span = Span(_day("From", first, today), _day("To", last, today))
    if span.first > span.last:
        raise PeriodError("From: the period ends before it begins.")
    if span.days > LONGEST:
        raise PeriodError(f"From: at most {LONGEST:,} days at once; these are {span.days:,}.")
    if span.first.year < 1900 or span.last.year > 9000:
        raise PeriodError("From: the year has to be between 1900 and 9000.")
    return span


def _day(label: str, text: str, today: date) -> date:
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PeriodError(f"{label}: “{shorten(text, 30)}” is no day; write 2026-11-23.") from None
