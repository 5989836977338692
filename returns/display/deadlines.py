"""Format deadlines for pages. static/js/times.js keeps them up to date in the browser."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from returns.display.values import MISSING, MONTHS_SHORT, WEEKDAYS_SHORT, duration
from returns.filters.due import Due
from returns.models import Deadline

DUE_TIME = (
    '<time class="due{css}" datetime="{moment}" data-soon="{soon}"'
    ' title="{policy}: due {day}">{text}</time>'
)
CLASSES = {Deadline.LATE: " is-late", Deadline.AT_RISK: " is-at-risk", "": ""}


def deadline(due: Due | None) -> SafeString:
    """Format the deadline of a waiting return; a dash if it has none."""
    return due_time(due, timezone.now()) if due else MISSING


def due_time(due: Due, now: datetime) -> SafeString:
    """Format a deadline. Its title has the exact time and the name of the deadline."""
    return format_html(
        DUE_TIME,
        css=CLASSES[due.standing(now)],
        moment=due.at.isoformat(),
        soon=int(due.soon.total_seconds()),
        policy=due.policy,
        day=day_and_time(due.at),
        text=due_text(due, now),
    )


def due_text(due: Due, now: datetime) -> str:
    """Return for example "late by 2 h", "at risk, due in 3 h" or "Fri 27 Nov, 18:00"."""
    standing = due.standing(now)
    if standing == Deadline.LATE:
        return f"late by {duration(now - due.at)}"
    if standing == Deadline.AT_RISK:
        return f"at risk, due in {duration(due.at - now)}"
    return day_and_time(due.at)


def day_and_time(moment: datetime) -> str:
    """Return a time as day and time in the person's zone: "Fri 27 Nov, 18:00"."""
    local = timezone.localtime(moment)
    day = f"{WEEKDAYS_SHORT[local.weekday()]} {local.day} {MONTHS_SHORT[local.month - 1]}"
    year = "" if local.year == timezone.localtime().year else f" {local.year}"
    return f"{day}{year}, {local.hour:02}:{local.minute:02}"
