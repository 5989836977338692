"""What the WMS says about an order, as far as it is stored, and under which names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from config.text import shorten
from returns.feed.records import RecordError
from returns.orders.shoppers import HashedShopper

ORDER_FIELD = "referenceNumber"
ITEMS_FIELD, CUSTOMER_FIELD = "lineItems", "customer"
MAX_REPORTED_REFERENCE = 200  # characters


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order without its items and its shopper; the fields are those of ``SalesOrder``."""

    updated_at: datetime
    state: str
    ordered_at: datetime
    channel: str = ""
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    carrier: str = ""
    tracking_id: str = ""
    tracking_address: str = ""
    payment_option: str = ""
    total: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A line of an order; the fields are those of ``SalesOrderItem``."""

    sku: str = ""
    barcodes: tuple[str, ...] = ()
    name: str = ""
    category: str = ""
    quantity: int | None = None
    price: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """A record of an order.

    ``items`` is None if the record does not say them, and so is ``shopper``, or if there is no key
    to hash it with. Nothing that tells who the shopper is, except the name, gets so far.
    """

    reference: str
    facts: OrderFacts
    items: tuple[OrderItem, ...] | None = None
    shopper: HashedShopper | None = None


class Source(NamedTuple):
    """Where the WMS says a column: the field, and the object that it is in, "" for the order."""

    name: str
    part: str = ""

    @property
    def path(self) -> str:
        """Return the field as errors name it."""
        return f"{self.part}.{self.name}" if self.part else self.name


# In the WMS's order. An order without ``orderCreatedAt`` was made when the WMS heard of it, and one
# that was never updated has the update of its creation.
CREATED_AT = Source("createdAt")
ORDER_SOURCES = {
    "channel": Source("salesChannel"),
    "state": Source("state"),
    "updated_at": Source("updatedAt"),
    "ordered_at": Source("orderCreatedAt"),
    "shipped_at": Source("shippedAt"),
    "delivered_at": Source("deliveredAt"),
    "carrier": Source("shippingCompany", "shippingInfo"),
    "tracking_id": Source("shippingTrackingId", "shippingInfo"),
    "tracking_address": Source("trackingUrl", "shippingInfo"),
    "payment_option": Source("paymentOption", "payment"),
    "total": Source("totalPaymentAmount", "payment"),
    "currency": Source("currency", "payment"),
}
ORDER_PARTS = tuple(dict.fromkeys(each.part for each in ORDER_SOURCES.values() if each.part))
ITEM_SOURCES = {
    "sku": Source("sku"),
    "barcodes": Source("barcodes"),
    "name": Source("productName"),
    "category": Source("productCategory"),
    "quantity": Source("amountInOrder"),
    "price": Source("salePrice"),
    "currency": Source("currency"),
}
# The price of a piece, where the line has none of its own.
PRODUCT_PRICE = Source("productSalePrice")


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """An entry of a push, a file or a page: its place, and its values or what is wrong with it.

    The values may tell who the shopper is, so they are neither shown nor logged.
    """

    place: str
    raw: Mapping[str, object] | None = field(default=None, repr=False)
    error: RecordError | None = None

    @property
    def shown_place(self) -> str:
        """Return the place and the order, as reports of commands name them."""
        return f"{self.place} ({self.reference})" if self.reference else self.place

    @property
    def reference(self) -> str:
        """Return the order's reference as it is reported; "" if there is none."""
        value = (self.raw or {}).get(ORDER_FIELD)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return shorten(value.strip(), MAX_REPORTED_REFERENCE) if isinstance(value, str) else ""
