"""How times, durations, numbers and states of returns are written in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from config.text import shorten
from returns.models import State
from tags.vocabulary import TagChip


@dataclass(frozen=True, slots=True)
class Origin:
    """Who put a tag on a return, a person, a rule or a source in words, and when."""

    who: str
    at: datetime


# By the id of a tag.
Origins = Mapping[int, Origin]

# The same steps and words as static/js/times.js.
UNITS = (("y", 365 * 86400), ("mo", 30 * 86400), ("d", 86400), ("h", 3600), ("min", 60))
# By hand, for speed: a page writes 150 times.
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NUMBER_LENGTH, END_LENGTH = 18, 8
NO_NUMBER = format_html('<span class="missing">{}</span>', "–")
TEXT_LENGTH, TITLE_LENGTH = 120, 500
CHIPS_IN_A_ROW = 2
ROW_TAGS = '<div class="tagging" id="tags-{pk}"><span class="tags">{chips}{more}{edit}</span></div>'
MORE_TAGS = '<span class="tag more" title="{}">+{}</span>'
EDIT_TAGS = (
    '<form class="edit-tags" action="{editor}"><button class="add" name="next" value="{back_to}"'
    ' aria-label="Edit tags" title="Edit tags" hx-get="{editor}?at=row"'
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


def age(value: datetime) -> str:
    """Write how old a time is, in its largest unit; one ahead of our clock is new."""
    words = relative(value, timezone.now())
    return words.removesuffix(" ago") if words.endswith(" ago") else "under a minute"


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


def took(start: datetime | None, end: datetime | None) -> str:
    """Write how long it took from one time to the other; nothing while one is missing.

    Nothing either when they stand the other way round: the WMS's clock may be ahead of ours.
    """
    return duration(end - start) if start and end and start <= end else ""


def duration(value: timedelta) -> str:
    """Write a duration in its two largest units: "2 d 4 h"."""
    minutes = int(abs(value).total_seconds()) // 60
    if not minutes:
        return "under a minute"
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if n]
    words = " ".join(parts[: 1 if days and not hours else 2])
    return words if value > timedelta(0) else f"{words} earlier"


def number(value: str) -> SafeString:
    """Write a number that people compare by its beginning and its end.

    The middle of a long one is not shown, but it is there: whoever copies, hears or searches the
    number has all of it.
    """
    if not value:
        return NO_NUMBER
    if len(value) <= NUMBER_LENGTH:
        return escape(value)
    return format_html(
        '<span title="{}">{}<span class="middle">{}</span>{}</span>',
        value,
        value[:END_LENGTH],
        value[END_LENGTH:-END_LENGTH],
        value[-END_LENGTH:],
    )


def shortened(text: str) -> str:
    """Write the beginning of a text; more of it stands in its title."""
    if not text:
        return ""
    return format_html(
        '<span title="{}">{}</span>', shorten(text, TITLE_LENGTH), shorten(text, TEXT_LENGTH)
    )


def state(value: str) -> SafeString:
    """Write a state in words, with its shape."""
    return STATES.get(value) or format_html('<span class="state">{}</span>', value)


def chip(tag: TagChip, origins: Origins | None = None) -> SafeString:
    """Write a tag in the colour of its group; its title says who put it on a return."""
    return _chip(tag, title_on(tag, origins) if origins else tag.title)


def title_on(tag: TagChip, origins: Origins) -> str:
    """Write what a tag means, and who put it on a return and when."""
    origin = origins.get(tag.id)
    if origin is None:
        return tag.title
    return f"{tag.title}. Added by {origin.who}, {_to_the_minute(timezone.localtime(origin.at))}"


def row_tags(pk: int, tags: Sequence[TagChip], may_tag: bool, back_to: str) -> SafeString:
    """Write a return's tags in a row: two of them, how many more, and the button to edit them.

    In Python, because a list holds fifty of these: as a template they were half of its cost.
    ``back_to`` is the page that the editor leads back to without JavaScript.
    """
    chips = format_html_join("", "{}", ((_chip(tag, tag.title),) for tag in tags[:CHIPS_IN_A_ROW]))
    others = tags[CHIPS_IN_A_ROW:]
    more = format_html(MORE_TAGS, ", ".join(map(str, others)), len(others)) if others else ""
    edit = ""
    if may_tag:
        edit = format_html(EDIT_TAGS, editor=_editor_path(pk), back_to=back_to, plus=_plus())
    return format_html(ROW_TAGS, pk=pk, chips=chips, more=more, edit=edit)


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
    return _editor_path_of_none().replace("/0/", f"/{pk}/")


@cache
def _editor_path_of_none() -> str:
    return reverse("return-tags", args=[0])


@cache
def _plus() -> SafeString:
    return render_to_string("components/icons/plus.svg")


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
