"""Asking another Returns API for line items: of many returns in a call, or of one.

It is not known of every API whether it filters what it has of many. What it does is remembered.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from returns.feed.abilities import find_ability, remember_ability
from returns.feed.client import Client
from returns.feed.records import API_NAMES, REFERENCE_FIELD
from returns.feed.remote_errors import RemoteApiError
from returns.feed.requests import is_askable_together, query_of
from returns.models.facts import LINE_ITEMS
from returns.models.requests import MANY_ITEMS_PATH

logger = logging.getLogger(__name__)

MAX_ITEMS_PER_CALL = 100
# Answers that are about what was asked, and not about the token or the moment.
NOT_UNDERSTOOD = {400, 403, 404, 405, 410, 414, 422, 501}
FIELD_OF_ITEMS = API_NAMES[LINE_ITEMS]


@dataclass(frozen=True, slots=True)
class ManyItems:
    """The returns in an answer about many.

    ``is_usable`` tells whether it is what was asked for, so that it says something about those that
    did not come.
    """

    sent: list[Any]
    is_usable: bool

    @property
    def references(self) -> set[str]:
        """Return the references of what came."""
        return {entry_reference(each) for each in self.sent}

    @property
    def is_everything(self) -> bool:
        """Tell whether it is more than was asked for."""
        return len(self.sent) > MAX_ITEMS_PER_CALL


def sends_items(client: Client, references: Sequence[str]) -> bool:
    """Tell whether the API sends line items of any of these returns, and remember how."""
    together = [each for each in references if is_askable_together(each)]
    answer = _ask_together(client, together) if together and answers_many(client) else None
    if answer and with_items(answer.sent):
        # Everything is worth to be imported once.
        is_missing = not answer.is_usable and not answer.is_everything
        remember_ability(client.origin, MANY_ITEMS_PATH, is_missing=is_missing)
        return True
    if not with_items(ask_one(client, each) for each in references):
        return False
    if answer:
        remember_ability(client.origin, MANY_ITEMS_PATH, is_missing=True)
    return True


def answers_many(client: Client) -> bool:
    """Tell whether the API may be asked for many returns in a call."""
    ability = find_ability(client.origin, MANY_ITEMS_PATH)
    return ability is None or not ability.is_missing


def ask_for_batch(client: Client, references: list[str]) -> tuple[list[Any], list[str]]:
    """Ask for many returns together; return what came, and what to ask for one by one.

    That this does not work is remembered.
    """
    sent = list[Any]()
    is_new = find_ability(client.origin, MANY_ITEMS_PATH) is None
    while references:
        if not answers_many(client):
            return sent, references
        answer = _ask_together(client, references)
        sent += answer.sent
        missing = [each for each in references if each not in answer.references]
        is_usable = answer.is_usable and bool(sent or not is_new)
        if is_usable and is_new:
            remember_ability(client.origin, MANY_ITEMS_PATH, is_missing=False)
        if not is_usable:
            remember_ability(client.origin, MANY_ITEMS_PATH, is_missing=True)
            logger.info("%s does not filter %s.", client.origin, MANY_ITEMS_PATH)
            return sent, missing
        # The page may be shorter than was asked for.
        references = missing if len(missing) < len(references) else []
    return sent, []


def _ask_together(client: Client, references: Sequence[str]) -> ManyItems:
    """Ask for many returns by one call."""
    query = quote(items_query(references), safe="")
    answer = _fetch(client, f"{MANY_ITEMS_PATH}?dqb={query}")
    sent = answer.get("items") if isinstance(answer, dict) else answer
    if not isinstance(sent, list):
        return ManyItems([], is_usable=False)
    came = {entry_reference(each) for each in sent}
    is_filtered = came.issubset(references) or came.issuperset(references)
    return ManyItems(sent, is_usable=is_filtered and len(sent) <= MAX_ITEMS_PER_CALL)


def ask_one(client: Client, reference: str) -> Any:
    """Return what the API has of one return, as untrusted JSON."""
    return _fetch(client, f"Returns/{quote(reference, safe='')}")


def _fetch(client: Client, path: str) -> Any:
    """Return the untrusted JSON at a path; None if the API does not answer this path."""
    try:
        return client.fetch_one(path)
    except RemoteApiError as error:
        if error.status in NOT_UNDERSTOOD:
            return None
        raise


def items_query(references: Sequence[str]) -> str:
    """Return the DynamicQueryBuilder query for these returns."""
    return query_of(REFERENCE_FIELD, references, MAX_ITEMS_PER_CALL)


def with_items(entries: Iterable[Any]) -> list[Any]:
    """Return the entries that say something of their line items."""
    return [
        each for each in entries if isinstance(each, dict) and each.get(FIELD_OF_ITEMS) is not None
    ]


def entry_reference(entry: Any) -> str:
    """Return the reference of an untrusted entry; "" if it has none."""
    return str(entry.get(REFERENCE_FIELD, "")).strip() if isinstance(entry, dict) else ""
