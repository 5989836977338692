"""A queue as a printed list, which one shift hands over to the next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from config.addresses import with_query
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.filters.queues import Queue
from returns.filters.wording import OTHER_LABELS, describe_query
from returns.lists.groups import GROUPING_LABELS
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
class LineGroup:
    """The lines of a group, in order. Without grouping there is one, without a name."""

    name: str
    lines: list[Line]

    @property
    def longest(self) -> timedelta | None:
        """Return the longest wait of its returns."""
        return max((line.waited for line in self.lines if line.waited is not None), default=None)


@dataclass(frozen=True, slots=True)
class Handover:
    """The printed list: the first returns of a query, in order, or by group if it groups.

    ``grouping`` is the label of what it groups by, or "".
    """

    listing: ReturnList
    title: str
    filters: list[tuple[str, str]]
    lines: list[Line]
    grouping: str
    groups: list[LineGroup]
    # The header of the column with each line's ``since``.
    since: str
    has_deadlines: bool
    printed_at: datetime

    @property
    def is_completed(self) -> bool:
        """Whether its returns are completed, so that they no longer wait."""
        return self.listing.query.get("queue") == Queue.COMPLETED_TODAY

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
    # The first returns of the queue as a whole, which are then grouped.
    base = reverse("queue-handover")
    listing = return_list(query, columns, base, MAX_HANDOVER_LINES, in_groups=False)
    on_the_way = queue == Queue.ON_THE_WAY
    lines = list(_lines(listing.rows, now, on_the_way=on_the_way))
    grouping = query.get("group", "")
    filters = [
        (label, text)
        for label, text in describe_query(query)
        if label not in ("queue", OTHER_LABELS["group"])
    ]
    return Handover(
        listing=listing,
        title=str(Queue(queue).label) if queue in Queue.values else "Returns",
        filters=filters,
        lines=lines,
        grouping=GROUPING_LABELS.get(grouping, ""),
        groups=_grouped(lines, grouping),
        since="Created" if on_the_way else "Arrived",
        has_deadlines="deadline" in columns,
        printed_at=now,
    )


# What a return is grouped by. It is printed once, so its highest-ranked tag decides.
GROUP_NAMES: dict[str, Callable[[Row], str]] = {
    "carrier": lambda row: row.record.cargo_carrier,
    "channel": lambda row: row.record.sales_order_channel,
    "tag": lambda row: str(row.tags[0]) if row.tags else "",
}


def _grouped(lines: list[Line], grouping: str) -> list[LineGroup]:
    """Return the lines by group, the largest first; those without a value come last."""
    if grouping not in GROUP_NAMES:
        return [LineGroup("", lines)]
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(GROUP_NAMES[grouping](line.row), []).append(line)
    ordered = sorted(groups, key=lambda name: (not name, -len(groups[name]), name))
    return [LineGroup(name, groups[name]) for name in ordered]


def _lines(rows: list[Row], now: datetime, *, on_the_way: bool) -> Iterator[Line]:
    for row in rows:
        record = row.record
        since = record.created_at if on_the_way else record.arrived_to_warehouse_at
        until = record.completed_at or now
        yield Line(row, since, max(until, since) - since if since else None)
