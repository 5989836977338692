"""Records that a program pushes: a JSON body is imported, and answered item by item.

The same body may be sent any number of times: records that are already stored are unchanged.
"""

import json
from typing import Any

from returns.feed.intake import IntakeResult
from returns.feed.items import Item, item_from_json
from returns.feed.records import REFERENCE_FIELD, RecordError
from returns.feed.runs import record_run
from returns.models import Way

MAX_PUSH_BYTES = 5_000_000


class InvalidBodyError(ValueError):
    """The body has no records; the message says what is wrong with it."""


def push(body: bytes, origin: str) -> dict[str, Any]:
    """Import the records of a body, and return the result for each and in total.

    ``origin`` names the sender. Raises ``InvalidBodyError``; then nothing was written.
    """
    items = parse_body(body)
    rejects: dict[str, RecordError] = {}
    outcomes: dict[str, str] = {}

    def reject(item: Item, error: RecordError) -> None:
        rejects[item.place] = error

    def save_outcomes(result: IntakeResult) -> None:
        outcomes.update(
            (row.reference, "created" if row.is_new else "updated")
            for row in result.written
            if row.is_visible
        )

    with record_run(Way.PUSH, origin) as run:
        result = run.import_items(items, on_reject=reject, on_batch=save_outcomes)
    return {
        "run": run.row.pk,
        "read": result.read,
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "rejected": result.rejected,
        "items": [_item_result(item, rejects.get(item.place), outcomes) for item in items],
    }


def parse_body(body: bytes) -> list[Item]:
    """Return the items of a body ``{"items": [...]}``. Raises ``InvalidBodyError``."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidBodyError(_describe_error(error)) from None
    entries = content.get("items") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise InvalidBodyError('it is not {"items": [...]}.')
    return [item_from_json(f"items[{number}]", entry) for number, entry in enumerate(entries)]


def _describe_error(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON at line {error.lineno}, character {error.colno}."
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    return "it is not JSON in UTF-8."


def _item_result(item: Item, error: RecordError | None, outcomes: dict[str, str]) -> dict[str, Any]:
    """Return the result of an item. Items of the same return all get the result of that return."""
    reference = (item.raw or {}).get(REFERENCE_FIELD)
    key = str(reference).strip()
    return {
        "returnReferenceNumber": reference if isinstance(reference, str) else None,
        "result": "rejected" if error else outcomes.get(key, "unchanged"),
        "errors": [
            {"property": field, "message": reason}
            for field, reason in (error.problems if error else ())
        ],
    }
