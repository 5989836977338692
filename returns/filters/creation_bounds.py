"""What the dates of other events say of the creation: what arrived long ago was created before.

PostgreSQL does not know, and would look for the arrivals of last year among the newest returns.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from returns.models import Return
from returns.models.problems import EARLY_ARRIVAL, EARLY_COMPLETION, MOST_EARLY

# The columns of events, and which returns had the event long before their creation: few, by clocks
# that were wrong. By the filter that keeps what happened before a moment.
_EVENTS = {
    "arrived_to": ("arrived_to_warehouse_at", EARLY_ARRIVAL),
    "completed_to": ("completed_at", EARLY_COMPLETION),
}


def created_before(values: Mapping[str, Any]) -> Iterator[datetime]:
    """Yield moments before or at which all returns that meet these filters were created."""
    for name in _EVENTS.keys() & values.keys():
        (column, is_early), moment = _EVENTS[name], values[name]
        early = Return.objects.filter(is_early, **{f"{column}__lt": moment})
        newest = early.order_by("-created_at", "-pk").values_list("created_at", flat=True)[:1]
        yield max([moment + MOST_EARLY, *newest])
