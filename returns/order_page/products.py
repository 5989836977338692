"""The products of an order beside what came back of each, counted over all of its returns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.numbers import grouped, money
from returns.models import SalesOrderItem
from returns.order_page.came_back import CameBack, ReturnedLines

MAX_LISTED_PRODUCTS = 200
# What is equal for the lines of one product: the search key of its SKU, or the SKU if it has none.
# A line of an order without a SKU is a product of its own.
type ProductKey = str | int


@dataclass(frozen=True, slots=True)
class Product:
    """A product of an order, or one that came back without being in it.

    ``lines`` are those of the order; none for what only came back. ``is_unknown`` says that nobody
    knows what came back of it.
    """

    sku: str
    lines: tuple[SalesOrderItem, ...]
    came_back: CameBack
    is_unknown: bool = False

    @property
    def name(self) -> str:
        """Return what the order calls it."""
        return next((line.name for line in self.lines if line.name), "")

    @property
    def is_in_order(self) -> bool:
        """Tell whether the order has it."""
        return bool(self.lines)

    @property
    def quantity(self) -> int | None:
        """Return how many pieces were ordered; None if that is not known."""
        quantities = [line.quantity for line in self.lines]
        known = [quantity for quantity in quantities if quantity is not None]
        return sum(known) if known and len(known) == len(quantities) else None

    @property
    def prices(self) -> list[str]:
        """Return the different prices of a piece, each with its currency."""
        priced = (money(line.price, line.currency) for line in self.lines if line.price is not None)
        return list(dict.fromkeys(priced))

    @property
    def outcome(self) -> str:
        """Return what came back of it, in words."""
        return _("unknown") if self.is_unknown else self.came_back.text(self.quantity)

    @property
    def returned_of_order(self) -> int:
        """Return how many of its ordered pieces came back."""
        quantity = self.quantity
        returned = self.came_back.returned
        return returned if quantity is None else min(returned, quantity)

    def value_of_returned(self) -> dict[str, Decimal] | None:
        """Return what was paid for the pieces that came back, by currency.

        None if that is not known: a price is, or pieces had different prices and some came back.
        """
        if not self.lines or any(line.price is None for line in self.lines):
            return None
        prices = {(line.currency, line.price) for line in self.lines}
        if len(prices) == 1:
            ((currency, price),) = prices
            return {currency: (price or Decimal()) * self.returned_of_order}
        if self.quantity is None or self.returned_of_order < self.quantity:
            return None
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for line in self.lines:
            sums[line.currency] += (line.price or Decimal()) * (line.quantity or 0)
        return dict(sums)


@dataclass(frozen=True, slots=True)
class Contents:
    """What was ordered, and what came back.

    ``is_known`` is False until the WMS has said what was ordered. ``unknown_returns`` are the
    returns that have arrived, and of which the WMS has not said what is in them.
    """

    products: Sequence[Product]
    is_known: bool
    unknown_returns: int = 0

    @property
    def shown(self) -> Sequence[Product]:
        """Return the products that the page lists."""
        return self.products[:MAX_LISTED_PRODUCTS]

    @property
    def hidden(self) -> int:
        """Return how many products the page leaves out."""
        return len(self.products) - len(self.shown)

    @property
    def share(self) -> str:
        """Return how many of the ordered items came back; "" if nobody knows what came back."""
        returned = sum(product.came_back.returned for product in self.products)
        if self.unknown_returns and not returned:
            return ""
        quantities = [product.quantity for product in self.products if product.is_in_order]
        known = [quantity for quantity in quantities if quantity is not None]
        if not self.is_known or not known or len(known) < len(quantities):
            text = ngettext("%(count)s item returned", "%(count)s items returned", returned)
            least = ngettext(
                "At least %(count)s item returned", "At least %(count)s items returned", returned
            )
            return (least if self.unknown_returns else text) % {"count": grouped(returned)}
        of_order = sum(p.returned_of_order for p in self.products if p.is_in_order)
        total = sum(known)
        text = ngettext(
            "%(count)s of %(total)s item returned", "%(count)s of %(total)s items returned", total
        )
        least = ngettext(
            "At least %(count)s of %(total)s item returned",
            "At least %(count)s of %(total)s items returned",
            total,
        )
        values = {"count": grouped(of_order), "total": grouped(total)}
        return (least if self.unknown_returns else text) % values

    @property
    def values(self) -> list[str]:
        """Return what was paid for what came back: a sum for each currency."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for product in self.products:
            for currency, amount in (product.value_of_returned() or {}).items():
                if product.came_back.returned:
                    sums[currency] += amount
        return [money(amount, currency) for currency, amount in sorted(sums.items())]

    @property
    def without_value(self) -> int:
        """Return how many pieces came back whose value is not among the sums."""
        return sum(
            product.came_back.returned
            if product.value_of_returned() is None
            else product.came_back.returned - product.returned_of_order
            for product in self.products
        )


def contents_of(
    items: Iterable[SalesOrderItem],
    returned: Iterable[ReturnedLines],
    *,
    is_known: bool,
    unknown_returns: int,
) -> Contents:
    """Return the products of an order in its order, and then those that only came back."""
    ordered: defaultdict[ProductKey, list[SalesOrderItem]] = defaultdict(list)
    for item in items:
        ordered[item.sku_key or item.sku or item.position].append(item)
    came: defaultdict[ProductKey, list[ReturnedLines]] = defaultdict(list)
    for line in returned:
        came[line.sku_key or line.sku].append(line)
    products = []
    for key in dict.fromkeys([*ordered, *sorted(came, key=str)]):
        lines = tuple(ordered.get(key, ()))
        back = CameBack.count(came.get(key, ()))
        # A line without a SKU cannot be told from others.
        is_unknown = back.is_nothing and (bool(unknown_returns) or isinstance(key, int))
        sku = lines[0].sku if lines else came[key][0].sku
        products.append(Product(sku, lines, back, is_unknown))
    return Contents(products, is_known, unknown_returns)
