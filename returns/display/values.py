"""Format times, durations, numbers, states and tags for pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config.text import shorten
from returns.models import Return, State
from tags.vocabulary import TagChip


@dataclass(frozen=True, slots=True)
class Origin:
    """Who added a tag to a return (the label of a person, rule or source), and when."""

    who: str
    at: datetime


# By tag id.
Origins = Mapping[int, Origin]

# The same units as in static/js/times.js.
UNITS = (("y", 365 * 86400), ("mo", 30 * 86400), ("d", 86400), ("h", 3600), ("min", 60))
UNIT_NAMES = {"y": "year", "mo": "month", "d": "day", "h": "hour", "min": "minute"}
# Formatted here rather than by Django, for speed: a page shows 150 times.
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Characters of a number that are shown at its end, and at its beginning if its middle is hidden.
# Capital letters take more room than digits, and the column of the references has less.
NUMBER_END_LENGTH = 8
DIGITS_START_LENGTH, LETTERS_START_LENGTH, REFERENCE_START_LENGTH = 8, 6, 4
# So few characters are not worth a "…".
MIN_HIDDEN_LENGTH = 3
NO_NUMBER = format_html('<span class="missing">{}</span>', "–")
MAX_TEXT_LENGTH, MAX_TITLE_LENGTH = 120, 500
CHIPS_PER_ROW = 2
ROW_TAGS = '<div class="tagging" id="tags-{pk}"><span class="tags">{chips}{more}{edit}</span></div>'
MORE_TAGS = '<span class="tag more" title="{}">+{}</span>'
EDIT_TAGS = (
    '<form class="edit-tags" action="{editor}"><button class="add" name="next" value="{back_to}"'
    ' aria-label="Edit tags of {reference}" title="Edit tags" hx-get="{editor}?at=row"'
    ' hx-target="closest .tagging" hx-swap="none" hx-sync="closest .tagging:replace">{plus}'
    "</button></form>"
)
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


def when(value: datetime | None) -> SafeString:
    """Format a time as "3 h ago". Its title, and screen readers, have the exact time."""
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


def age(value: datetime) -> str:
    """Format the age of a time in its largest unit: "3 months". A future time counts as new."""
    seconds = int((timezone.now() - value).total_seconds())
    for unit, length in UNITS:
        if seconds >= length:
            count = seconds // length
            return f"{count} {UNIT_NAMES[unit]}{'s' if count > 1 else ''}"
    return "less than a minute"


def short_age(value: datetime) -> str:
    """Format the age of a time like static/js/live.js: "40 s", "3 mo". A future time is new."""
    now = timezone.now()
    seconds = max(0, int((now - value).total_seconds()))
    return f"{seconds} s" if seconds < 60 else relative(value, now).removesuffix(" ago")


def exact(value: datetime | None) -> SafeString:
    """Format a time in the person's zone to the minute. Its title has the seconds and the zone."""
    if value is None:
        return MISSING
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        _to_the_second(local),
        _to_the_minute(local),
    )


def shown_time(value: datetime) -> str:
    """Format a time in the person's zone to the minute, as ``exact`` shows it."""
    return _to_the_minute(timezone.localtime(value))


def compared(value: datetime, other: datetime | None) -> SafeString:
    """Format a time like ``exact``, but so precisely that it differs from another time."""
    local = timezone.localtime(value)
    text = _to_the_minute(local)
    if other and other != value and shown_time(other) == text:
        is_same_second = other.replace(microsecond=0) == value.replace(microsecond=0)
        text = f"{text}:{local.second:02}" + (f".{local.microsecond:06}" if is_same_second else "")
        # In the hour that clocks go through twice.
        if local.utcoffset() != timezone.localtime(other).utcoffset():
            text = f"{text} {_zone(local.utcoffset())}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), _to_the_second(local), text
    )


def elapsed(start: datetime | None, end: datetime | None) -> str:
    """Format the duration between two times; "" if one of them is missing.

    Also "" if the start is after the end, because the WMS's clock may be ahead of ours.
    """
    return duration(end - start) if start and end and start <= end else ""


def duration(value: timedelta) -> str:
    """Format a duration in its two largest units: "2 d 4 h"."""
    minutes = int(abs(value).total_seconds()) // 60
    if not minutes:
        return "under a minute"
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if n]
    text = " ".join(parts[: 1 if days and not hours else 2])
    return text if value > timedelta(0) else f"{text} earlier"


def number(value: str) -> SafeString:
    """Format a number that people recognise by its beginning and end; see ``_ends``."""
    if not value:
        return NO_NUMBER
    return _ends(value, DIGITS_START_LENGTH if value.isdigit() else LETTERS_START_LENGTH)


