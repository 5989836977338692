"""Format times, durations, numbers, states and tags for pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cache, lru_cache

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from config.dates import DateWords, date_words, to_the_minute
from config.fragments import icon
from config.markup import format_html, join_html
from config.text import shorten
from returns.display.durations import duration_words
from returns.models import Return, State
from tags.vocabulary import TagChip


@dataclass(frozen=True, slots=True)
class Origin:
    """Who added a tag to a return (the label of a person, rule or source), and when."""

    who: str
    at: datetime


# By tag id.
Origins = Mapping[int, Origin]

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
    ' aria-label="{label}" title="{title}" hx-get="{editor}?at=row"'
    ' hx-target="closest .tagging" hx-swap="none" hx-sync="closest .tagging:replace">{plus}'
    "</button></form>"
)
STATE_CLASSES = {State.CREATED: "created", State.ARRIVED: "arrived", State.COMPLETED: "completed"}


@cache
def missing(language: str | None) -> SafeString:  # noqa: ARG001  # the key of the cache
    """Return a dash for a time that is not known yet, in the language of the page."""
    return format_html(
        '<span class="missing"><span aria-hidden="true">–</span>'
        '<span class="visually-hidden">{}</span></span>',
        pgettext("time", "not yet"),
    )


# In the language of the page; what holds it escapes it like any other safe text.
MISSING = lazy(lambda: missing(get_language()), SafeString)()


def when(
    value: datetime | None,
    language: str | None = None,
    zone: tzinfo | None = None,
    now: datetime | None = None,
) -> SafeString:
    """Format a time as "3 h ago". Its title, and screen readers, have the exact time.

    Finding the ``language`` and the ``zone`` of the page takes a while, so a list gives them.
    """
    language = language or get_language()
    if value is None:
        return missing(language)
    local = timezone.localtime(value, zone)
    words = date_words(language)
    return format_html(
        '<time class="when" datetime="{}" title="{}"><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span></time>',
        value.isoformat(),
        _to_the_second(local, words),
        duration_words(language).relative(value, now or timezone.now()),
        words.to_the_minute(local),
    )


def exact(value: datetime | None) -> SafeString:
    """Format a time in the person's zone to the minute. Its title has the seconds and the zone."""
    if value is None:
        return MISSING
    local, words = timezone.localtime(value), date_words()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        _to_the_second(local, words),
        words.to_the_minute(local),
    )


def shown_time(value: datetime) -> str:
    """Format a time in the person's zone to the minute, as ``exact`` shows it."""
    return to_the_minute(timezone.localtime(value))


def compared(value: datetime, other: datetime | None) -> SafeString:
    """Format a time like ``exact``, but so precisely that it differs from another time."""
    local, words = timezone.localtime(value), date_words()
    text = words.to_the_minute(local)
    if other and other != value and shown_time(other) == text:
        is_same_second = other.replace(microsecond=0) == value.replace(microsecond=0)
        text = f"{text}:{local.second:02}" + (f".{local.microsecond:06}" if is_same_second else "")
        # In the hour that clocks go through twice.
        if local.utcoffset() != timezone.localtime(other).utcoffset():
            text = f"{text} {_zone(local.utcoffset())}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        _to_the_second(local, words),
        text,
    )


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


def state(value: str, language: str | None = None) -> SafeString:
    """Format a state as its label, with a shape, in the language of the page."""
    if value in STATE_CLASSES:
        return _known_state(value, language or get_language())
    return format_html('<span class="state">{}</span>', value)


@cache
def _known_state(value: str, language: str | None) -> SafeString:  # noqa: ARG001  # as above
    known = State(value)
    return format_html('<span class="state {}">{}</span>', STATE_CLASSES[known], known.label)


def chip(tag: TagChip, origins: Origins | None = None) -> SafeString:
    """Format a tag in the colour of its group. Its title says who added it, if known."""
    return _chip(tag, chip_title(tag, origins) if origins else tag.title, get_language())


def chip_title(tag: TagChip, origins: Origins) -> str:
    """Return the description of a tag, with who added it to a return and when."""
    origin = origins.get(tag.id)
    if origin is None:
        return tag.title
    values = {"title": tag.title, "who": origin.who, "time": shown_time(origin.at)}
    if not origin.who:
        return _("%(title)s. Added %(time)s") % values
    return _("%(title)s. Added by %(who)s, %(time)s") % values


def row_tags(
    record: Return,
    tags: Sequence[TagChip],
    may_tag: bool,
    back_to: str,
    language: str | None = None,
) -> SafeString:
    """Format a return's tags for a row: two chips, the number of further tags, an edit button.

    Not a template, for speed: templates of the tags were half the cost of a list of fifty rows.
    ``back_to`` is the page to return to from the editor without JavaScript, ``language`` the one of
    the page.
    """
    language = language or get_language()
    chips = join_html([_chip(tag, tag.title, language) for tag in tags[:CHIPS_PER_ROW]])
    others = tags[CHIPS_PER_ROW:]
    more = format_html(MORE_TAGS, ", ".join(map(str, others)), len(others)) if others else ""
    edit = ""
    if may_tag:
        label, title = _edit_tags_texts(language)
        edit = format_html(
            EDIT_TAGS,
            editor=_editor_path(record.pk),
            label=label % {"reference": record.return_reference_number},
            title=title,
            back_to=back_to,
            plus=icon("plus"),
        )
    return format_html(ROW_TAGS, pk=record.pk, chips=chips, more=more, edit=edit)


@cache
def _edit_tags_texts(language: str | None) -> tuple[str, str]:  # noqa: ARG001  # as above
    return _("Edit tags of %(reference)s"), _("Edit tags")


@lru_cache(maxsize=1_000)
def _chip(tag: TagChip, title: str, language: str | None) -> SafeString:  # noqa: ARG001  # as above
    return format_html(
        '<span class="tag {}" data-tag="{}" title="{}"><span>{}</span></span>',
        tag.color,
        tag.name,
        title,
        tag.label,
    )


def _editor_path(pk: int) -> str:
    return _editor_path_of_pk_0().replace("/0/", f"/{pk}/")


@cache
def _editor_path_of_pk_0() -> str:
    return reverse("return-tags", args=[0])


def _to_the_second(local: datetime, words: DateWords) -> str:
    shown = words.with_time(words.weekday_and_full_day(local), local)
    return f"{shown}:{local.second:02} {_zone(local.utcoffset())}"


@cache
def _zone(offset: timedelta | None) -> str:
    """Return the zone as "GMT+3", which is clearer than an abbreviation."""
    minutes = int((offset or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "GMT" if not minutes else f"GMT{sign}{hours}" + (f":{rest:02}" if rest else "")
