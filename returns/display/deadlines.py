"""How deadlines are written in pages; static/js/times.js keeps them true with the same words."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from returns.display.values import DAYS, MISSING, MONTHS, duration
from returns.filters.due import Due
from returns.models import Deadline

DUE = (
    '<time class="due{css}" datetime="{moment}" data-soon="{soon}"'
    ' title="{policy}: due {day}">{words}</time>'
)
CLASSES = {Deadline.LATE: " is-late", Deadline.AT_RISK: " is-at-risk", "": ""}


def deadline(due: Due | None) -> SafeString:
    """Write when a waiting return is due, or by how much it is late."""
    return due_time(due, timezone.now()) if due else MISSING


def due_time(due: Due, now: datetime) -> SafeString:
    """Write a deadline in words; its title has the moment and the policy."""
    return format_html(
        DUE,
        css=CLASSES[due.standing(now)],
        moment=due.at.isoformat(),
        soon=int(due.soon.total_seconds()),
        policy=due.policy,
        day=on_day(due.at),
        words=due_words(due, now),
    )


def due_words(due: Due, now: datetime) -> str:
    """Return how a return stands to its deadline: "late by 2 h", "at risk, due in 3 h", or when."""
    standing = due.standing(now)
    if standing == Deadline.LATE:
        return f"late by {duration(now - due.at)}"
    if standing == Deadline.AT_RISK:
        return f"at risk, due in {duration(due.at - now)}"
    return on_day(due.at)


def on_day(moment: datetime) -> str:
    """Write a moment as a day and a time, in the person's zone: "Fri 27 Nov, 18:00"."""
    local = timezone.localtime(moment)
    day = f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"
    year = "" if local.year == timezone.localtime().year else f" {local.year}"
    return f"{day}{year}, {local.hour:02}:{local.minute:02}"
