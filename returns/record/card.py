"""The card of a return: where it is, in sentences that an agent can read out on the phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from config.dates import date_words
from config.numbers import grouped
from returns.display.items import items_summary
from returns.models import Return, State

NEXT_STEPS = {
    State.CREATED: gettext_lazy("Next: the parcel arrives at the warehouse and is scanned."),
    State.ARRIVED: gettext_lazy("Next: the warehouse inspects the return and completes it."),
    State.COMPLETED: gettext_lazy("There is nothing left to do at the warehouse."),
}
# Durations in each of their units, with their minutes. Apart, because languages inflect them.
DURATIONS = (
    (24 * 60, ngettext_lazy("%(count)s day", "%(count)s days", "count")),
    (60, ngettext_lazy("%(count)s hour", "%(count)s hours", "count")),
    (1, ngettext_lazy("%(count)s minute", "%(count)s minutes", "count")),
)
WAITS = (
    (24 * 60, ngettext_lazy("for %(count)s day", "for %(count)s days", "count")),
    (60, ngettext_lazy("for %(count)s hour", "for %(count)s hours", "count")),
    (1, ngettext_lazy("for %(count)s minute", "for %(count)s minutes", "count")),
)
AGES = (
    (24 * 60, ngettext_lazy("%(count)s day ago", "%(count)s days ago", "count")),
    (60, ngettext_lazy("%(count)s hour ago", "%(count)s hours ago", "count")),
    (1, ngettext_lazy("%(count)s minute ago", "%(count)s minutes ago", "count")),
)


@dataclass(frozen=True, slots=True)
class Card:
    """Sentences about a return: status, contents, next step, and the other returns of its order.

    ``parcel`` is "" until the WMS has said what is in the parcel. ``zone`` is the time zone of the
    sentences if it is not the warehouse's, otherwise "".
    """

    status: str
    parcel: str
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
        parcel=_parcel_sentence(record),
        next_step=str(NEXT_STEPS[State(record.state)]),
        order_summary="" if more else _order_summary([record, *others]),
        zone="" if zone == settings.TIME_ZONE else zone,
    )


def _parcel_sentence(record: Return) -> str:
    summary = items_summary(record)
    return _("In the parcel: %(items)s.") % {"items": summary} if summary else ""


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
            return _("Completed %(day)s. The arrival time is unknown.") % {"day": day}
        if arrived > completed:
            return _("Completed %(day)s.") % {"day": day}
        after = spoken_duration(completed - arrived)
        return _("Completed %(day)s, %(duration)s after it arrived.") % {
            "day": day,
            "duration": after,
        }
    if arrived:
        day = spoken_day(arrived, now)
        if arrived > now:
            return _("Arrived at the warehouse %(day)s.") % {"day": day}
        return _("Arrived at the warehouse %(day)s, waiting for inspection %(for_how_long)s.") % {
            "day": day,
            "for_how_long": _in_largest_unit(now - arrived, WAITS) or _("for less than a minute"),
        }
    day = spoken_day(created, now)
    if created > now:
        return _("Created %(day)s. The parcel has not arrived yet.") % {"day": day}
    return _("Created %(day)s, %(how_long_ago)s. The parcel has not arrived yet.") % {
        "day": day,
        "how_long_ago": _in_largest_unit(now - created, AGES) or _("less than a minute ago"),
    }


def spoken_day(moment: datetime, now: datetime) -> str:
    """Return for example "today at 14:05", "on Monday at 14:05" or "on 3 May at 14:05"."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    days = (today - local.date()).days
    if days == 0:
        text = _("today at %(time)s")
    elif days == 1:
        text = _("yesterday at %(time)s")
    elif 1 < days < 7:
        text = _("on %(weekday)s at %(time)s")
    elif local.year == today.year:
        text = _("on %(day)s %(month)s at %(time)s")
    else:
        text = _("on %(day)s %(month)s %(year)s at %(time)s")
    return text % {
        "weekday": date_words().weekdays[local.weekday()],
        "day": local.day,
        "month": MONTHS[local.month],
        "year": local.year,
        "time": f"{local:%H:%M}",
    }


def spoken_duration(duration: timedelta) -> str:
    """Return a duration in its largest unit, rounded down: "3 days", "1 hour"."""
    return _in_largest_unit(duration, DURATIONS) or _("less than a minute")


def _in_largest_unit(duration: timedelta, units: Sequence[tuple[int, Any]]) -> str:
    minutes = int(duration.total_seconds()) // 60
    for length, text in units:
        if count := minutes // length:
            return str(text % {"count": count})
    return ""


def _order_summary(returns: Sequence[Return]) -> str:
    total = len(returns)
    if total < 2:
        return ""
    arrived = sum(record.state != State.CREATED for record in returns)
    completed = sum(record.state == State.COMPLETED for record in returns)
    values = {
        "total": grouped(total),
        "order": returns[0].sales_order_reference_number,
        "arrived": grouped(arrived),
        "completed": grouped(completed),
    }
    if not arrived:
        return _("None of the %(total)s returns of order %(order)s have arrived.") % values
    if arrived < total:
        text = ngettext(
            "%(arrived)s of the %(total)s returns of order %(order)s has arrived",
            "%(arrived)s of the %(total)s returns of order %(order)s have arrived",
            arrived,
        )
    else:
        text = _("All %(total)s returns of order %(order)s have arrived")
    arrivals = text % values
    if not completed:
        return f"{arrivals}."
    text = ngettext(
        "%(arrivals)s; %(completed)s is completed.",
        "%(arrivals)s; %(completed)s are completed.",
        completed,
    )
    return text % {"arrivals": arrivals, **values}
