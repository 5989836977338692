"""Dates as people write them in filters.

All of them are read in one time zone, so that a link means the same to everybody.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import pgettext_lazy

# With the labels that Django has in every language.
WEEKDAY_CHOICES = tuple(
    (name, WEEKDAYS[number])
    for number, name in enumerate(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    )
)
# ISO numbers, as PostgreSQL uses them: Monday is 1.
WEEKDAY_NUMBERS = {name: number for number, (name, _) in enumerate(WEEKDAY_CHOICES, start=1)}

# Periods that people choose by name, and days by which returns are due.
NAMED_PERIODS = (
    ("today", pgettext_lazy("period", "today")),
    ("yesterday", pgettext_lazy("period", "yesterday")),
    ("last_7_days", pgettext_lazy("period", "last 7 days")),
    ("week", pgettext_lazy("period", "this week")),
    ("last_week", pgettext_lazy("period", "last week")),
    ("month", pgettext_lazy("period", "this month")),
)
DUE_CHOICES = (
    ("today", pgettext_lazy("period", "today")),
    ("tomorrow", pgettext_lazy("period", "tomorrow")),
    ("week", pgettext_lazy("period", "this week")),
    ("month", pgettext_lazy("period", "this month")),
)

_DAYS_AGO = re.compile(r"-(\d{1,4})d")


def parse_moment(text: str, *, end: bool, now: datetime) -> datetime:
    """Return the start of the day, week, month or moment that the text names, or its end.

    The text is a date, ``today``, ``yesterday``, ``tomorrow``, ``last_7_days``, ``week``,
    ``last_week``, ``month``, ``-7d`` or an ISO 8601 time. Days are those of ``TIME_ZONE``. The end
    is exclusive. Raises ``ValueError`` for any other text, and ``OverflowError`` at the limits of
    the calendar.
    """
    zone = timezone.get_default_timezone()
    days = _days(text, now.astimezone(zone).date())
    if days:
        day = days[1] if end else days[0]
        return datetime.combine(day, time.min, tzinfo=zone)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    # In UTC, because PostgreSQL rejects offsets near 24 hours that Python accepts.
    moment = moment.astimezone(UTC)
    return moment + timedelta(microseconds=1) if end else moment


def _days(text: str, today: date) -> tuple[date, date] | None:
    """Return the first day and the day after the last one, or None if the text is a time."""
    one = timedelta(days=1)
    if text == "today":
        return today, today + one
    if text == "yesterday":
        return today - one, today
    if text == "tomorrow":
        return today + one, today + 2 * one
    if text == "last_7_days":
        return today - 6 * one, today + one
    if text in {"week", "last_week"}:
        monday = today - timedelta(days=today.weekday() + (7 if text == "last_week" else 0))
        return monday, monday + 7 * one
    if text == "month":
        first = today.replace(day=1)
        return first, (first + 32 * one).replace(day=1)
    if ago := _DAYS_AGO.fullmatch(text):
        day = today - int(ago[1]) * one
        return day, day + one
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day, day + one
