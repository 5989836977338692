"""Schemas of orders in the API, for the OpenAPI document."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from returns.api.schemas import CamelSchema, FeedMistake, feed_body
from returns.models import OrderState

Amount = int | float | str
AMOUNT = "A number; a text if it has more digits than every program reads exactly."


class ShippingInfo(CamelSchema):
    """The outbound parcel."""

    shipping_company: str | None
    shipping_tracking_id: str | None
    tracking_url: str | None


class Payment(CamelSchema):
    """How the order was paid."""

    payment_option: str | None
    total_payment_amount: Amount | None = Field(description=AMOUNT)
    currency: str | None


class LineItem(CamelSchema):
    """A product of the order."""

    sku: str | None
    barcodes: list[str]
    product_name: str | None
    product_category: str | None
    amount_in_order: int | None = Field(description="How many pieces.")
    sale_price: Amount | None = Field(description=f"The price of one piece. {AMOUNT}")
    currency: str | None


class SalesOrderSaid(CamelSchema):
    """The order of a return, without its shopper."""

    model_config = ConfigDict(title="SalesOrder")

    reference_number: str
    sales_channel: str | None
    state: OrderState
    updated_at: datetime
    order_created_at: datetime = Field(description="When the shopper ordered.")
    shipped_at: datetime | None
    delivered_at: datetime | None
    shipping_info: ShippingInfo
    payment: Payment
    line_items: list[LineItem] = Field([], description="Left out if unknown.")


class PageOfOrders(CamelSchema):
    """A page of orders."""

    count: int = Field(description="The requested size of a page.", ge=1, le=100)
    offset: int = Field(ge=0)
    data_set_count: int | None = Field(
        description="The number of matches; null if counting takes too long."
    )
    items: list[SalesOrderSaid]


class OrderTaken(CamelSchema):
    """The result for one order."""

    reference_number: str | None
    result: Literal["created", "updated", "unchanged", "withoutReturn", "rejected"] = Field(
        description="Several records of one order all have the result of that order."
    )
    errors: list[FeedMistake] = Field(
        description="Why it was rejected; of many rejected records only for the first ones."
    )


class OrdersTaken(CamelSchema):
    """The results of an import; `items` are in the order in which the records were sent."""

    read: int
    created: int
    updated: int
    unchanged: int
    without_return: int = Field(description="Orders of which no return is known; not stored.")
    rejected: int
    items: list[OrderTaken]
    errors_left_out: int = Field(
        description="How many rejected records have no `errors` here, because there are too many."
    )


_DESCRIPTIONS = {
    "referenceNumber": "The order; text.",
    "state": f"One of {', '.join(OrderState.values)}.",
    "createdAt": "An ISO 8601 time with a time zone, like all times.",
    "orderCreatedAt": "When the shopper ordered; createdAt if missing.",
    "updatedAt": "A time. The record with the latest one wins.",
    "salesChannel": "Text.",
    "shippedAt": "A time.",
    "deliveredAt": "A time.",
    "customer": "customerNo, email and phone, of which only hashes are stored.",
    "shippingInfo": "shippingCompany, shippingTrackingId and trackingUrl.",
    "lineItems": "sku, barcodes, productName, productCategory, amountInOrder, salePrice and "
    "currency of each.",
    "payment": "paymentOption, totalPaymentAmount and currency.",
}
ORDERS_BODY = feed_body(
    {"properties": {name: {"description": text} for name, text in _DESCRIPTIONS.items()}}
)
