"""The phone card: where a return is, in words that can be read out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from returns.models import Language, Return, State
from returns.record.shipped_sentences import MONTHS

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NEXT = {
    State.CREATED: "Next: the parcel arrives at the warehouse and is scanned.",
    State.ARRIVED: "Next: the warehouse inspects it, then the return is completed.",
    State.COMPLETED: "Nothing is left to do at the warehouse.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """What an agent reads out: where the return is, what comes next, the rest of the order."""

    says: str
    next: str
    of_the_order: str
    zone: str


def card_of(record: Return, others: Sequence[Return], now: datetime, *, more: bool = False) -> Card:
    """Return the card of a return; ``more`` when the order has returns beyond ``others``."""
    zone = timezone.get_current_timezone_name()
    return Card(
        says=says(record, now),
        next=NEXT[State(record.state)],
        of_the_order="" if more else _of_the_order([record, *others]),
        zone="" if zone == settings.TIME_ZONE else zone,
    )


def says(record: Return, now: datetime) -> str:
    """Say the state of a return, since when, and for how long, in the person's zone.

    The WMS promises no order of its times, so a duration that is less than nothing is not said.
    """
    created, arrived, completed = (
        record.created_at,
        record.arrived_to_warehouse_at,
        record.completed_at,
    )
    if completed:
        said = f"Completed {on_day(completed, now)}"
        if not arrived:
            return f"{said}. When it arrived is not known."
        return f"{said}{_lasting(', ', arrived, completed, ' after it arrived')}."
    if arrived:
        waiting = _lasting(", waiting for inspection for ", arrived, now, "")
        return f"Arrived at the warehouse {on_day(arrived, now)}{waiting}."
    since = _lasting(", ", created, now, " ago")
    return f"Announced {on_day(created, now)}{since}. The parcel has not arrived yet."


def on_day(moment: datetime, now: datetime) -> str:
    """Say a time as people do: "today at 14:05", "on Monday at 14:05", "on 3 May at 14:05"."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    days = (today - local.date()).days
    if days in (0, 1):
        day = ("today", "yesterday")[days]
    elif 1 < days < 7:
        day = f"on {DAYS[local.weekday()]}"
    else:
        year = "" if local.year == today.year else f" {local.year}"
        day = f"on {local.day} {MONTHS[Language.ENGLISH][local.month - 1]}{year}"
    return f"{day} at {local:%H:%M}"


def spoken(duration: timedelta) -> str:
    """Say a duration in its largest unit, rounded down."""
    minutes = int(duration.total_seconds()) // 60
    for unit, length in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if count := minutes // length:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def _lasting(before: str, start: datetime, end: datetime, after: str) -> str:
    return f"{before}{spoken(end - start)}{after}" if start <= end else ""


def _of_the_order(returns: Sequence[Return]) -> str:
    if len(returns) < 2:
        return ""
    there = sum(record.state != State.CREATED for record in returns)
    done = sum(record.state == State.COMPLETED for record in returns)
    order = returns[0].sales_order_reference_number
    some = str(there) if there else "None"
    completed = f", {done} of them completed" if done else ""
    have = "have" if there > 1 else "has"
    return f"{some} of the {len(returns)} returns of order {order} {have} arrived{completed}."
