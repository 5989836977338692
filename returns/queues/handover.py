"""A queue as a printed list, which one shift hands over to the next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from config.addresses import with_query
from config.numbers import grouped
from config.shipped_names import tag_label
from config.text import name_order
from returns.carriers.names import NO_CARRIERS, CarrierNames, read_carrier_names
from returns.display.durations import duration
from returns.display.items import items_summary
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.filters.queues import Queue
from returns.lists.grouping_texts import BY_GROUPING
from returns.lists.page import ReturnList, return_list
from returns.lists.reasons import FilterPhrase, filter_phrases
from returns.lists.rows import Row
from returns.queues.cards import queue_columns

MAX_HANDOVER_LINES = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A printed return: since when it is in the queue, how long it has waited, and its contents."""

    row: Row
    since: datetime | None
    waited: timedelta | None
    items: str


@dataclass(frozen=True, slots=True)
class LineGroup:
    """The lines of a group, in order, and what stands over them.

    Without grouping there is one, without a heading.
    """

    heading: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Handover:
    """The printed list: the first returns of a query, in order, or by group if it groups.

    ``grouping`` says what it groups by, or is "".
    """

    listing: ReturnList
    title: str
    filters: list[FilterPhrase]
    lines: list[Line]
    grouping: str
    groups: list[LineGroup]
    # The header of the column with each line's ``since``.
    since: str
    has_deadlines: bool
    has_items: bool
    printed_at: datetime

    @property
    def is_completed(self) -> bool:
        """Whether its returns are completed, so that they no longer wait."""
        return self.listing.query.get("queue") == Queue.COMPLETED_TODAY

    @property
    def column_count(self) -> int:
        """Return the number of the columns."""
        return 9 + self.has_deadlines + self.has_items

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
    columns = queue_columns(query)
    # The first returns of the queue as a whole, which are then grouped.
    base = reverse("queue-handover")
    listing = return_list(query, columns, base, MAX_HANDOVER_LINES, in_groups=False)
    on_the_way = queue == Queue.ON_THE_WAY
    lines = list(_lines(listing.rows, now, on_the_way=on_the_way))
    grouping = query.get("group", "")
    return Handover(
        listing=listing,
        title=str(Queue(queue).label) if queue in Queue.values else pgettext("page", "Returns"),
        filters=filter_phrases(query.without("queue", "group")),
        lines=lines,
        grouping=str(BY_GROUPING.get(grouping, "")),
        groups=_grouped(lines, grouping, is_cut_short=listing.page.next is not None),
        since=pgettext("column", "Created") if on_the_way else pgettext("column", "Arrived"),
        has_deadlines="deadline" in columns,
        has_items=any(line.items for line in lines),
        printed_at=now,
    )


# What a return is grouped by. It is printed once, so its highest-ranked tag decides.
GROUP_NAMES: dict[str, Callable[[Row, CarrierNames], str]] = {
    "carrier": lambda row, carriers: carriers.name(row.record.cargo_carrier),
    "channel": lambda row, _: row.record.sales_order_channel,
    "tag": lambda row, _: row.tags[0].name if row.tags else "",
}


def _grouped(lines: list[Line], grouping: str, *, is_cut_short: bool) -> list[LineGroup]:
    """Return the lines by group, the largest first; those without a value come last."""
    if grouping not in GROUP_NAMES:
        return [LineGroup("", lines)]
    carriers = read_carrier_names() if grouping == "carrier" else NO_CARRIERS
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(GROUP_NAMES[grouping](line.row, carriers), []).append(line)
    ordered = sorted(groups, key=lambda name: (not name, -len(groups[name]), name_order(name)))
    # Of how many lines each group has its part, if these are not all.
    printed = len(lines) if is_cut_short else None
    label = tag_label if grouping == "tag" else str
    return [
        LineGroup(_heading(label(name), groups[name], printed), groups[name]) for name in ordered
    ]


def _heading(name: str, lines: list[Line], printed: int | None) -> str:
    """Return for example "DHL: 2 returns of the first 500, longest wait 2 d 2 h"."""
    number = len(lines)
    values = {"group": name or pgettext("group of returns", "None")}
    if printed is None:
        counted = ngettext("%(count)s return", "%(count)s returns", number)
        counted %= {"count": grouped(number)}
    else:
        counted = ngettext(
            "%(count)s return of the first %(total)s",
            "%(count)s returns of the first %(total)s",
            number,
        )
        counted %= {"count": grouped(number), "total": grouped(printed)}
    values["returns"] = counted
    waits = [line.waited for line in lines if line.waited is not None]
    if not waits:
        return _("%(group)s: %(returns)s") % values
    values["time"] = duration(max(waits))
    return _("%(group)s: %(returns)s, longest wait %(time)s") % values


def _lines(rows: list[Row], now: datetime, *, on_the_way: bool) -> Iterator[Line]:
    for row in rows:
        record = row.record
        since = record.created_at if on_the_way else record.arrived_to_warehouse_at
        until = record.completed_at or now
        waited = max(until, since) - since if since else None
        yield Line(row, since, waited, items_summary(record))
