"""The sales orders behind returns: what the WMS says of them, as far as pages show it.

Shoppers are known by keyed hashes alone: no e-mail address, phone number or customer number is
stored. Orders belong to returns by their search key, without a foreign key.
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from returns.expressions import SearchKeys
from returns.models.keys import search_key_field
from returns.models.redacted import HASH_COLUMNS, order_redaction_constraints
from returns.models.requests import RecordRequest, request_triggers
from returns.models.retention import index_of_shoppers
from returns.models.values import priced_item_triggers, shared_key_triggers

# The path of orders at a Returns API.
ORDERS_PATH = "SalesOrders"
MAX_AMOUNT_DIGITS, AMOUNT_DECIMALS = 20, 4


class OrderState(models.TextChoices):
    """The states of an order, as the WMS calls them."""

    CANCELLED = "Cancelled", pgettext_lazy("order", "Cancelled")
    CREATED = "Created", pgettext_lazy("order", "Created")
    PICKED = "Picked", pgettext_lazy("order", "Picked")
    PACKED = "Packed", pgettext_lazy("order", "Packed")
    READY = "ReadyToBeShipped", pgettext_lazy("order", "Ready to be shipped")
    SHIPPED = "Shipped", pgettext_lazy("order", "Shipped")
    DELIVERED = "Delivered", pgettext_lazy("order", "Delivered")


def _amount_field() -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(
        max_digits=MAX_AMOUNT_DIGITS, decimal_places=AMOUNT_DECIMALS, null=True
    )


def _hash_field() -> models.CharField:  # type: ignore[type-arg]
    return models.CharField(max_length=64, db_collation="C", null=True)


def _hash_index(column: str) -> models.Index:
    return models.Index(
        fields=[column], condition=Q(**{f"{column}__isnull": False}), name=f"order_by_{column}"
    )


def _is_currency(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(currency__regex=r"^([A-Z]{3})?$"), name=name)


class SalesOrder(models.Model):
    """A sales order that has returns.

    A missing text is ``""``. ``ordered_at`` is when the shopper ordered, or else when the WMS heard
    of it; ``carrier``, ``tracking_id`` and ``tracking_address`` are those of the outbound parcel;
    ``total`` is what was paid, in ``currency``. The hashes are HMAC-SHA256 in hex, made with the
    key whose id is ``hash_key``; ``shopper_name`` is stored only with ``SHOPPER_NAMES``.
    ``items_updated_at`` and ``shopper_updated_at`` are the updates that said the items, and the
    shopper; a record may lack either.
    """

    reference = models.CharField(max_length=30)
    channel = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=20, choices=OrderState)
    ordered_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    shipped_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    carrier = models.CharField(max_length=100, blank=True)
    tracking_id = models.CharField(max_length=100, blank=True)
    tracking_address = models.CharField(max_length=2000, blank=True)
    payment_option = models.CharField(max_length=100, blank=True)
    total = _amount_field()
    currency = models.CharField(max_length=3, blank=True)
    items_updated_at = models.DateTimeField(null=True)

    hash_key = models.CharField(max_length=16, blank=True)
    customer_hash = _hash_field()
    email_hash = _hash_field()
    phone_hash = _hash_field()
    shopper_name = models.CharField(max_length=500, blank=True)
    shopper_updated_at = models.DateTimeField(null=True)
    # Since when nothing is stored of its shopper; see ``Return.redacted_at``.
    redacted_at = models.DateTimeField(null=True, editable=False)

    order_key = search_key_field("reference")

    class Meta:
        default_permissions = []
        permissions = [("view_shopper_name", "Can view the names of shoppers")]
        verbose_name = pgettext_lazy("model", "sales order")
        verbose_name_plural = pgettext_lazy("model", "sales orders")
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="order_reference_is_unique"),
            models.CheckConstraint(condition=~Q(reference=""), name="order_has_a_reference"),
            models.CheckConstraint(
                condition=Q(state__in=OrderState.values), name="order_state_is_known"
            ),
            _is_currency("order_currency_is_three_letters"),
            models.CheckConstraint(
                condition=Q(tracking_address="") | Q(tracking_address__startswith="https://"),
                name="order_tracking_address_is_https",
            ),
            models.CheckConstraint(
                condition=~Q(hash_key="")
                | Q(shopper_name="", **{f"{name}__isnull": True for name in HASH_COLUMNS}),
                name="order_hashes_name_their_key",
            ),
            *order_redaction_constraints(),
        ]
        indexes = [
            # The id lets them be compared with the keys of returns by the indexes alone.
            models.Index(fields=["order_key", "id"], name="order_key_with_id"),
            *map(_hash_index, HASH_COLUMNS),
            index_of_shoppers(),
        ]
        triggers = shared_key_triggers()

    def __str__(self) -> str:
        return self.reference


class SalesOrderItem(models.Model):
    """A line of an order: a product, how many of it, and the price of one piece.

    ``position`` is its place in the order, from 0. ``price`` is the WMS's ``salePrice``.
    """

    order = models.ForeignKey(SalesOrder, models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveSmallIntegerField()
    sku = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=500, blank=True)
    category = models.CharField(max_length=200, blank=True)
    barcodes = ArrayField(models.CharField(max_length=100), default=list)
    quantity = models.IntegerField(null=True)
    price = _amount_field()
    currency = models.CharField(max_length=3, blank=True)

    sku_key = search_key_field("sku")
    barcode_keys = models.GeneratedField(
        expression=SearchKeys(F("barcodes")),
        output_field=ArrayField(models.TextField(db_collation="C")),
        db_persist=True,
    )

    class Meta:
        default_permissions = []
        verbose_name = pgettext_lazy("model", "item of an order")
        verbose_name_plural = pgettext_lazy("model", "items of orders")
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="order_item_has_its_own_place"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0), name="order_item_quantity_is_not_negative"
            ),
            _is_currency("order_item_currency_is_three_letters"),
        ]
        indexes = [
            models.Index(fields=["sku_key"], name="order_item_by_sku"),
            GinIndex(fields=["barcode_keys"], name="order_item_by_barcode"),
        ]
        triggers = priced_item_triggers()

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class OrderRequest(RecordRequest):
    """An order that has to be asked for."""

    reference = models.CharField(max_length=30)

    class Meta:
        default_permissions = []
        verbose_name = pgettext_lazy("model", "requested order")
        verbose_name_plural = pgettext_lazy("model", "requested orders")
        indexes = [models.Index(fields=["reference"], name="request_of_order")]


def order_request_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers of returns that request their orders; see ``returns.feed.orders.pulling``."""
    column = "sales_order_reference_number"
    return request_triggers(
        "orders",
        "returns_orderrequest",
        ORDERS_PATH,
        new=f"{column} FROM new_values WHERE {column} <> ''",
        changed=f"""n.{column} FROM old_values o JOIN new_values n ON o.id = n.id
        WHERE n.{column} <> '' AND
            (o.updated_at, o.{column}) IS DISTINCT FROM (n.updated_at, n.{column})""",
    )
