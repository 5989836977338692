"""Schemas of orders in the API, for the OpenAPI document."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from returns.api.feed_schemas import FeedMistake, feed_body
from returns.api.schemas import CamelSchema, left_out
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

    # Generated clients call classes by their titles, and returns have line items, too.
    model_config = ConfigDict(title="OrderLineItem")

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
    line_items: list[LineItem] = Field(default_factory=left_out, description="Left out if unknown.")


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
    result: Literal["created", "updated", "unchanged", "older", "withoutReturn", "rejected"] = (
        Field(
            description="Several records of one order all have the result of that order. `older`: "
            "nothing was taken from it, because a newer record of the order came before."
        )
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
    older: int = Field(description="Records that are older than what is stored, and added nothing.")
    without_return: int = Field(description="Orders of which no return is known; not stored.")
    rejected: int
    items: list[OrderTaken]
    errors_left_out: int = Field(
        description="How many rejected records have no `errors` here, because there are too many."
    )


class FeedOrderItem(CamelSchema):
    """A product of the order."""

    model_config = ConfigDict(extra="allow")

    sku: str | None = None
    barcodes: list[str] | None = None
    product_name: str | None = None
    product_category: str | None = None
    amount_in_order: int | None = Field(None, description="How many pieces.")
    sale_price: Amount | None = Field(None, description="The price of one piece.")
    product_sale_price: Amount | None = Field(
        None, description="The price of one piece, where the line has none of its own."
    )
    currency: str | None = None


class FeedShopper(CamelSchema):
    """The shopper, of whom only hashes are stored."""

    model_config = ConfigDict(extra="allow")

    customer_no: str | None = None
    email: str | None = None
    phone: str | None = None


class FeedShipping(CamelSchema):
    """The outbound parcel."""

    model_config = ConfigDict(extra="allow")

    shipping_company: str | None = None
    shipping_tracking_id: str | None = None
    tracking_url: str | None = None


class FeedPayment(CamelSchema):
    """How the order was paid."""

    model_config = ConfigDict(extra="allow")

    payment_option: str | None = None
    total_payment_amount: Amount | None = None
    currency: str | None = None


class FeedOrder(CamelSchema):
    """A record of an order, as the WMS answers it. Other fields are neither read nor stored."""

    model_config = ConfigDict(extra="allow")

    reference_number: str = Field(description="The order.", min_length=1)
    state: OrderState
    created_at: datetime | None = Field(
        None,
        description="An ISO 8601 time with a time zone, like all times; needed without "
        "orderCreatedAt.",
    )
    order_created_at: datetime | None = Field(
        None, description="When the shopper ordered; createdAt if missing."
    )
    updated_at: datetime | None = Field(
        None, description="The record with the latest one wins; createdAt if missing."
    )
    sales_channel: str | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    customer: FeedShopper | None = None
    shipping_info: FeedShipping | None = None
    line_items: list[FeedOrderItem] | None = None
    payment: FeedPayment | None = None


ORDERS_BODY = feed_body(FeedOrder)
