"""One timeline of an order: when it was ordered and sent, and what became of its returns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.utils.translation import pgettext

from returns.models import Return, SalesOrder, State
from returns.models.line_items import to_line_items
from returns.record.changed_items import inspection_text, inspections
from returns.record.timeline import STATE_TIME_FIELDS

MAX_EVENTS = 200
MAX_INSPECTIONS_OF_RETURN = 20


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """Something that happened: ``text`` of the order, or ``state`` or ``text`` of a return."""

    at: datetime
    text: str = ""
    state: str = ""
    record: Return | None = None


@dataclass(frozen=True, slots=True)
class OrderTimeline:
    """The newest events, the newest first; ``more`` says that earlier ones are left out."""

    events: list[OrderEvent]
    more: bool


def timeline_of_order(
    order: SalesOrder | None, returns: Iterable[Return], *, more: bool
) -> OrderTimeline:
    """Return the timeline of an order and these returns; ``more`` if it has further ones."""
    events = [*(_order_events(order) if order else ()), *_events_of_returns(returns)]
    # The sort is stable: of equal times, the later step comes first, as in the lists.
    events.sort(key=lambda event: event.at, reverse=True)
    return OrderTimeline(events[:MAX_EVENTS], more or len(events) > MAX_EVENTS)


def _order_events(order: SalesOrder) -> list[OrderEvent]:
    times = [
        (order.delivered_at, pgettext("order", "Delivered to the shopper")),
        (order.shipped_at, pgettext("order", "Shipped to the shopper")),
        (order.ordered_at, pgettext("order", "Ordered")),
    ]
    return [OrderEvent(at, text) for at, text in times if at]


def _events_of_returns(returns: Iterable[Return]) -> Iterator[OrderEvent]:
    for record in returns:
        yield from _states(record, State.COMPLETED)
        lines = to_line_items(record.line_items) or ()
        for inspected in islice(inspections(lines), MAX_INSPECTIONS_OF_RETURN):
            if at := inspected[0].processed:
                yield OrderEvent(at, inspection_text(inspected), record=record)
        yield from _states(record, State.ARRIVED, State.CREATED)


def _states(record: Return, *states: State) -> Iterator[OrderEvent]:
    for state in states:
        if at := getattr(record, STATE_TIME_FIELDS[state]):
            yield OrderEvent(at, state=state.value, record=record)
