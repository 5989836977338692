"""Orders that a program pushes: a JSON body is imported, and answered item by item."""

from collections.abc import Mapping
from typing import Any

from returns.feed.json_items import exact_number
from returns.feed.orders.ingest import OrderOutcome
from returns.feed.orders.intake import import_orders
from returns.feed.orders.parsing import order_entry
from returns.feed.orders.records import ORDER_FIELD, OrderEntry
from returns.feed.push import MAX_LISTED_ERRORS, parse_entries
from returns.feed.records import RecordError

WITHOUT_NEWS = (OrderOutcome.UNCHANGED, OrderOutcome.OLDER)


def push_orders(body: bytes) -> dict[str, Any]:
    """Import the orders of a body, and return the result for each and in total.

    Raises ``InvalidBodyError`` or ``TooMuchError``; then nothing was written.
    """
    entries = [
        order_entry(f"items[{number}]", value)
        for number, value in enumerate(parse_entries(body, parse_float=exact_number))
    ]
    rejects: dict[str, RecordError | None] = {}
    outcomes: dict[str, OrderOutcome] = {}

    def reject(entry: OrderEntry, error: RecordError) -> None:
        rejects[entry.place] = error if len(rejects) < MAX_LISTED_ERRORS else None

    def save_outcomes(batch: Mapping[str, OrderOutcome]) -> None:
        # An order may be in several batches; what the first one did is not undone by the next.
        outcomes.update(
            (reference, outcome)
            for reference, outcome in batch.items()
            if outcome not in WITHOUT_NEWS or reference not in outcomes
        )

    result = import_orders(entries, on_reject=reject, on_batch=save_outcomes)
    items = [_item_result(entry, rejects, outcomes) for entry in entries]
    older = sum(item["result"] == OrderOutcome.OLDER for item in items)
    return {
        "read": result.read,
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged - older,
        "older": older,
        "withoutReturn": result.without_return,
        "rejected": result.rejected,
        "items": items,
        "errorsLeftOut": max(0, result.rejected - MAX_LISTED_ERRORS),
    }


def _item_result(
    entry: OrderEntry,
    rejects: Mapping[str, RecordError | None],
    outcomes: Mapping[str, OrderOutcome],
) -> dict[str, Any]:
    """Return the result of an entry. Entries of the same order all get the result of that order."""
    error = rejects.get(entry.place)
    return {
        ORDER_FIELD: entry.reference or None,
        "result": "rejected" if entry.place in rejects else outcomes[entry.reference].value,
        "errors": [
            {"property": field, "message": str(why)}
            for field, why in (error.problems if error else ())
        ],
    }
