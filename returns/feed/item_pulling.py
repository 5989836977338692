"""Pulling line items from another Returns API, after its returns: its list leaves them out.

Many returns are asked for in one call where that works, otherwise one by one, at most so many in a
pull. An API without line items is remembered, and is not asked again for some days.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zlib import crc32

from returns.database.locks import Lock, try_lock, while_held
from returns.feed.abilities import remember_ability
from returns.feed.client import Client
from returns.feed.item_answers import (
    MAX_ITEMS_PER_CALL,
    answers_many,
    ask_for_batch,
    ask_one,
    entry_reference,
    items_query,
    sends_items,
    with_items,
)
from returns.feed.items import Item, item_from_json
from returns.feed.records import RecordError
from returns.feed.requests import (
    DueRequest,
    RequestQueue,
    batches_of,
    is_askable_together,
)
from returns.feed.runs import Run, record_run
from returns.feed.sync import PullResult
from returns.models import ItemRequest, RemoteAbility, Return, Way
from returns.models.requests import ITEMS_PATH, LACKS_ITEMS, MANY_ITEMS_PATH

logger = logging.getLogger(__name__)

ITEM_REQUESTS = RequestQueue(ItemRequest, ITEMS_PATH, "Line items")
# Of calls about one return each, so that others may use the token too; the rest is asked next time.
ITEM_CALLS_PER_PULL = 200
# What is asked one by one is written after so many calls, for a pull that is killed.
ITEM_CALLS_PER_STEP = 20
# A long queue is worked off by several pulls, so that returns need not wait for it.
MAX_ITEM_STEPS = 100
# An API that sends none of so many known returns with line items has none.
ITEM_PROBES = 5
# Returns whose line items are not known as of their newest record; the newest are asked for first.
ITEMS_OF_ALL = f"""
    SELECT return_reference_number AS reference, id AS newest FROM returns_return
    WHERE {LACKS_ITEMS.format(row="returns_return")} AND NOT EXISTS (
        SELECT FROM returns_itemrequest q WHERE q.reference = return_reference_number
    )
