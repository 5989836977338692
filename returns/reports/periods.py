"""The period of a report: whole days in ``TIME_ZONE``, and as many days before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from config.dates import day, weekday_and_day, weekday_and_full_day
from config.numbers import grouped
from config.text import shorten
from returns.calendar.working_time import ONE_DAY
from returns.filters.query import Query

WEEK, LAST_WEEK, YESTERDAY = "week", "last-week", "yesterday"
REPORT_PERIODS = {
    YESTERDAY: gettext_lazy("Yesterday"),
    WEEK: gettext_lazy("This week"),
    LAST_WEEK: gettext_lazy("Last week"),
    "7": gettext_lazy("7 days"),
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "quarter": pgettext_lazy("period", "Quarter"),
}
DEFAULT_PERIOD = "30"
PERIOD_PARAMETERS = ("period", "from", "to")
MAX_PERIOD_DAYS = 366 * 3
NO_FIRST_DAY = gettext_lazy("From: “%(text)s” is not a date. Use the form 2026-11-23.")
NO_LAST_DAY = gettext_lazy("To: “%(text)s” is not a date. Use the form 2026-11-23.")
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
        return day(self.first)

    @property
    def text(self) -> str:
        """Return the days in full, for tables."""
        first = weekday_and_full_day(self.first)
        return first if self.days == 1 else f"{first} – {weekday_and_day(self.last)}"

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
            return pgettext("returns", "on the same days last week")
        if self.span.days == 1:
            return pgettext("returns", "the day before")
        days = grouped(self.span.days)
        return pgettext("returns", "in the %(days)s days before") % {"days": days}

    @property
    def by_weeks(self) -> bool:
        """Return whether it is divided into weeks, beginning on Monday, instead of days."""
        return self.span.days > MAX_DAILY_INTERVALS

    @property
    def unit(self) -> str:
        """Return what it is divided into: "day" or "week"."""
        return "week" if self.by_weeks else "day"

    @property
    def unit_label(self) -> str:
        """Return the head of a column of these."""
        return pgettext("column", "Week") if self.by_weeks else pgettext("column", "Day")

    @property
    def by_completion(self) -> str:
        """Return the title of a table of what was completed in these."""
        return _("By week of completion") if self.by_weeks else _("By day of completion")

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
            _("Period: there is no “%(text)s”. Use %(list)s or %(last)s.")
            % {"text": shorten(choice, 30), "list": ", ".join(names), "last": last_name}
        )
    return Period(choice, Span(today - (int(choice) - 1) * ONE_DAY, today), today)


def _parse_span(first: str, last: str, today: date) -> Span:
    span = Span(
        _parse_day(first, today, NO_FIRST_DAY),
        _parse_day(last, today, NO_LAST_DAY),
    )
    if span.first > span.last:
        raise PeriodError(_("From: the period ends before it begins."))
    if span.days > MAX_PERIOD_DAYS:
        values = {"most": grouped(MAX_PERIOD_DAYS), "days": grouped(span.days)}
        raise PeriodError(
            _("From: a report can have at most %(most)s days, not %(days)s.") % values
        )
    if span.first.year < 1900 or span.last.year > 9000:
        raise PeriodError(_("From: the year must be between 1900 and 9000."))
    return span


def _parse_day(text: str, today: date, message: Promise) -> date:
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PeriodError(str(message) % {"text": shorten(text, 30)}) from None