def reference(value: str) -> SafeString:
    """Format a return reference where room is short; see ``_ends``."""
    return _ends(value, REFERENCE_START_LENGTH)


def _ends(value: str, start: int) -> SafeString:
    """Format the beginning and the end of a number.

    The middle of a long one is hidden only visually, so that copying, screen readers and the
    browser's search still get the whole number. The style sheet never cuts off its end.
    """
    hidden = value[start:-NUMBER_END_LENGTH]
    if len(hidden) < MIN_HIDDEN_LENGTH:
        return format_html('<span class="ends"><bdi dir="ltr">{}</bdi></span>', value)
    return format_html(
        '<span class="ends" title="{}"><bdi dir="ltr">'
        '{}<span class="middle">{}</span>{}</bdi></span>',
        value,
        value[:start],
        hidden,
        value[-NUMBER_END_LENGTH:],
    )


def shortened(text: str) -> str:
    """Format the beginning of a text. Its title has more of it."""
    if not text:
        return ""
    title, beginning = shorten(text, MAX_TITLE_LENGTH), shorten(text, MAX_TEXT_LENGTH)
    return format_html('<span title="{}">{}</span>', title, beginning)


def state(value: str) -> SafeString:
    """Format a state as its label, with a shape."""
    return STATES.get(value) or format_html('<span class="state">{}</span>', value)


def chip(tag: TagChip, origins: Origins | None = None) -> SafeString:
    """Format a tag in the colour of its group. Its title says who added it, if known."""
    return _chip(tag, chip_title(tag, origins) if origins else tag.title)


def chip_title(tag: TagChip, origins: Origins) -> str:
    """Return the description of a tag, with who added it to a return and when."""
    origin = origins.get(tag.id)
    if origin is None:
        return tag.title
    return f"{tag.title}. Added by {origin.who}, {_to_the_minute(timezone.localtime(origin.at))}"


def row_tags(record: Return, tags: Sequence[TagChip], may_tag: bool, back_to: str) -> SafeString:
    """Format a return's tags for a row: two chips, the number of further tags, an edit button.

    Not a template, for speed: templates of the tags were half the cost of a list of fifty rows.
    ``back_to`` is the page to return to from the editor without JavaScript.
    """
    chips = format_html_join("", "{}", ((_chip(tag, tag.title),) for tag in tags[:CHIPS_PER_ROW]))
    others = tags[CHIPS_PER_ROW:]
    more = format_html(MORE_TAGS, ", ".join(map(str, others)), len(others)) if others else ""
    edit = ""
    if may_tag:
        edit = format_html(
            EDIT_TAGS,
            editor=_editor_path(record.pk),
            reference=record.return_reference_number,
            back_to=back_to,
            plus=_plus(),
        )
    return format_html(ROW_TAGS, pk=record.pk, chips=chips, more=more, edit=edit)


@lru_cache(maxsize=1_000)
def _chip(tag: TagChip, title: str) -> SafeString:
    return format_html(
        '<span class="tag {}" data-tag="{}" title="{}"><span>{}</span></span>',
        tag.color,
        tag.name,
        title,
        tag.name,
    )


def _editor_path(pk: int) -> str:
    return _editor_path_of_pk_0().replace("/0/", f"/{pk}/")


@cache
def _editor_path_of_pk_0() -> str:
    return reverse("return-tags", args=[0])


@cache
def _plus() -> SafeString:
    return render_to_string("components/icons/plus.svg")


def relative(then: datetime, now: datetime) -> str:
    """Return for example "3 h ago" or "in 2 d": the largest unit, rounded down."""
    seconds = int((now - then).total_seconds())
    for unit, length in UNITS:
        if abs(seconds) >= length:
            count = abs(seconds) // length
            return f"in {count} {unit}" if seconds < 0 else f"{count} {unit} ago"
    return "just now"


def _to_the_minute(local: datetime) -> str:
    day = f"{local.day} {MONTHS_SHORT[local.month - 1]} {local.year}"
    return f"{day}, {local.hour:02}:{local.minute:02}"


def _to_the_second(local: datetime) -> str:
    zone = _zone(local.utcoffset())
    return f"{WEEKDAYS_SHORT[local.weekday()]} {_to_the_minute(local)}:{local.second:02} {zone}"


@cache
def _zone(offset: timedelta | None) -> str:
    """Return the zone as "GMT+3", which is clearer than an abbreviation."""
    minutes = int((offset or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "GMT" if not minutes else f"GMT{sign}{hours}" + (f":{rest:02}" if rest else "")
