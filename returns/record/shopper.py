"""The shopper of a return: their other returns, and the name if it is stored."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.numbers import grouped
from returns.filters.dates import parse_moment
from returns.models import Return, SalesOrder
from returns.orders.finding import hashes_of_order, returns_of_shopper
from returns.orders.frequency import FREQUENCY_DAYS, SHOPPER_PERIOD
from returns.orders.tokens import MAX_ORDERS_OF_TOKEN, token_of_orders

MAY_SEE_SHOPPER_NAMES = "returns.view_shopper_name"
# An address that a shop gives for many shoppers is on the orders of all of them.
MAX_COUNTED_RETURNS = 100


@dataclass(frozen=True, slots=True)
class ShopperOfReturn:
    """What a page says of the shopper of a return; all are "" if there is nothing to say.

    ``address`` is that of the list with the returns that the ``sentence`` counts, and this one.
    """

    sentence: str = ""
    address: str = ""
    name: str = ""


def shopper_of(record: Return, now: datetime, *, may_see_names: bool) -> ShopperOfReturn:
    """Return the shopper of a return; the name is read only for who ``may_see_names``."""
    orders = list(_orders_of(record, with_names=may_see_names and settings.SHOPPER_NAMES))
    hashes = {each for order in orders for each in hashes_of_order(order)}
    name = next((order.shopper_name for order in orders if "shopper_name" in order.__dict__), "")
    if not hashes:
        return ShopperOfReturn(name=name)
    since = parse_moment(SHOPPER_PERIOD, end=False, now=now)
    others = returns_of_shopper(hashes).filter(created_at__gte=since).exclude(pk=record.pk)
    number = others.order_by()[: MAX_COUNTED_RETURNS + 1].count()
    query = {"shopper": token_of_orders(orders), "created_from": SHOPPER_PERIOD}
    address = reverse("return-list", query=query)
    return ShopperOfReturn(_sentence(number), address, name)


def shopper_token_of(record: Return) -> str:
    """Return the token of the shopper of a return; "" if nothing is known of them."""
    orders = list(_orders_of(record, with_names=False))
    has_hashes = any(hashes_of_order(order) for order in orders)
    return token_of_orders(orders) if has_hashes else ""


def _orders_of(record: Return, *, with_names: bool) -> QuerySet[SalesOrder]:
    """Return the orders of a return: one, or a few that differ by punctuation."""
    if not record.order_key:
        return SalesOrder.objects.none()
    columns = ("customer_hash", "email_hash", "phone_hash", *(["shopper_name"] * with_names))
    orders = SalesOrder.objects.filter(order_key=record.order_key).order_by("pk").only(*columns)
    return orders[:MAX_ORDERS_OF_TOKEN]


def _sentence(number: int) -> str:
    if not number:
        return ""
    values = {"count": grouped(min(number, MAX_COUNTED_RETURNS)), "days": FREQUENCY_DAYS}
    if number > MAX_COUNTED_RETURNS:
        return _("More than %(count)s other returns of this shopper in %(days)s days.") % values
    text = ngettext(
        "%(count)s other return of this shopper in %(days)s days.",
        "%(count)s other returns of this shopper in %(days)s days.",
        number,
    )
    return text % values