"""  # noqa: S608 - a condition of our own


class NoLineItemsError(Exception):
    """The other API has returns, but no line items of them."""


@dataclass
class ItemPull(PullResult):
    """The result of a pull of line items; ``without_items`` are returns that came without them.

    ``waiting`` is the number of returns that are still to be asked for; None if the API has no line
    items.
    """

    without_items: int = 0
    waiting: int | None = None

    def __str__(self) -> str:
        text = f"{super().__str__()}, without line items {self.without_items}"
        return f"{text}, still to ask for {self.waiting}"


def sync_items(
    client: Client,
    *,
    on_reject: Callable[[Item, RecordError], None] | None = None,
    ask_again: bool = False,
    should_continue: Callable[[], bool] = lambda: True,
) -> ItemPull:
    """Pull the line items that are requested, and return the result.

    What was imported before a failure stays, and what was not is asked for by the next pull. With
    ``ask_again``, the API is asked even if it had none, and for those of all returns for which they
    are not known. ``should_continue`` is called before each step. Raises ``RemoteApiError``.
    """
    pull = ItemPull()
    with try_lock(Lock.PULL, crc32(f"{client.origin} {ITEMS_PATH}".encode())) as lock:
        if lock is None:
            return pull
        should_continue = while_held(lock, should_continue)
        try:
            if ITEM_REQUESTS.is_served(
                client.origin,
                ask_again=ask_again,
                probe=partial(_try_some, client),
                request_all=_request_all,
            ):
                _pull_due(client, pull, on_reject, should_continue)
                pull.waiting = ITEM_REQUESTS.count()
        except NoLineItemsError:
            remember_ability(client.origin, ITEMS_PATH, is_missing=True)
            ItemRequest.objects.all().delete()
            logger.warning("%s has no line items of returns. They are not pulled.", client.origin)
    return pull


def _request_all(ability: RemoteAbility) -> int:
    return ITEM_REQUESTS.request(ability, ITEMS_OF_ALL)


def _pull_due(
    client: Client,
    pull: ItemPull,
    on_reject: Callable[[Item, RecordError], None] | None,
    should_continue: Callable[[], bool],
) -> None:
    requests = _due(client)
    if not requests or not should_continue():
        return
    with record_run(Way.PULL, client.origin) as run:
        asking = _Asking(client, run, pull, on_reject)
        for _ in range(MAX_ITEM_STEPS):
            asking.ask(requests)
            requests = _due(client) if asking.may_go_on and should_continue() else []
            if not requests:
                break
    row = run.row
    pull.read, pull.created, pull.updated = row.read, row.created, row.updated
    pull.rejected = row.rejected
    if not asking.has_items:
        raise NoLineItemsError


def _due(client: Client) -> list[DueRequest]:
    """Return what to ask for in the next step.

    Requests of returns that were deleted are deleted: an answer would bring these back.
    """
    most = MAX_ITEMS_PER_CALL if answers_many(client) else ITEM_CALLS_PER_STEP
    while requests := ITEM_REQUESTS.due(most):
        stored = _stored(each.reference for each in requests)
        gone = [each for each in requests if each.reference not in stored]
        if not gone:
            break
        ITEM_REQUESTS.settle(gone, [])
    return requests


def _stored(references: Iterable[str]) -> set[str]:
    stored = Return.objects.filter(return_reference_number__in=list(references))
    return set(stored.values_list("return_reference_number", flat=True))


class _Asking:
    """Asks for line items, within the limit of a pull, and writes them.

    ``has_items`` turns false when it is found out that the API has none.
    """

    def __init__(
        self,
        client: Client,
        run: Run,
        pull: ItemPull,
        on_reject: Callable[[Item, RecordError], None] | None,
    ) -> None:
        self.has_items = True
        self._client, self._run, self._pull, self._on_reject = client, run, pull, on_reject
        self._calls_left = ITEM_CALLS_PER_PULL
        self._asked, self._is_sure = 0, False

    @property
    def may_go_on(self) -> bool:
        """Tell whether there may be another step."""
        return self.has_items and self._calls_left > 0

    def ask(self, requests: Sequence[DueRequest]) -> None:
        """Ask for some returns, write what comes, and settle the requests."""
        references = [each.reference for each in requests]
        together = [each for each in references if is_askable_together(each)]
        one_by_one = [each for each in references if not is_askable_together(each)]
        sent = list[Any]()
        for batch in batches_of(together, items_query):
            entries, left = ask_for_batch(self._client, batch)
            sent += entries
            one_by_one += left
        now = one_by_one[: min(self._calls_left, ITEM_CALLS_PER_STEP)]
        self._calls_left -= len(now)
        sent += [ask_one(self._client, each) for each in now]
        asked = set(references).difference(one_by_one).union(now)
        self._settle(requests, asked, with_items(sent))

    def _settle(self, requests: Sequence[DueRequest], asked: set[str], entries: list[Any]) -> None:
        # An answer with more than was asked for may have returns that were deleted here.
        gone = (sent := set(map(entry_reference, entries))) - _stored(sent) - {""}
        entries = [each for each in entries if entry_reference(each) not in gone]
        numbered = enumerate(entries, start=self._run.row.read + 1)
        items = [item_from_json(f"line items {number}", entry) for number, entry in numbered]
        self._run.import_items(items, on_reject=self._on_reject)
        came = {entry_reference(each) for each in entries}
        answered = [each for each in requests if each.reference in came]
        unanswered = [each for each in requests if each.reference in asked - came]
        self._check(len(asked), has_come=bool(answered))
        ITEM_REQUESTS.settle(answered, unanswered)
        if others := came.difference(each.reference for each in requests):
            # What was requested meanwhile may be newer than what came.
            latest = max(pk for each in requests for pk in each.ids)
            ItemRequest.objects.filter(reference__in=others, pk__lte=latest).delete()
        self._pull.without_items += len(unanswered)

    def _check(self, asked: int, *, has_come: bool) -> None:
        """Find out whether the API has any line items at all, if several answers had none."""
        self._asked += asked
        self._is_sure = self._is_sure or has_come
        if not self._is_sure and self._asked >= ITEM_PROBES:
            self._is_sure = self.has_items = sends_items(self._client, _returns_to_try())


def _try_some(client: Client) -> bool:
    """Ask for the line items of a few returns; return False if there are none to ask for.

    Raises ``NoLineItemsError`` if the API sends none.
    """
    references = _returns_to_try()
    if not references:
        return False
    remember_ability(client.origin, MANY_ITEMS_PATH, is_missing=False)
    if not sends_items(client, references):
        raise NoLineItemsError
    return True


def _returns_to_try() -> list[str]:
    """Return the references of a few returns that would have line items: inspected, or new."""
    references = Return.objects.values_list("return_reference_number", flat=True)
    inspected = references.filter(completed_at__isnull=False).order_by("-completed_at", "-id")
    newest = references.order_by("-created_at", "-id")
    return list(dict.fromkeys([*inspected[:ITEM_PROBES], *newest[:ITEM_PROBES]]))[:ITEM_PROBES]
