"""How times, durations, numbers and states of returns are written in pages."""

from datetime import datetime, timedelta
from functools import cache

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from returns.models import State

register = template.Library()

# The same steps and words as static/js/times.js.
UNITS = (("y", 365 * 86400), ("mo", 30 * 86400), ("d", 86400), ("h", 3600), ("min", 60))
# By hand, for speed: a page writes 150 times.
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MIDDLE_LENGTH = 18
STATE_CLASSES = {State.CREATED: "created", State.ARRIVED: "arrived", State.COMPLETED: "completed"}
STATES = {
    state.value: format_html('<span class="state {}">{}</span>', css_class, state.label)
    for state, css_class in STATE_CLASSES.items()
}
MISSING = format_html(
    '<span class="missing"><span aria-hidden="true">–</span>'
    '<span class="visually-hidden">{}</span></span>',
    "not yet",
)


@register.simple_tag
def when(value: datetime | None) -> SafeString:
    """Write a time as "3 h ago"; the exact time stands in the title and is read aloud."""
    if value is None:
        return MISSING
    local = timezone.localtime(value)
    return format_html(
        '<time class="when" datetime="{}" title="{}"><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span></time>',
        value.isoformat(),
        _to_the_second(local),
        relative(value, timezone.now()),
        _to_the_minute(local),
    )


@register.simple_tag
def exact(value: datetime | None) -> SafeString:
    """Write a time in the person's zone to the minute; its title has seconds and zone."""
    if value is None:
        return MISSING
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        _to_the_second(local),
        _to_the_minute(local),
    )


@register.simple_tag
def took(start: datetime | None, end: datetime | None) -> str:
    """Write how long it took from one time to the other; nothing while one is missing."""
    return duration(end - start) if start and end else ""


@register.filter
def duration(value: timedelta) -> str:
    """Write a duration in its two largest units: "2 d 4 h"; under a minute "same minute"."""
    minutes = int(abs(value).total_seconds()) // 60
    if not minutes:
        return "same minute"
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if n]
    words = " ".join(parts[: 1 if days and not hours else 2])
    return words if value > timedelta(0) else f"{words} earlier"


@register.filter
def middle(number: str) -> str:
    """Shorten a long number in its middle: people compare its beginning and its end."""
    return number if len(number) <= MIDDLE_LENGTH else f"{number[:8]}…{number[-8:]}"


@register.filter
def state(value: str) -> SafeString:
    """Write a state in words, with its shape."""
    return STATES.get(value) or format_html('<span class="state">{}</span>', value)


def relative(then: datetime, now: datetime) -> str:
    """Return how long ago a time was, in its largest unit, rounded down."""
    seconds = int((now - then).total_seconds())
    for unit, length in UNITS:
        if abs(seconds) >= length:
            count = abs(seconds) // length
            return f"in {count} {unit}" if seconds < 0 else f"{count} {unit} ago"
    return "just now"


def _to_the_minute(local: datetime) -> str:
    day = f"{local.day} {MONTHS[local.month - 1]} {local.year}"
    return f"{day}, {local.hour:02}:{local.minute:02}"


def _to_the_second(local: datetime) -> str:
    zone = _zone(local.utcoffset())
    return f"{DAYS[local.weekday()]} {_to_the_minute(local)}:{local.second:02} {zone}"


@cache
def _zone(offset: timedelta | None) -> str:
    """Return the zone as GMT+3, which says more than a city's abbreviation."""
    minutes = int((offset or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "GMT" if not minutes else f"GMT{sign}{hours}" + (f":{rest:02}" if rest else "")
