"""Orders with several returns."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.models import Return
from returns.reports.figures import TOO_MANY, Figure, Table, text_figure
from returns.reports.periods import Period
from returns.reports.scope import Scope, event_filters
from returns.reports.sections import Section
from returns.reports.sources import CREATED, Source

MAX_ORDERS = 20
MIN_RETURNS_PER_ORDER = 2
ORDERS_TIME_LIMIT = 4_000  # milliseconds


def order_sections(scope: Scope, source: Source, period: Period) -> list[Section]:
    """Return the sections of the report."""
    title = _("Orders with several returns")
    definition = _(
        "The 20 orders with the most returns created in the period (at least two). Ties: latest "
        "first."
    )
    try:
        with time_limit(ORDERS_TIME_LIMIT):
            orders = source.top_orders(period.span, MIN_RETURNS_PER_ORDER, MAX_ORDERS)
    except QueryTimeoutError:
        return [Section("orders", title, definition, empty=str(TOO_MANY))]
    if not orders:
        empty = _("No order has two or more returns created in this period.")
        return [Section("orders", title, definition, empty=empty)]
    head = (_("Order reference"), pgettext("number", "Returns"))
    table = Table("orders", title, head, _rows(scope, period, orders))
    return [Section("orders", title, definition, tables=[table])]


def _rows(
    scope: Scope, period: Period, orders: list[tuple[int, int]]
) -> list[tuple[Figure, Figure]]:
    records = Return.objects.only("sales_order_reference_number").in_bulk([pk for pk, _ in orders])
    created = event_filters(CREATED, period.span)
    return [
        (text_figure(order), Figure(number, scope.address(*created, ("order_is", order))))
        for pk, number in orders
        if (record := records.get(pk)) and (order := record.sales_order_reference_number)
    ]
