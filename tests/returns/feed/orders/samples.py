"""Raw orders of our own making, in the WMS's shape, with what is not ours to keep."""

from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from returns.feed.orders.intake import OrderResult, import_orders
from returns.feed.orders.parsing import order_entry
from returns.models import OrderState, SalesOrder, SalesOrderItem

Raw = dict[str, Any]

REFERENCE = "RSO770000001"
CUSTOMER = {
    "customerNo": "Cust-4711-Ş",
    "firstName": "Gülşah",
    "lastName": "Yıldızoğlu",
    "email": "Gulsah.Yildiz@Example.com",
    "phone": "0532 765 43 21",
}
ITEM = {
    "sku": "TSHIRT-M",
    "barcodes": ["8690000000012", "869-0000-00001-2", "X1"],
    "productName": "Tişört, 中号",
    "productCategory": "apparel",
    "amountInOrder": 2,
    "salePrice": Decimal("18.4"),
    "productSalePrice": Decimal("20"),
    "currency": "TRY",
}


def an_order(reference: str = REFERENCE, **fields: Any) -> Raw:
    return {
        "referenceNumber": reference,
        "salesChannel": "Trendyol",
        "state": "Delivered",
        "createdAt": "2026-01-02T08:00:00.000056Z",
        "updatedAt": "2026-01-09T08:00:00Z",
        "orderCreatedAt": "2026-01-02T07:59:00Z",
        "shippedAt": "2026-01-03T10:00:00+03:00",
        "deliveredAt": "2026-01-05T12:00:00Z",
        "cancelledAt": None,
        "customer": CUSTOMER,
        "shippingAddress": {"fullName": "Gülşah Yıldızoğlu", "address": "Bağdat Cad. 7"},
        "billingAddress": {"email": "gulsah.yildiz@example.com", "phone": "+905327654321"},
        "shippingInfo": {
            "shippingCompany": "Aras",
            "shippingTrackingId": "7340000000001",
            "trackingUrl": "https://kargo.example.com/?no=7340000000001",
        },
        "lineItems": [ITEM],
        "payment": {
            "paymentOption": "CreditCard",
            "totalPaymentAmount": Decimal("36.80"),
            "currency": "TRY",
        },
        "tag": "vip",
        "invoices": [{"email": "gulsah.yildiz@example.com"}],
    } | fields


def bring(*records: Any) -> OrderResult:
    """Import orders; none of them may be rejected."""
    entries = [order_entry(f"order {number}", each) for number, each in enumerate(records)]
    result = import_orders(entries, on_reject=lambda *_: None)
    assert result.rejected == 0
    return result


def stored(reference: str = REFERENCE) -> SalesOrder:
    return SalesOrder.objects.get(reference=reference)


def make_many_orders() -> None:
    """Store a thousand orders, and let PostgreSQL know: of few it may read any index whole."""
    now = timezone.now()
    orders = SalesOrder.objects.bulk_create(
        SalesOrder(
            reference=f"RSO-{number}", state=OrderState.values[0], ordered_at=now, updated_at=now
        )
        for number in range(1_000)
    )
    SalesOrderItem.objects.bulk_create(
        SalesOrderItem(order=order, position=0, sku=order.reference, barcodes=[order.reference])
        for order in orders
    )
    with connection.cursor() as cursor:
        for model in (SalesOrder, SalesOrderItem):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
