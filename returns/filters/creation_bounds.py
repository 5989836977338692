"""What other filters say of the creation: what arrived long ago was created before.

PostgreSQL does not know, and would look for the arrivals of last year among the newest returns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from returns.calendar.working_time import BEFORE_ALL
from returns.filters.dates import WEEKDAY_NUMBERS, parse_moment
from returns.filters.methods import OPTIONAL_FACTS
from returns.models import Return
from returns.models.problems import EARLY_ARRIVAL, EARLY_COMPLETION, MOST_EARLY
from returns.querysets import ReturnQuerySet

TIME_OF_ARRIVAL, TIME_OF_COMPLETION = "arrived_to_warehouse_at", "completed_at"
# Which returns had an event long before their creation: few, by clocks that were wrong.
_EARLY = {TIME_OF_ARRIVAL: EARLY_ARRIVAL, TIME_OF_COMPLETION: EARLY_COMPLETION}
# The filters that keep what happened before a moment, by the column of the event.
_MOMENTS = {
    "arrived_to": TIME_OF_ARRIVAL,
    "completed_to": TIME_OF_COMPLETION,
    "open_at": TIME_OF_ARRIVAL,
}
_PERIODS = {"arrived": TIME_OF_ARRIVAL, "completed": TIME_OF_COMPLETION}
# The filters apply a later "now" than that of their bounds.
_LATER = timedelta(minutes=1)
# The facts that may be missing, or be of a kind, of old returns alone; indexes have their newest.
FACTS_IN_ORDER = ("carrier", "channel")


def created_before(values: Mapping[str, Any], now: datetime) -> Iterator[datetime]:
    """Yield moments before or at which all returns that meet these filters were created."""
    ends: dict[str, datetime] = {}
    for column, moment in _ends(values, now):
        ends[column] = min(moment, ends.get(column, moment))
    for column, moment in ends.items():
        if moment < now - MOST_EARLY:  # otherwise it leaves nothing out
            early = Return.objects.filter(_EARLY[column], **{f"{column}__lt": moment})
            yield max([moment + MOST_EARLY, *_newest(early)])


def created_ends(values: Mapping[str, Any], now: datetime) -> Iterator[datetime]:
    """Yield the past moments before which these filters say that returns were created."""
    if "created_to" in values and values["created_to"] < now:
        yield values["created_to"]
    if "created" in values:
        yield parse_moment(values["created"], end=True, now=now)
    if "on_the_way_over" in values:
        yield now + _LATER - timedelta(hours=float(values["on_the_way_over"]))


def _ends(values: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield the columns of events that filters bound, each with the moment before which it was."""
    for name in _MOMENTS.keys() & values.keys():
        yield _MOMENTS[name], values[name]
    for name in _PERIODS.keys() & values.keys():
        yield _PERIODS[name], parse_moment(values[name], end=True, now=now)
    if "waiting_over" in values:
        yield TIME_OF_ARRIVAL, now + _LATER - timedelta(hours=float(values["waiting_over"]))
    if "arrived_weekday" in values:
        yield from _end_of_last(WEEKDAY_NUMBERS[values["arrived_weekday"]])


def _end_of_last(weekday: int) -> Iterator[tuple[str, datetime]]:
    """Yield the end of the last day on which returns may have arrived on a weekday."""
    arrived = Return.objects.filter(**{f"{TIME_OF_ARRIVAL}__isnull": False}).order_by(
        f"-{TIME_OF_ARRIVAL}"
    )
    zone = timezone.get_default_timezone()
    for last in arrived.values_list(TIME_OF_ARRIVAL, flat=True)[:1]:
        day = last.astimezone(zone).date()
        day -= timedelta(days=(day.isoweekday() - weekday) % 7)
        yield TIME_OF_ARRIVAL, datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)


def newest_of_facts(
    values: Mapping[str, Any], carriers: Callable[[str], Sequence[str]]
) -> Iterator[datetime]:
    """Yield when the newest returns were created that meet one of these filters alone.

    Those by facts that an index has in order of creation. A fact may be known of old returns alone,
    or be missing in them: then none of the newer ones needs to be read. ``carriers`` returns the
    texts that mean a carrier.
    """
    for name in FACTS_IN_ORDER:
        texts = [""] if name in values.get("missing", ()) else []
        if not texts and name in values:
            texts = list(carriers(values[name])) if name == "carrier" else [values[name]]
        if texts:
            of_texts = (Return.objects.filter(**{OPTIONAL_FACTS[name]: text}) for text in texts)
            newest = [moment for each in of_texts for moment in _newest(each)]
            yield max(newest, default=BEFORE_ALL)


def _newest(queryset: ReturnQuerySet) -> list[datetime]:
    newest = queryset.in_order_of("created_at", descending=True)
    return list(newest.values_list("created_at", flat=True)[:1])
