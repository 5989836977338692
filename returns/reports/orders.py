"""Orders of which several returns came back."""

from returns.database.time_limit import TookTooLongError, at_most
from returns.models import Return
from returns.reports.figures import TOO_MANY, Figure, Table, plain
from returns.reports.parts import Part
from returns.reports.periods import Period
from returns.reports.scope import Scope, within
from returns.reports.sources import CREATED, Source

NAMED = 20  # order references
OFTEN = 2  # returns of an order
LIMIT = 4_000  # milliseconds


def orders_of(scope: Scope, source: Source, period: Period) -> list[Part]:
    """Return the part about orders."""
    title = "Orders with several returns"
    definition = (
        "Order references of which at least two returns were created in the period: the twenty "
        "with the most, of as many the latest."
    )
    try:
        with at_most(LIMIT):
            orders = source.orders(period.span, OFTEN, NAMED)
    except TookTooLongError:
        return [Part("orders", title, definition, empty=TOO_MANY)]
    if not orders:
        empty = "No order had two returns that were created in this period."
        return [Part("orders", title, definition, empty=empty)]
    table = Table("orders", title, ("Order reference", "Returns"), _rows(scope, period, orders))
    return [Part("orders", title, definition, tables=[table])]


def _rows(
    scope: Scope, period: Period, orders: list[tuple[int, int]]
) -> list[tuple[Figure, Figure]]:
    written = Return.objects.only("sales_order_reference_number").in_bulk([pk for pk, _ in orders])
    span = within(CREATED, period.span)
    return [
        (plain(order), Figure(number, scope.address(*span, ("order_is", order))))
        for pk, number in orders
        if (record := written.get(pk)) and (order := record.sales_order_reference_number)
    ]
