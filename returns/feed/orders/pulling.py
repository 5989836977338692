"""Pulling orders from another Returns API, after its returns: those that the queue asks for.

An API without orders is remembered, and is not asked again for some days.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import quote
from zlib import crc32

from django.db import transaction

from returns.database.locks import Lock, try_lock, while_held
from returns.feed.abilities import remember_ability
from returns.feed.client import Client
from returns.feed.orders.intake import OnRejectedOrder, OrderResult, import_orders
from returns.feed.orders.parsing import order_entry
from returns.feed.orders.records import OrderEntry
from returns.feed.orders.requests import ORDER_REQUESTS, request_all
from returns.feed.records import RecordError
from returns.feed.remote_errors import MissingPathError
from returns.feed.requests import DueRequest, batches_of, is_askable_together, query_of
from returns.models import Return
from returns.models.orders import ORDERS_PATH
from returns.search.typed import key_of

logger = logging.getLogger(__name__)

MAX_ORDERS_PER_CALL = 100
# A long queue is worked off by several pulls, so that returns need not wait for it.
MAX_ORDER_STEPS = 100


@dataclass
class OrderPull:
    """The result of a pull of orders; ``not_found`` are orders that the other API does not have.

    ``waiting`` is the number of orders that are still to be asked for; None if the API has none.
    """

    result: OrderResult
    not_found: int = 0
    waiting: int | None = None

    def __str__(self) -> str:
        return f"{self.result}, not found {self.not_found}, still to ask for {self.waiting}"


def sync_orders(
    client: Client,
    *,
    on_reject: OnRejectedOrder,
    ask_again: bool = False,
    should_continue: Callable[[], bool] = lambda: True,
) -> OrderPull:
    """Pull the orders that are requested, and return the result.

    What was imported before a failure stays, and what was not is asked for by the next pull. With
    ``ask_again``, the API is asked even if it had no orders, and for the orders of all returns that
    are not stored or whose shopper is hashed with an older key. ``should_continue`` is called
    before each step. Raises ``RemoteApiError``.
    """
    pull = OrderPull(OrderResult())
    with try_lock(Lock.PULL, crc32(f"{client.origin} {ORDERS_PATH}".encode())) as lock:
        if lock is None:
            return pull
        should_continue = while_held(lock, should_continue)
        try:
            if ORDER_REQUESTS.is_served(
                client.origin,
                ask_again=ask_again,
                probe=partial(_try_one, client),
                request_all=request_all,
            ):
                _pull_due(client, pull, on_reject, should_continue)
        except MissingPathError as error:
            remember_ability(client.origin, ORDERS_PATH, is_missing=True)
            logger.warning("%s: %s Orders are not pulled.", client.origin, error)
    return pull


def _pull_due(
    client: Client,
    pull: OrderPull,
    on_reject: OnRejectedOrder,
    should_continue: Callable[[], bool],
) -> None:
    for _ in range(MAX_ORDER_STEPS):
        requests = ORDER_REQUESTS.due(MAX_ORDERS_PER_CALL) if should_continue() else []
        if not requests:
            break
        _pull_step(client, requests, pull, on_reject)
    pull.waiting = ORDER_REQUESTS.count()


def _try_one(client: Client) -> bool:
    """Ask for the order of any return; tell whether there was one to ask for."""
    with_order = Return.objects.filter(order_key__isnull=False).order_by("order_key")
    reference = with_order.values_list("sales_order_reference_number", flat=True).first()
    if reference is None:
        return False
    # Whether it has this very order does not matter.
    client.fetch_page(orders_query([reference]), ORDERS_PATH, exact=True)
    return True


def _pull_step(
    client: Client,
    requests: Sequence[DueRequest],
    pull: OrderPull,
    on_reject: OnRejectedOrder,
) -> None:
    """Ask for some orders; write them, and settle their requests, in one transaction."""
    values = chain.from_iterable(_answers(client, [each.reference for each in requests]))
    entries = [
        order_entry(f"order {number}", value)
        for number, value in enumerate(values, start=pull.result.read + 1)
    ]
    rejected: set[str] = set()

    def reject(entry: OrderEntry, error: RecordError) -> None:
        rejected.add(entry.reference)
        on_reject(entry, error)

    with transaction.atomic():
        result = import_orders(entries, on_reject=reject)
        came = {entry.reference for entry in entries} - rejected
        keys = {key for each in came if (key := key_of(each))}
        answered = [
            each for each in requests if each.reference in came or key_of(each.reference) in keys
        ]
        unanswered = [each for each in requests if each not in answered]
        ORDER_REQUESTS.settle(answered, unanswered)
    pull.result += result
    pull.not_found += max(0, len(unanswered) - len(rejected))


def _answers(client: Client, references: Sequence[str]) -> Iterator[list[Any]]:
    """Yield the orders that the API has of these references, call by call."""
    together = [each for each in references if is_askable_together(each)]
    one_by_one = [each for each in references if not is_askable_together(each)]
    for batch in batches_of(together, orders_query):
        yield client.fetch_page(orders_query(batch), ORDERS_PATH, exact=True).items
    for reference in one_by_one:
        order = client.fetch_one(f"{ORDERS_PATH}/{quote(reference, safe='')}", exact=True)
        yield [] if order is None else [order]


def orders_query(references: Sequence[str]) -> str:
    """Return the DynamicQueryBuilder query for the orders with these references."""
    return query_of("referenceNumber", references, MAX_ORDERS_PER_CALL)
