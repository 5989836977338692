"""Durations and ages as the language of the page writes them. static/js/times.js has the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.utils import timezone
from django.utils.translation import get_language, ngettext, npgettext, override, pgettext
from django.utils.translation import gettext as _

# Seconds; the same units as in static/js/times.js.
IN_YEAR, IN_MONTH, IN_DAY, IN_HOUR, IN_MINUTE = (
    365 * 86400,
    30 * 86400,
    86400,
    3600,
    60,
)
# A text for one of a unit, and for several.
type Forms = tuple[str, str]


@dataclass(frozen=True, slots=True)
class DurationWords:
    """How a language tells durations.

    For many of them, ask for it once: finding the language takes longer than formatting.
    """

    just_now: str
    under_a_minute: str
    earlier: str
    # With the seconds of their units, the largest first.
    ago: tuple[tuple[int, Forms], ...]
    later: tuple[tuple[int, Forms], ...]
    days: Forms
    hours: Forms
    minutes: Forms

    def relative(self, then: datetime, now: datetime) -> str:
        """Return for example "3 h ago" or "in 2 d": the largest unit, rounded down."""
        seconds = int((now - then).total_seconds())
        size = abs(seconds)
        for unit, forms in self.later if seconds < 0 else self.ago:
            if size >= unit:
                return _counted(forms, size // unit)
        return self.just_now

    def duration(self, value: timedelta) -> str:
        """Return a duration in its two largest units: "2 d 4 h"."""
        minutes = int(abs(value).total_seconds()) // 60
        if not minutes:
            return self.under_a_minute
        days, minutes = divmod(minutes, 24 * 60)
        hours, minutes = divmod(minutes, 60)
        parts = []
        if days:
            parts.append(_counted(self.days, days))
        if hours:
            parts.append(_counted(self.hours, hours))
        if minutes and not days:
            parts.append(_counted(self.minutes, minutes))
        text = " ".join(parts)
        return text if value > timedelta(0) else self.earlier % {"duration": text}


def duration_words(language: str | None = None) -> DurationWords:
    """Return how a language tells durations, by default the one of the page."""
    return _duration_words_of(language or get_language())


@cache
def _duration_words_of(language: str | None) -> DurationWords:
    def ago(count: int) -> str:
        return ngettext("%(count)s d ago", "%(count)s d ago", count)

    def later(count: int) -> str:
        return ngettext("in %(count)s d", "in %(count)s d", count)

    def days(count: int) -> str:
        return npgettext("days", "%(count)s d", "%(count)s d", count)

    with override(language):
        return DurationWords(
            _("just now"),
            _("under a minute"),
            _("%(duration)s earlier"),
            (
                (IN_YEAR, _both(_("%(count)s y ago"))),
                (IN_MONTH, _both(_("%(count)s mo ago"))),
                (IN_DAY, (ago(1), ago(2))),
                (IN_HOUR, _both(_("%(count)s h ago"))),
                (IN_MINUTE, _both(_("%(count)s min ago"))),
            ),
            (
                (IN_YEAR, _both(_("in %(count)s y"))),
                (IN_MONTH, _both(_("in %(count)s mo"))),
                (IN_DAY, (later(1), later(2))),
                (IN_HOUR, _both(_("in %(count)s h"))),
                (IN_MINUTE, _both(_("in %(count)s min"))),
            ),
            (days(1), days(2)),
            _both(pgettext("hours", "%(count)s h")),
            _both(pgettext("minutes", "%(count)s min")),
        )


def _both(abbreviation: str) -> Forms:
    return abbreviation, abbreviation


def _counted(forms: Forms, count: int) -> str:
    return forms[count > 1] % {"count": count}


def relative(then: datetime, now: datetime) -> str:
    """Return for example "3 h ago" or "in 2 d": the largest unit, rounded down."""
    return duration_words().relative(then, now)


def duration(value: timedelta) -> str:
    """Return a duration in its two largest units: "2 d 4 h"."""
    return duration_words().duration(value)


def elapsed(start: datetime | None, end: datetime | None) -> str:
    """Return the duration between two times; "" if one of them is missing.

    Also "" if the start is after the end, because the WMS's clock may be ahead of ours.
    """
    return duration(end - start) if start and end and start <= end else ""


def age(value: datetime) -> str:
    """Return the age of a time in its largest unit: "3 months". A future time counts as new."""
    seconds = int((timezone.now() - value).total_seconds())
    years, months, days = seconds // IN_YEAR, seconds // IN_MONTH, seconds // IN_DAY
    hours, minutes = seconds // IN_HOUR, seconds // IN_MINUTE
    if seconds < IN_MINUTE:
        return _("less than a minute")
    if years:
        count, text = years, ngettext("%(count)s year", "%(count)s years", years)
    elif months:
        count, text = months, ngettext("%(count)s month", "%(count)s months", months)
    elif days:
        count, text = days, ngettext("%(count)s day", "%(count)s days", days)
    elif hours:
        count, text = hours, ngettext("%(count)s hour", "%(count)s hours", hours)
    else:
        count, text = minutes, ngettext("%(count)s minute", "%(count)s minutes", minutes)
    return text % {"count": count}


def long_ago(value: datetime) -> str:
    """Return how long ago a time was in its largest unit: "3 months ago"."""
    seconds = int((timezone.now() - value).total_seconds())
    years, months, days = seconds // IN_YEAR, seconds // IN_MONTH, seconds // IN_DAY
    hours, minutes = seconds // IN_HOUR, seconds // IN_MINUTE
    if seconds < IN_MINUTE:
        return _("less than a minute ago")
    if years:
        count, text = years, ngettext("%(count)s year ago", "%(count)s years ago", years)
    elif months:
        count, text = months, ngettext("%(count)s month ago", "%(count)s months ago", months)
    elif days:
        count, text = days, ngettext("%(count)s day ago", "%(count)s days ago", days)
    elif hours:
        count, text = hours, ngettext("%(count)s hour ago", "%(count)s hours ago", hours)
    else:
        count, text = minutes, ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes)
    return text % {"count": count}


def short_ago(value: datetime) -> str:
    """Return how long ago a time was like static/js/live.js: "40 s ago", "3 mo ago"."""
    now = timezone.now()
    seconds = max(0, int((now - value).total_seconds()))
    if seconds < IN_MINUTE:
        return _("%(count)s s ago") % {"count": seconds}
    return relative(value, now)


def short_age(value: datetime) -> str:
    """Return the age of a time like static/js/live.js: "40 s", "3 mo". A future time is new."""
    seconds = max(0, int((timezone.now() - value).total_seconds()))
    if seconds < IN_MINUTE:
        return pgettext("seconds", "%(count)s s") % {"count": seconds}
    if seconds < IN_HOUR:
        return in_minutes(seconds // IN_MINUTE)
    if seconds < IN_DAY:
        return in_hours(seconds // IN_HOUR)
    if seconds < IN_MONTH:
        return in_days(seconds // IN_DAY)
    if seconds < IN_YEAR:
        return pgettext("months", "%(count)s mo") % {"count": seconds // IN_MONTH}
    return pgettext("years", "%(count)s y") % {"count": seconds // IN_YEAR}


def in_days(count: int) -> str:
    """Return "2 d"."""
    return _counted(duration_words().days, count)


def in_hours(count: int) -> str:
    """Return "4 h"."""
    return _counted(duration_words().hours, count)


def in_minutes(count: int) -> str:
    """Return "10 min"."""
    return _counted(duration_words().minutes, count)
