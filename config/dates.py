"""Dates and times as the language of the page writes them. Also a library of template filters.

Formatted here rather than by Django, for speed: a page shows 150 times. Each takes a day, or a
time that is already in the zone of its reader.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django import template
from django.utils.dates import MONTHS_3, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import get_language, override, pgettext

register = template.Library()


@dataclass(frozen=True, slots=True)
class DateWords:
    """Names of months and weekdays, from January and Monday on, and how a date is put together.

    For many dates, ask for it once: finding the language takes longer than formatting a date.
    """

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    weekdays_short: tuple[str, ...]
    day_pattern: str
    day_and_year_pattern: str
    weekday_and_day_pattern: str
    day_and_time_pattern: str

    def day(self, value: date) -> str:
        """Return "28 Nov"."""
        return self.day_pattern % {"day": value.day, "month": self.months[value.month - 1]}

    def full_day(self, value: date) -> str:
        """Return "28 Nov 2026"."""
        month = self.months[value.month - 1]
        return self.day_and_year_pattern % {"day": value.day, "month": month, "year": value.year}

    def weekday_and_day(self, value: date) -> str:
        """Return "Sat 28 Nov"."""
        return self._after_weekday(value, self.day(value))

    def weekday_and_full_day(self, value: date) -> str:
        """Return "Sat 28 Nov 2026"."""
        return self._after_weekday(value, self.full_day(value))

    def to_the_minute(self, value: datetime) -> str:
        """Return "28 Nov 2026, 14:05"."""
        return self.with_time(self.full_day(value), value)

    def with_time(self, shown_day: str, value: datetime) -> str:
        """Return a day that is formatted already, and the time to the minute."""
        time = f"{value.hour:02}:{value.minute:02}"
        return self.day_and_time_pattern % {"day": shown_day, "time": time}

    def _after_weekday(self, value: date, shown_day: str) -> str:
        weekday = self.weekdays_short[value.weekday()]
        return self.weekday_and_day_pattern % {"weekday": weekday, "day": shown_day}


def date_words(language: str | None = None) -> DateWords:
    """Return the words and the order of dates in a language, by default the one of the page."""
    return _date_words_of(language or get_language())


def day(value: date) -> str:
    """Return "28 Nov"."""
    return date_words().day(value)


@register.filter
def full_day(value: date) -> str:
    """Return "28 Nov 2026"."""
    return date_words().full_day(value)


def weekday_and_day(value: date) -> str:
    """Return "Sat 28 Nov"."""
    return date_words().weekday_and_day(value)


@register.filter
def weekday_and_full_day(value: date) -> str:
    """Return "Sat 28 Nov 2026"."""
    return date_words().weekday_and_full_day(value)


@register.filter
def to_the_minute(value: datetime) -> str:
    """Return "28 Nov 2026, 14:05"."""
    return date_words().to_the_minute(value)


@cache
def _date_words_of(language: str | None) -> DateWords:
    with override(language):
        return DateWords(
            months=tuple(_capital(MONTHS_3[number]) for number in range(1, 13)),
            weekdays=tuple(str(WEEKDAYS[number]) for number in range(7)),
            weekdays_short=tuple(str(WEEKDAYS_ABBR[number]) for number in range(7)),
            day_pattern=pgettext("date", "%(day)s %(month)s"),
            day_and_year_pattern=pgettext("date", "%(day)s %(month)s %(year)s"),
            weekday_and_day_pattern=pgettext("date", "%(weekday)s %(day)s"),
            day_and_time_pattern=pgettext("date", "%(day)s, %(time)s"),
        )


def _capital(name: object) -> str:
    text = str(name)
    return text[:1].upper() + text[1:]
