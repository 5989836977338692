"""Records that a program pushes: a body of JSON is taken like any other, and answered item by item.

The same body may be sent again and again: what is there already is unchanged.
"""

import json
from typing import Any

from returns.feed.intake import Taken
from returns.feed.items import Item, item_of
from returns.feed.records import API_NAMES, RecordError
from returns.feed.runs import recorded
from returns.models import Way

MOST_BYTES = 5_000_000
REFERENCE = API_NAMES["return_reference_number"]


class NotAFeedError(ValueError):
    """The body holds no records; the message says what is wrong with it."""


def push(body: bytes, origin: str) -> dict[str, Any]:
    """Write the records of a body, and say what became of each and of all of them.

    ``origin`` names who sent it. Raises ``NotAFeedError``; then nothing was written.
    """
    items = items_of(body)
    rejects: dict[str, RecordError] = {}
    outcomes: dict[str, str] = {}

    def reject(item: Item, error: RecordError) -> None:
        rejects[item.place] = error

    def note(taken: Taken) -> None:
        outcomes.update(
            (row.reference, "created" if row.created else "updated") for row in taken.written
        )

    with recorded(Way.PUSH, origin) as run:
        taken = run.take(items, on_reject=reject, on_batch=note)
    return {
        "run": run.row.pk,
        "read": taken.read,
        "created": taken.created,
        "updated": taken.updated,
        "unchanged": taken.unchanged,
        "rejected": taken.rejected,
        "items": [_said(item, rejects.get(item.place), outcomes) for item in items],
    }


def items_of(body: bytes) -> list[Item]:
    """Return the items of a body ``{"items": [...]}``. Raises ``NotAFeedError``."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAFeedError(_why(error)) from None
    entries = said.get("items") if isinstance(said, dict) else None
    if not isinstance(entries, list):
        raise NotAFeedError('it is not {"items": [...]}.')
    return [item_of(f"items[{number}]", entry) for number, entry in enumerate(entries)]


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON at line {error.lineno}, character {error.colno}."
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    return "it is not JSON in UTF-8."


def _said(item: Item, error: RecordError | None, outcomes: dict[str, str]) -> dict[str, Any]:
    """Say what became of an item; of several of one return each says what became of that."""
    reference = (item.raw or {}).get(REFERENCE)
    key = str(reference).strip()
    return {
        "returnReferenceNumber": reference if isinstance(reference, str) else None,
        "result": "rejected" if error else outcomes.get(key, "unchanged"),
        "errors": [{"property": error.field, "message": error.reason}] if error else [],
    }
