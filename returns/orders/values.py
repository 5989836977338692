"""The value of a return in words, as its page says it."""

from django.utils.translation import gettext as _

from config.numbers import money
from returns.models import Return, ReturnItem, ReturnValue
from returns.orders.finding import find_order


def value_text(record: Return, value: ReturnValue | None) -> str:
    """Return the value as a sentence; "" if it is unknown for no reason that people can see.

    It costs queries only if the items of the return are known, but not its value.
    """
    if value:
        return _("Value: %(value)s") % {"value": money(value.amount, value.currency)}
    if len(currencies := _currencies(record)) > 1:
        text = _("Value: unknown, because the prices are in several currencies (%(currencies)s).")
        return text % {"currencies": ", ".join(sorted(currencies))}
    return ""


def _currencies(record: Return) -> set[str]:
    """Return the currencies of the prices of a return's items; none if a price is unknown."""
    order = find_order(record.sales_order_reference_number) if record.line_items else None
    if order is None or order.order_key is None:
        return set()
    first = {item.sku_key: item for item in reversed(order.items.all())}
    skus = ReturnItem.objects.filter(record=record).values_list("sku_key", flat=True)
    pieces = [first.get(sku) if sku else None for sku in skus]
    if any(each is None or each.price is None or not each.currency for each in pieces):
        return set()
    return {each.currency for each in pieces if each}
