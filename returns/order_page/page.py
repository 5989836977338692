"""Everything that the page of an order shows."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db.models import Count, Q, TextField, Value
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from config.numbers import money
from returns.carriers.tracking import TrackingLink, tracking_link
from returns.display.items import items_summary
from returns.expressions import SearchKey
from returns.lists.rows import Row, build_rows
from returns.models import Return, ReturnItem, SalesOrder, State
from returns.order_page.came_back import ReturnedLines
from returns.order_page.products import Contents, contents_of
from returns.order_page.timeline import OrderTimeline, timeline_of_order
from returns.orders.finding import find_order
from returns.search.typed import key_length
from tags.vocabulary import load_vocabulary

MAX_SHOWN_RETURNS = 50


@dataclass(frozen=True, slots=True)
class ShownReturn:
    """A return of the order, with what is in its parcel in words; "" if nobody has said."""

    row: Row
    summary: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """An order with its returns. ``order`` is None if only its returns are known.

    ``returns`` are the newest of ``return_count``.
    """

    reference: str
    order: SalesOrder | None
    # The page about the outbound parcel.
    tracking: TrackingLink | None
    contents: Contents
    returns: list[ShownReturn]
    return_count: int
    timeline: OrderTimeline

    @property
    def channel(self) -> str:
        """Return the sales channel, as the order or else its newest return says it."""
        if self.order and self.order.channel:
            return self.order.channel
        channels = (each.row.record.sales_order_channel for each in self.returns)
        return next(filter(None, channels), "")

    @property
    def total(self) -> str:
        """Return what was paid, with its currency; "" if it is not known."""
        if self.order is None or self.order.total is None:
            return ""
        return money(self.order.total, self.order.currency)

    @property
    def has_more_returns(self) -> bool:
        """Tell whether there are returns that the page does not show."""
        return self.return_count > len(self.returns)

    @property
    def list_address(self) -> str:
        """Return the address of the list of all its returns."""
        return reverse("return-list", query={"order_is": self.reference})


def order_page(text: str) -> OrderPage:
    """Return the page of the order with this reference, however it is spelled.

    Raises ``Http404`` if neither the order nor a return of it is known.
    """
    order = find_order(text)
    if "\0" in text:  # PostgreSQL rejects a query with it
        raise _no_order(text)
    condition = _belongs_to(order.reference if order else text)
    newest = Return.objects.filter(condition).in_order_of("created_at", descending=True)
    records = list(newest.with_tag_ids()[:MAX_SHOWN_RETURNS])
    if order is None and not records:
        raise _no_order(text)
    counts = Return.objects.filter(condition).aggregate(
        all=Count("pk"),
        unknown=Count("pk", filter=Q(item_count=None) & ~Q(state=State.CREATED)),
    )
    return OrderPage(
        reference=order.reference if order else records[0].sales_order_reference_number,
        order=order,
        tracking=_tracking(order) if order else None,
        contents=contents_of(
            order.items.all() if order else (),
            _returned_lines(condition),
            is_known=bool(order and order.items_updated_at),
            unknown_returns=counts["unknown"],
        ),
        returns=[
            ShownReturn(row, items_summary(row.record))
            for row in build_rows(records, load_vocabulary())
        ],
        return_count=counts["all"],
        timeline=timeline_of_order(order, records, more=counts["all"] > len(records)),
    )


def _no_order(text: str) -> Http404:
    return Http404(_("There is no order “%(reference)s”.") % {"reference": text})


def _belongs_to(reference: str) -> Q:
    """Return the condition of the returns of an order."""
    if key_length(reference):
        return Q(order_key=SearchKey(Value(reference, TextField())))
    return Q(order_key=None, sales_order_reference_number=reference)


def _returned_lines(condition: Q) -> list[ReturnedLines]:
    """Return the lines of all returns that meet the condition, counted by the database."""
    lines = ReturnItem.objects.filter(record__in=Return.objects.filter(condition)).order_by()
    groups = lines.values_list("sku_key", "sku", "state", "record__state")
    return [ReturnedLines(*group) for group in groups.annotate(count=Count("pk"))]


def _tracking(order: SalesOrder) -> TrackingLink | None:
    """Return the page about the parcel that the WMS names, or else the one of its carrier."""
    if not order.tracking_address:
        return tracking_link(order.carrier, order.tracking_id)
    host = urlsplit(order.tracking_address).hostname or ""
    return TrackingLink(order.tracking_address, order.carrier or host)
