"""What goes wrong in real records, so that there is something to mend in invented ones too."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

from returns.feed.records import ReturnRecord

# Of a thousand returns so many have each flaw. Missing arrivals and silence come with their lives.
NO_ORDER = 2
LABEL_OF_ANOTHER = 2
EARLY_ARRIVAL = 2


def with_flaws(records: Iterable[ReturnRecord], seed: int) -> Iterator[ReturnRecord]:
    """Yield the records, a few of them flawed, the same for the same seed."""
    random = Random(seed)  # noqa: S311 - it shall be repeatable, not secret
    label = ""
    for record in records:
        yield _flawed(record, random, label)
        label = record.tracking_id or label


def _flawed(record: ReturnRecord, random: Random, label: str) -> ReturnRecord:
    chance = random.randrange(1000)
    if chance < NO_ORDER:
        return replace(record, sales_order_reference_number="")
    if chance < NO_ORDER + LABEL_OF_ANOTHER and label:
        return replace(record, tracking_id=label)
    if chance >= 1000 - EARLY_ARRIVAL and record.arrived_to_warehouse_at:
        earlier = record.created_at - timedelta(hours=random.randrange(25, 100))
        return replace(record, arrived_to_warehouse_at=earlier)
    return record
