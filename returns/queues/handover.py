"""A queue as a list on paper: what one shift hands over to the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from config.addresses import with_query
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.filters.queues import Queue
from returns.filters.wording import in_words
from returns.lists.page import ReturnList, return_list
from returns.lists.rows import Row
from returns.queues.cards import columns_of

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A return on paper: since when it is in its queue, and for how long."""

    row: Row
    since: datetime | None
    waited: timedelta | None


@dataclass(frozen=True, slots=True)
class Handover:
    """The returns under a filter, from the first on, as many as are printed."""

    found: ReturnList
    title: str
    filters: list[tuple[str, str]]
    lines: list[Line]
    # What ``since`` is: the arrival, or for what is on the way the creation.
    since: str
    has_deadlines: bool
    printed_at: datetime

    @property
    def is_cut_short(self) -> bool:
        """Tell whether there are more returns than lines."""
        return self.found.page.next is not None

    @property
    def back(self) -> str:
        """Return the address of the same returns on screen."""
        path = reverse("queue" if "queue" in self.found.query else "return-list")
        return with_query(path, self.found.address)


def handover(query: Query, now: datetime) -> Handover:
    """Return what a query selects, in its order and from its first return on."""
    query = query.without(*PAGING_PARAMETERS)
    queue = query.get("queue", "")
    columns = columns_of(queue)
    found = return_list(query, columns, base=reverse("queue-handover"), size=MOST_LINES)
    on_the_way = queue == Queue.ON_THE_WAY
    filters = [(kind, words) for kind, words in in_words(query) if kind != "queue"]
    return Handover(
        found=found,
        title=str(Queue(queue).label) if queue in Queue.values else "Returns",
        filters=filters,
        lines=list(_lines(found.rows, now, on_the_way=on_the_way)),
        since="Created" if on_the_way else "Arrived",
        has_deadlines="deadline" in columns,
        printed_at=now,
    )


def _lines(rows: list[Row], now: datetime, *, on_the_way: bool) -> Iterator[Line]:
    for row in rows:
        record = row.record
        since = record.created_at if on_the_way else record.arrived_to_warehouse_at
        until = record.completed_at or now
        yield Line(row, since, max(until, since) - since if since else None)
