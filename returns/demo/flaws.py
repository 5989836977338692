"""Problems as they occur in real records, so that there is something to fix in invented ones."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

from returns.feed.records import ReturnRecord

# How many of a thousand returns have each flaw. Other problems come from their lifecycles.
MISSING_ORDERS = 2
SHARED_TRACKING_IDS = 2
EARLY_ARRIVALS = 2


def add_flaws(records: Iterable[ReturnRecord], seed: int) -> Iterator[ReturnRecord]:
    """Yield the records, a few of them with a flaw; the same for the same seed."""
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    previous_tracking_id = ""
    for record in records:
        yield _maybe_flawed(record, random, previous_tracking_id)
        previous_tracking_id = record.tracking_id or previous_tracking_id


def _maybe_flawed(record: ReturnRecord, random: Random, previous_tracking_id: str) -> ReturnRecord:
    chance = random.randrange(1000)
    if chance < MISSING_ORDERS:
        return replace(record, sales_order_reference_number="")
    if chance < MISSING_ORDERS + SHARED_TRACKING_IDS and previous_tracking_id:
        return replace(record, tracking_id=previous_tracking_id)
    if chance >= 1000 - EARLY_ARRIVALS and record.arrived_to_warehouse_at:
        earlier = record.created_at - timedelta(hours=random.randrange(25, 100))
        return replace(record, arrived_to_warehouse_at=earlier)
    return record
