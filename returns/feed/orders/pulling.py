"""Pulling orders from another Returns API, after its returns: those that the queue asks for.

An API without orders is remembered, and is not asked again for some days.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import quote
from zlib import crc32

from django.db import transaction

from returns.database.locks import Lock, try_lock
from returns.feed.abilities import find_ability, remember_ability
from returns.feed.client import Client
from returns.feed.orders.intake import OnRejectedOrder, OrderResult, import_orders
from returns.feed.orders.parsing import order_entry
from returns.feed.orders.records import OrderEntry
from returns.feed.orders.requests import (
    DueRequest,
    begin_requests,
    due_requests,
    request_all,
    settle_requests,
)
from returns.feed.records import RecordError
from returns.feed.remote_errors import MissingPathError
from returns.models import OrderRequest, Return
from returns.models.orders import ORDERS_PATH
from returns.search.typed import key_of

logger = logging.getLogger(__name__)

MAX_ORDERS_PER_CALL = 100
MAX_QUERY_LENGTH = 3_000  # characters; servers read about 8,000 of an address
# A long queue is worked off by several pulls, so that returns need not wait for it.
MAX_ORDER_STEPS = 100
# In a list of values, a comma ends a value and this word means that there is none.
NO_VALUE = "null"


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
    with try_lock(Lock.PULL, crc32(f"{client.origin} {ORDERS_PATH}".encode())) as is_held:
        if not is_held:
            return pull
        try:
            if _has_orders(client, ask_again=ask_again):
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
        requests = due_requests(MAX_ORDERS_PER_CALL) if should_continue() else []
        if not requests:
            break
        _pull_step(client, requests, pull, on_reject)
    pull.waiting = OrderRequest.objects.values("reference").distinct().count()


def _has_orders(client: Client, *, ask_again: bool) -> bool:
    """Tell whether the API has orders; if that is new, request those of all returns."""
    ability = None if ask_again else find_ability(client.origin, ORDERS_PATH)
    if ability is None:
        if not _try_one(client):
            return False
        ability = begin_requests(client.origin)
        if ability is None:
            logger.info("Orders are pulled next time: many returns are being written.")
            return False
    if not ability.is_missing and ability.queued_at is None:
        logger.info("Requested the orders of all returns: %s.", request_all(ability))
    return not ability.is_missing


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
        settle_requests(answered, unanswered)
    pull.result += result
    pull.not_found += max(0, len(unanswered) - len(rejected))


def _answers(client: Client, references: Sequence[str]) -> Iterator[list[Any]]:
    """Yield the orders that the API has of these references, call by call."""
    one_by_one = [each for each in references if "," in each or each.lower() == NO_VALUE]
    for batch in _batches([each for each in references if each not in one_by_one]):
        yield client.fetch_page(orders_query(batch), ORDERS_PATH, exact=True).items
    for reference in one_by_one:
        order = client.fetch_one(f"{ORDERS_PATH}/{quote(reference, safe='')}", exact=True)
        yield [] if order is None else [order]


def _batches(references: Sequence[str]) -> Iterator[list[str]]:
    """Yield the references in batches whose query fits into an address."""
    batch: list[str] = []
    for reference in references:
        if batch and len(quote(orders_query([*batch, reference]))) > MAX_QUERY_LENGTH:
            yield batch
            batch = []
        batch.append(reference)
    if batch:
        yield batch


def orders_query(references: Sequence[str]) -> str:
    """Return the DynamicQueryBuilder query for the orders with these references."""
    values = ",".join(quote(each, safe="") for each in references)
    return f"o=In&p=referenceNumber&v={values}&offset=0&count={MAX_ORDERS_PER_CALL}"
