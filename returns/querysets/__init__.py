"""Which returns, and in what order: each method is one rule and can be chained."""

from returns.querysets.joined import VALUE_KEY
from returns.querysets.returns import (
    PROCESSING_TIME,
    UNKNOWN_PROCESSING_TIME,
    ReturnQuerySet,
    rule_tag_events,
)

# Columns of Return that hold the keys of the three numbers that people search by.
REFERENCE_KEY, ORDER_KEY, TRACKING_KEY = "return_key", "order_key", "tracking_key"
# Columns of ReturnItem that the search box finds as well.
SKU_KEY, SERIAL_KEY = "sku_key", "serial_key"
# The column of SalesOrderItem by which it finds the returns with a product.
BARCODE_KEYS = "barcode_keys"
SEARCH_KEYS = (ORDER_KEY, REFERENCE_KEY, TRACKING_KEY)

__all__ = [
    "BARCODE_KEYS",
    "ORDER_KEY",
    "PROCESSING_TIME",
    "REFERENCE_KEY",
    "SEARCH_KEYS",
    "SERIAL_KEY",
    "SKU_KEY",
    "TRACKING_KEY",
    "UNKNOWN_PROCESSING_TIME",
    "VALUE_KEY",
    "ReturnQuerySet",
    "rule_tag_events",
]
