"""Format deadlines for pages. static/js/times.js keeps them up to date in the browser."""

from datetime import datetime
from functools import cache

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from config.dates import date_words
from config.markup import format_html
from returns.display.durations import duration_words
from returns.display.values import MISSING
from returns.filters.due import Due
from returns.models import Deadline

DUE_TIME = (
    '<time class="due{css}" datetime="{moment}" data-soon="{soon}" title="{title}">{text}</time>'
)
CLASSES = {Deadline.LATE: " is-late", Deadline.AT_RISK: " is-at-risk", "": ""}


def deadline(due: Due | None) -> SafeString:
    """Format the deadline of a waiting return; a dash if it has none."""
    return due_time(due, timezone.now()) if due else MISSING


def due_time(due: Due, now: datetime, language: str | None = None) -> SafeString:
    """Format a deadline. Its title has the exact time and the name of the deadline.

    Finding the ``language`` of the page takes a while, so a list gives it.
    """
    language = language or get_language()
    shown = day_and_time(due.at, language)
    title = _due_texts(language)["title"] % {"policy": due.label, "day": shown}
    return format_html(
        DUE_TIME,
        css=CLASSES[due.standing(now)],
        moment=due.at.isoformat(),
        soon=int(due.soon.total_seconds()),
        title=title,
        text=due_text(due, now, language),
    )


@cache
def _due_texts(language: str | None) -> dict[str, str]:
    with override(language):
        return {
            "title": _("%(policy)s: due %(day)s"),
            Deadline.LATE: _("late by %(duration)s"),
            Deadline.AT_RISK: _("at risk, due in %(duration)s"),
        }


def due_text(due: Due, now: datetime, language: str | None = None) -> str:
    """Return for example "late by 2 h", "at risk, due in 3 h" or "Fri 27 Nov, 18:00"."""
    language, standing = language or get_language(), due.standing(now)
    if not standing:
        return day_and_time(due.at, language)
    duration = duration_words(language).duration(abs(now - due.at))
    return _due_texts(language)[standing] % {"duration": duration}


def day_and_time(moment: datetime, language: str | None = None) -> str:
    """Return a time as day and time in the person's zone: "Fri 27 Nov, 18:00"."""
    local = timezone.localtime(moment)
    is_this_year = local.year == timezone.localtime().year
    words = date_words(language)
    day = words.weekday_and_day(local) if is_this_year else words.weekday_and_full_day(local)
    return words.with_time(day, local)
