"""What the page about a shopper shows before anything of theirs is redacted."""

from dataclasses import dataclass

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from returns.lists.shopper_search import shopper_address
from returns.models import Return, SalesOrder
from returns.orders.finding import hashes_of_order, orders_of_shopper
from returns.orders.tokens import MAX_ORDERS_OF_TOKEN, Shopper, shopper_of_token, token_of_orders
from returns.privacy.scope import Holding, Scope, holdings_of, scope_of_shopper

MAX_SHOWN_RETURNS_OF_SHOPPER = 20


@dataclass(frozen=True, slots=True)
class ShopperPage:
    """A shopper: the first of their returns, and how much of each kind would go.

    ``wider`` is the token of the shopper by all numbers that these orders have, if more orders than
    these have one of them; "" otherwise.
    """

    token: str
    scope: Scope
    records: list[Return]
    holdings: list[Holding]
    wider: str

    @property
    def address(self) -> str:
        """Return the address of the list of all returns of the shopper."""
        return shopper_address(self.token)

    @property
    def return_count(self) -> int:
        """Return the number of returns."""
        return len(self.scope.return_ids)

    @property
    def order_count(self) -> int:
        """Return the number of orders."""
        return len(self.scope.order_ids)

    @property
    def more_count(self) -> int:
        """Return how many returns are not shown."""
        return self.return_count - len(self.records)


def find_shopper(token: str) -> Shopper:
    """Return the shopper of a token. Raises ``Http404`` if nothing is known of them."""
    shopper = shopper_of_token(token)
    if shopper is None or not shopper.hashes:
        raise Http404(_("Nothing is known of this shopper. Perhaps they were redacted."))
    return shopper


def shopper_page(token: str, shopper: Shopper) -> ShopperPage:
    """Return what the page of a shopper shows."""
    scope = scope_of_shopper(shopper.hashes)
    records = Return.objects.filter(pk__in=scope.return_ids).order_by("-created_at", "-pk")
    return ShopperPage(
        token,
        scope,
        list(records[:MAX_SHOWN_RETURNS_OF_SHOPPER]),
        holdings_of(scope),
        _wider_token(scope),
    )


def _wider_token(scope: Scope) -> str:
    newest = SalesOrder.objects.filter(pk__in=scope.order_ids).order_by("-ordered_at", "-pk")
    some = list(newest[:MAX_ORDERS_OF_TOKEN])
    hashes = {each for order in some for each in hashes_of_order(order)}
    others = orders_of_shopper(hashes).filter(~Q(pk__in=scope.order_ids))
    return token_of_orders(some) if others.exists() else ""
