"""A queue as a printed list, which one shift hands over to the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from config.addresses import with_query
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.filters.queues import Queue
from returns.filters.wording import describe_query
from returns.lists.page import ReturnList, return_list
from returns.lists.rows import Row
from returns.queues.cards import queue_columns

MAX_HANDOVER_LINES = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A printed return: since when it is in the queue, and how long it has waited."""

    row: Row
    since: datetime | None
    waited: timedelta | None


@dataclass(frozen=True, slots=True)
class Handover:
    """The printed list: the first returns of a query, in order."""

    listing: ReturnList
    title: str
    filters: list[tuple[str, str]]
    lines: list[Line]
    # The header of the column with each line's ``since``.
    since: str
    has_deadlines: bool
    printed_at: datetime

    @property
    def city(self) -> str:
        """Return the city of the warehouse's time zone, in which all times are printed."""
        return settings.TIME_ZONE.rpartition("/")[2].replace("_", " ")

    @property
    def is_cut_short(self) -> bool:
        """Whether there are more returns than lines."""
        return self.listing.page.next is not None

    @property
    def back(self) -> str:
        """Return the address of the page with the same returns."""
        path = reverse("queue" if "queue" in self.listing.query else "return-list")
        return with_query(path, self.listing.address)


def build_handover(query: Query, now: datetime) -> Handover:
    """Return the hand-over list of a query, from its first return on."""
    query = query.without(*PAGING_PARAMETERS)
    queue = query.get("queue", "")
    columns = queue_columns(queue)
    listing = return_list(query, columns, base=reverse("queue-handover"), size=MAX_HANDOVER_LINES)
    on_the_way = queue == Queue.ON_THE_WAY
    filters = [(label, text) for label, text in describe_query(query) if label != "queue"]
    return Handover(
        listing=listing,
        title=str(Queue(queue).label) if queue in Queue.values else "Returns",
        filters=filters,
        lines=list(_lines(listing.rows, now, on_the_way=on_the_way)),
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
