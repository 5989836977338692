"""The card of a return: where it is, in sentences that an agent can read out on the phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from returns.display.values import WEEKDAY_NAMES
from returns.models import Language, Return, State
from returns.record.shipped_sentences import MONTH_NAMES

NEXT_STEPS = {
    State.CREATED: "Next: the parcel arrives at the warehouse and is scanned.",
    State.ARRIVED: "Next: the warehouse inspects the return and completes it.",
    State.COMPLETED: "There is nothing left to do at the warehouse.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """Sentences about a return: its status, the next step, and the other returns of its order.

    ``zone`` is the time zone of the sentences if it is not the warehouse's, otherwise "".
    """

    status: str
    next_step: str
    order_summary: str
    zone: str


def build_card(
    record: Return, others: Sequence[Return], now: datetime, *, more: bool = False
) -> Card:
    """Return the card of a return.

    ``others`` are other returns of its order. If there are ``more`` than these, the card says
    nothing about the order.
    """
    zone = timezone.get_current_timezone_name()
    return Card(
        status=status_sentence(record, now),
        next_step=NEXT_STEPS[State(record.state)],
        order_summary="" if more else _order_summary([record, *others]),
        zone="" if zone == settings.TIME_ZONE else zone,
    )


def status_sentence(record: Return, now: datetime) -> str:
    """Say when the return reached its state, in the person's time zone, and how long it took.

    The WMS does not guarantee the order of its times. A negative duration is left out.
    """
    created, arrived, completed = (
        record.created_at,
        record.arrived_to_warehouse_at,
        record.completed_at,
    )
    if completed:
        day = spoken_day(completed, now)
        if not arrived:
            return f"Completed {day}. The arrival time is unknown."
        if arrived > completed:
            return f"Completed {day}."
        return f"Completed {day}, {spoken_duration(completed - arrived)} after it arrived."
    if arrived:
        day = spoken_day(arrived, now)
        if arrived > now:
            return f"Arrived at the warehouse {day}."
        waiting = spoken_duration(now - arrived)
        return f"Arrived at the warehouse {day}, waiting for inspection for {waiting}."
    day = spoken_day(created, now)
    if created > now:
        return f"Created {day}. The parcel has not arrived yet."
    return f"Created {day}, {spoken_duration(now - created)} ago. The parcel has not arrived yet."


def spoken_day(moment: datetime, now: datetime) -> str:
    """Return for example "today at 14:05", "on Monday at 14:05" or "on 3 May at 14:05"."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    days = (today - local.date()).days
    if days in (0, 1):
        day = ("today", "yesterday")[days]
    elif 1 < days < 7:
        day = f"on {WEEKDAY_NAMES[local.weekday()]}"
    else:
        year = "" if local.year == today.year else f" {local.year}"
        day = f"on {local.day} {MONTH_NAMES[Language.ENGLISH][local.month - 1]}{year}"
    return f"{day} at {local:%H:%M}"


def spoken_duration(duration: timedelta) -> str:
    """Return a duration in its largest unit, rounded down: "3 days", "1 hour"."""
    minutes = int(duration.total_seconds()) // 60
    for unit, length in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if count := minutes // length:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def _order_summary(returns: Sequence[Return]) -> str:
    total = len(returns)
    if total < 2:
        return ""
    arrived = sum(record.state != State.CREATED for record in returns)
    completed = sum(record.state == State.COMPLETED for record in returns)
    order = returns[0].sales_order_reference_number
    if not arrived:
        return f"None of the {total} returns of order {order} have arrived."
    some = f"All {total}" if arrived == total else f"{arrived} of the {total}"
    has = "has" if arrived == 1 else "have"
    arrivals = f"{some} returns of order {order} {has} arrived"
    if not completed:
        return f"{arrivals}."
    return f"{arrivals}; {completed} {'is' if completed == 1 else 'are'} completed."
