"""The orders behind invented returns: what came back, what was kept, and when it was sent.

Invented customers go the way of real ones: only hashes of their numbers are stored.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from urllib.parse import quote

from returns.demo.carriers import TRACKING_ADDRESSES
from returns.demo.products import CATEGORIES, Assortment, Product, catalogue
from returns.demo.sample_data import CARRIER_WEIGHTS, TRACKING_IDS
from returns.feed.orders.intake import OrderResult, import_orders
from returns.feed.orders.records import OrderEntry
from returns.feed.records import RecordError, ReturnRecord
from returns.models import TRACKING_PLACE, OrderState

# Of more returns than these, only the newest get orders: an order takes as long as three returns.
MAX_RETURNS_WITH_ORDERS = 100_000
# The channel of an order, by the beginning of its reference: old returns do not name it.
CHANNELS = {
    "TY": "Trendyol",
    "HB": "Hepsiburada",
    "408": "Amazon.com.tr",
    "302": "Amazon.de",
    "N11": "N11",
}
OTHER_CHANNEL = "Web shop"
# Not the rate of today, but prices that look like those of a shop.
LIRAS_PER_EURO = 25
SMALLEST_COIN = Decimal("0.01")
PAYMENT_OPTIONS = (("Credit card", 70), ("Cash on delivery", 14), ("Wallet", 9), ("Transfer", 7))
OTHER_PRODUCTS, OTHER_PRODUCT_WEIGHTS = (0, 1, 2, 3, 4), (20, 34, 26, 14, 6)
QUANTITIES, QUANTITY_WEIGHTS = (1, 2, 3), (78, 16, 6)
MORE_OF_IT_SHARE = 0.15  # of the returned products, of which the shopper kept a piece
REFUSED_SHARE = 0.03  # of the orders, which were never delivered
DAYS_BEFORE_RETURN = (4, 24)
ORDERS_PER_CUSTOMER = 3
FIRST_NAMES = ("Ayşe", "Mehmet", "Zeynep", "Emre", "Elif", "Can", "Deniz", "Lena", "Jonas", "Mia")
LAST_NAMES = ("Yılmaz", "Kaya", "Demir", "Şahin", "Çelik", "Aydın", "Arslan", "Weber", "Fischer")


@dataclass
class _Returned:
    """What the returns of an order say about it: the first of their times, and their SKUs."""

    before: datetime
    skus: Counter[str] = field(default_factory=Counter)


class InventedOrders:
    """Watches invented returns go by, and then makes their orders; the same for the same seed."""

    def __init__(self, seed: int | str, count: int) -> None:
        self.seed = seed
        self.customers = max(1, count // ORDERS_PER_CUSTOMER)
        self._newest: deque[ReturnRecord] = deque(maxlen=MAX_RETURNS_WITH_ORDERS)
        self._assortment = Assortment()
        self._products = {product.sku: product for product in catalogue()}

    def watch(self, records: Iterable[ReturnRecord]) -> Iterator[ReturnRecord]:
        """Yield the records, which are in the order of creation, and remember the newest."""
        for record in records:
            self._newest.append(record)
            yield record

    def write(self) -> OrderResult:
        """Write the orders of the returns that were watched, as those of the WMS are."""
        return import_orders(self.entries(), on_reject=_refuse)

    def entries(self) -> Iterator[OrderEntry]:
        """Yield the orders as the WMS says them."""
        for number, (reference, returned) in enumerate(self._by_order().items(), start=1):
            yield OrderEntry(f"order {number}", self._order(reference, returned))

    def _by_order(self) -> dict[str, _Returned]:
        orders: dict[str, _Returned] = {}
        for record in self._newest:
            reference = record.sales_order_reference_number
            if not reference:
                continue
            before = min(record.created_at, record.arrived_to_warehouse_at or record.created_at)
            order = orders.setdefault(reference, _Returned(before))
            order.before = min(order.before, before)
            order.skus.update(line.sku for line in record.line_items or ())
        return orders

    def _order(self, reference: str, returned: _Returned) -> dict[str, object]:
        random = Random(f"order {self.seed} {reference}")  # noqa: S311 - repeatable, not secret
        channel = _channel(reference)
        currency = "EUR" if channel == "Amazon.de" else "TRY"
        ordered_products = list(self._ordered(random, returned.skus))
        gap = timedelta(days=random.uniform(*DAYS_BEFORE_RETURN))
        ordered = returned.before - gap
        shipped = ordered + gap * random.uniform(0.05, 0.25)
        delivered = ordered + gap * random.uniform(0.35, 0.7)
        is_refused = random.random() < REFUSED_SHARE
        return {
            "referenceNumber": reference,
            "salesChannel": channel,
            "state": (OrderState.SHIPPED if is_refused else OrderState.DELIVERED).value,
            "createdAt": ordered.isoformat(),
            "updatedAt": (shipped if is_refused else delivered).isoformat(),
            "orderCreatedAt": ordered.isoformat(),
            "shippedAt": shipped.isoformat(),
            "deliveredAt": None if is_refused else delivered.isoformat(),
            "customer": self._customer(random),
            "shippingInfo": _shipping(random),
            "lineItems": [
                _item(product, quantity, currency) for product, quantity in ordered_products
            ],
            "payment": {
                "paymentOption": _weighted(random, PAYMENT_OPTIONS),
                "totalPaymentAmount": sum(
                    _price(product, currency) * quantity for product, quantity in ordered_products
                ),
                "currency": currency,
            },
        }

    def _ordered(self, random: Random, returned: Counter[str]) -> Iterator[tuple[Product, int]]:
        """Yield the products that came back, and others, each with its quantity."""
        for sku, count in returned.items():
            yield self._products[sku], count + (random.random() < MORE_OF_IT_SHARE)
        (count,) = random.choices(OTHER_PRODUCTS, OTHER_PRODUCT_WEIGHTS)
        category = random.choice(CATEGORIES)
        others = self._assortment.draw(random, category, count if returned else count + 1)
        for product in dict.fromkeys(others):
            if product.sku not in returned:
                yield product, random.choices(QUANTITIES, QUANTITY_WEIGHTS)[0]

    def _customer(self, random: Random) -> dict[str, object]:
        """Return one of the invented customers; some of them order much more than others."""
        number = int(self.customers * random.random() ** 2)
        first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number % len(LAST_NAMES)]
        return {
            "customerNo": f"C-{10_000 + number}",
            "firstName": first,
            "lastName": last,
            "email": f"customer{number}@example.com",
            "phone": f"+90 555 {number // 10_000 % 1000:03} {number // 100 % 100:02} "
            f"{number % 100:02}",
        }


def _channel(reference: str) -> str:
    return next(
        (CHANNELS[start] for start in CHANNELS if reference.startswith(start)), OTHER_CHANNEL
    )


def _price(product: Product, currency: str) -> Decimal:
    """Return the price of a piece; that in the catalogue is in lira."""
    if currency == "TRY":
        return product.price
    return (product.price / LIRAS_PER_EURO).quantize(SMALLEST_COIN)


def _item(product: Product, quantity: int, currency: str) -> dict[str, object]:
    return {
        "sku": product.sku,
        "barcodes": [product.barcode],
        "productName": product.name,
        "productCategory": product.category,
        "amountInOrder": quantity,
        "salePrice": _price(product, currency),
        "currency": currency,
    }


def _shipping(random: Random) -> dict[str, str]:
    carrier = _weighted(random, CARRIER_WEIGHTS)
    tracking_id = TRACKING_IDS[carrier](random)
    address = TRACKING_ADDRESSES[carrier].replace(TRACKING_PLACE, quote(tracking_id, safe=""))
    return {
        "shippingCompany": carrier,
        "shippingTrackingId": tracking_id,
        "trackingUrl": address,
    }


def _weighted(random: Random, weighted: Iterable[tuple[str, int]]) -> str:
    names, weights = zip(*weighted, strict=True)
    return str(random.choices(names, weights)[0])


def _refuse(_: OrderEntry, error: RecordError) -> None:
    """Stop: an invented order that is rejected is a mistake of the program."""
    raise error
