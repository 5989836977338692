"""Orders of which several returns came back."""

from django.db.models import Count

from returns.reports.figures import TOO_MANY, Figure, Part, Table, plain
from returns.reports.periods import Period
from returns.reports.scope import Scope, within
from returns.reports.sources import CREATED, Source
from returns.time_limit import TookTooLongError, at_most

NAMED = 20  # order references
OFTEN = 2  # returns of an order
LIMIT = 4_000  # milliseconds


def orders_of(scope: Scope, _source: Source, period: Period) -> list[Part]:
    """Return the part about orders; the returns themselves are counted."""
    title = "Orders with several returns"
    definition = (
        "Order references of which at least two returns were created in the period; the twenty "
        "with the most."
    )
    span = period.span
    found = scope.found.created("gte", span.begins).created("lt", span.ends)
    orders = found.filter(order_key__isnull=False).values_list("order_key")
    often = orders.annotate(number=Count("*")).filter(number__gte=OFTEN)
    try:
        with at_most(LIMIT):
            rows = list(often.order_by("-number", "order_key")[:NAMED])
    except TookTooLongError:
        return [Part("orders", title, definition, empty=TOO_MANY)]
    if not rows:
        empty = "No order had two returns that were created in this period."
        return [Part("orders", title, definition, empty=empty)]
    cells = [
        (
            plain(order),
            Figure(number, scope.address(*within(CREATED, span), ("order_is", order))),
        )
        for order, number in rows
    ]
    table = Table("orders", title, ("Order reference", "Returns"), cells)
    return [Part("orders", title, definition, tables=[table])]
