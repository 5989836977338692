"""The queue of orders that have to be asked for."""

from returns.feed.requests import RequestQueue
from returns.models import OrderRequest, RemoteAbility
from returns.models.orders import ORDERS_PATH
from returns.orders.shoppers import current_key_id

ORDER_REQUESTS = RequestQueue(OrderRequest, ORDERS_PATH, "Orders")
# Orders of returns that are not stored, or whose shopper is hashed with an older key; those of the
# newest returns are asked for first.
ORDERS_OF_ALL = """
    SELECT reference, newest FROM (
        SELECT sales_order_reference_number AS reference, max(id) AS newest FROM returns_return
        WHERE sales_order_reference_number <> '' GROUP BY 1
    ) AS orders
    WHERE NOT EXISTS (
        SELECT FROM returns_salesorder o
        WHERE o.reference = orders.reference AND o.hash_key = %s
    )
"""


def request_all(ability: RemoteAbility) -> int:
    """Request the orders of all returns that are stored, unless they are; return how many."""
    return ORDER_REQUESTS.request(ability, ORDERS_OF_ALL, [current_key_id()])
