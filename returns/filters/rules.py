"""Filters of the filter language that need to know nothing of the others."""

from collections.abc import Callable
from typing import Any

from django.db.models import Value
from django.utils import timezone

from returns.filters.dates import NUMBER_OF_WEEKDAY, parse_moment
from returns.filters.problems import with_problems
from returns.filters.queues import STATE_OF, Queue
from returns.querysets import ReturnQuerySet, SearchKey

# Takes the returns so far, the name of the parameter's field, and the value.
Rule = Callable[[ReturnQuerySet, str, Any], ReturnQuerySet]

# What the WMS may leave out of a record.
MAY_BE_MISSING = {
    "carrier": "cargo_carrier",
    "channel": "sales_order_channel",
    "order": "sales_order_reference_number",
    "tracking": "tracking_id",
}
TAGS = "tags"
MISSING = [(name, name) for name in (*MAY_BE_MISSING, TAGS)]


def by_state(found: ReturnQuerySet, _name: str, states: list[str]) -> ReturnQuerySet:
    """Keep returns in one of the states."""
    return found.in_state(*states) if states else found


def by_queue(found: ReturnQuerySet, _name: str, queue: str) -> ReturnQuerySet:
    """Keep the returns of a queue."""
    found = found.in_state(STATE_OF[Queue(queue)])
    if queue != Queue.COMPLETED_TODAY:
        return found
    return found.filter(completed_at__gte=parse_moment("today", end=False, now=timezone.now()))


def by_whole_order(found: ReturnQuerySet, _name: str, text: str) -> ReturnQuerySet:
    """Keep the returns of an order, however its reference is written; none of no reference."""
    return found.filter(order_key=SearchKey(Value(text.replace("\0", ""))))


def by_notes(found: ReturnQuerySet, _name: str, texts: list[str]) -> ReturnQuerySet:
    """Keep returns whose notes contain one of the texts."""
    return found.noted(texts)


def by_missing(found: ReturnQuerySet, _name: str, names: list[str]) -> ReturnQuerySet:
    """Keep returns that lack all of these facts."""
    if TAGS in names:
        found = found.without_tags()
    return found.filter(**{MAY_BE_MISSING[name]: "" for name in names if name != TAGS})


def by_place_in_order(found: ReturnQuerySet, _name: str, place: Any) -> ReturnQuerySet:
    """Keep returns that are at least the second, third, ... of their order."""
    return found.at_least_in_order(int(place))


def by_open_at(found: ReturnQuerySet, _name: str, moment: Any) -> ReturnQuerySet:
    """Keep returns that waited in the warehouse at a time, or at the end of a day."""
    return found.open_at(moment)


def by_hours(found: ReturnQuerySet, name: str, hours: Any) -> ReturnQuerySet:
    """Keep returns that wait, or are on the way, for more, or fewer, hours."""
    rule = found.waiting if name.startswith("waiting") else found.on_the_way
    return rule(float(hours), over=name.endswith("over"), now=timezone.now())


def by_time_taken(found: ReturnQuerySet, name: str, hours: Any) -> ReturnQuerySet:
    """Keep returns completed so many hours or more after they arrived, or fewer."""
    return found.took(float(hours), over=name == "took_over")


def by_unknown_time(found: ReturnQuerySet, _name: str, _kind: str) -> ReturnQuerySet:
    """Keep returns of which nobody can say how long they took."""
    return found.took_unknown_time()


def by_weekday(found: ReturnQuerySet, _name: str, day: str) -> ReturnQuerySet:
    """Keep returns that arrived on a day of the week."""
    return found.arrived_on(NUMBER_OF_WEEKDAY[day])


def by_problem(found: ReturnQuerySet, _name: str, kinds: list[str]) -> ReturnQuerySet:
    """Keep returns that have at least one of the problems."""
    return with_problems(found, kinds, timezone.now())
