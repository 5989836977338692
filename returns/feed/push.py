"""Records that a program pushes: a JSON body is imported, and answered item by item.

The same body may be sent any number of times: records that are already stored are unchanged.
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.conf import settings

from config.text import shorten
from returns.feed.intake import IntakeResult
from returns.feed.items import Item, item_from_json
from returns.feed.json_items import has_more_values
from returns.feed.records import REFERENCE_FIELD, RecordError
from returns.feed.runs import record_run
from returns.models import Way

MAX_PUSH_BYTES = 5_000_000
# Each takes up to 30 times as much memory as text: "{}," has three characters.
MAX_PUSH_VALUES = 500_000
MAX_LISTED_ERRORS = 1_000  # rejected records for which the answer says why
# The result of a record of which nothing was taken, because a newer one came before.
OLDER = "older"
MAX_SHOWN_REFERENCE = 200  # characters


class InvalidBodyError(ValueError):
    """The body has no records; the message says what is wrong with it."""


class TooMuchError(ValueError):
    """The body has more than one call may bring; the message says what, and how much is taken."""


def push(body: bytes, origin: str) -> dict[str, Any]:
    """Import the records of a body, and return the result for each and in total.

    ``origin`` names the sender. Raises ``InvalidBodyError`` or ``TooMuchError``; then nothing
    was written.
    """
    items = parse_body(body)
    rejects: dict[str, RecordError | None] = {}
    outcomes: dict[str, str] = {}
    older: set[str] = set()

    def reject(item: Item, error: RecordError) -> None:
        rejects[item.place] = error if len(rejects) < MAX_LISTED_ERRORS else None

    def save_outcomes(result: IntakeResult) -> None:
        outcomes.update(
            (row.reference, "created" if row.is_new else "updated")
            for row in result.written
            if row.is_visible
        )
        older.update(result.older)

    with record_run(Way.PUSH, origin) as run:
        result = run.import_items(items, on_reject=reject, on_batch=save_outcomes)
    results = [_item_result(item, rejects, outcomes, older) for item in items]
    older_count = sum(each["result"] == OLDER for each in results)
    return {
        "run": run.row.pk,
        "read": result.read,
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged - older_count,
        "older": older_count,
        "rejected": result.rejected,
        "items": results,
        "errorsLeftOut": max(0, result.rejected - MAX_LISTED_ERRORS),
    }


def parse_body(body: bytes) -> list[Item]:
    """Return the items of a body ``{"items": [...]}``.

    Raises ``InvalidBodyError`` and ``TooMuchError``.
    """
    entries = parse_entries(body)
    return [item_from_json(f"items[{number}]", entry) for number, entry in enumerate(entries)]


def parse_entries(body: bytes, *, parse_float: Callable[[str], Any] = float) -> list[Any]:
    """Return the entries of a body ``{"items": [...]}``, whatever each is.

    Raises ``InvalidBodyError`` and ``TooMuchError``.
    """
    if has_more_values(body, MAX_PUSH_VALUES):
        raise TooMuchError(f"more than {MAX_PUSH_VALUES:,} values")
    try:
        content = json.loads(body, parse_float=parse_float)
    except (ValueError, RecursionError) as error:
        raise InvalidBodyError(_describe_error(error)) from None
    entries = content.get("items") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise InvalidBodyError('it is not {"items": [...]}.')
    if len(entries) > settings.FEED_CALL_RECORDS:
        limit = settings.FEED_CALL_RECORDS
        raise TooMuchError(f"{len(entries):,} records; at most {limit:,} are taken in one call")
    return entries


def _describe_error(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON at line {error.lineno}, character {error.colno}."
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    if isinstance(error, UnicodeError):
        return "it is not JSON in UTF-8."
    return "it has a number that is too large."


def _item_result(
    item: Item,
    rejects: Mapping[str, RecordError | None],
    outcomes: Mapping[str, str],
    older: Collection[str],
) -> dict[str, Any]:
    """Return the result of an item. Items of the same return all get the result of that return."""
    reference = (item.raw or {}).get(REFERENCE_FIELD)
    shown = shorten(reference, MAX_SHOWN_REFERENCE) if isinstance(reference, str) else None
    error = rejects.get(item.place)
    result = "rejected" if item.place in rejects else outcomes.get(str(reference).strip())
    if result is None:
        result = OLDER if item.place in older else "unchanged"
    return {
        "returnReferenceNumber": shown,
        "result": result,
        "errors": [
            {"property": field, "message": str(why)}
            for field, why in (error.problems if error else ())
        ],
    }
