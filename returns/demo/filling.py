"""Filling a database with invented returns."""

from collections.abc import Callable
from datetime import datetime
from zlib import crc32

from django.db import connection, transaction

from returns.demo.carriers import set_up_carriers
from returns.demo.generator import generate_records
from returns.demo.orders import InventedOrders
from returns.demo.origin import mark_as_invented
from returns.demo.policies import set_up_policies
from returns.feed.ingest import IngestSummary, ingest
from returns.models import Return

DEMO_SEED = 2
NUMBERS_PER_RUN = 1_000_000
FILLED_TABLES = (
    *("returns_return", "returns_returntag", "returns_returnitem", "returns_sharedtracking"),
    *("returns_salesorder", "returns_salesorderitem", "returns_returnvalue", "returns_lastchange"),
)
PROGRESS_STEPS = 5  # of a first start
MAX_PROGRESS_STEP = 5_000  # returns


def fill_demo(count: int, *, until: datetime, on_progress: Callable[[int], None]) -> bool:
    """Add ``count`` returns that end at ``until``, with their orders, unless there are returns.

    Tells whether it did. It adds all or none, so that an interrupted first start can be repeated.
    ``on_progress`` is called with the number of returns added so far.
    """
    mark_as_invented()
    if Return.objects.exists():
        return False
    records = generate_records(count, seed=DEMO_SEED, until=until)
    orders = InventedOrders(DEMO_SEED, count)
    step = min(max(1, count // PROGRESS_STEPS), MAX_PROGRESS_STEP)
    with transaction.atomic():
        ingest(orders.watch(records), source="demo", batch_size=step, on_progress=on_progress)
        orders.write()
        set_up_policies()
        set_up_carriers()
    _vacuum()
    return True


def generate(
    count: int, *, seed: int, until: datetime, on_progress: Callable[[int], None]
) -> IngestSummary:
    """Add ``count`` returns that end at ``until``; the same arguments again change nothing.

    The newest ``MAX_RETURNS_WITH_ORDERS`` of them get orders. Each pair of seed and count has its
    own return references, so that runs do not overwrite each other's returns.
    """
    mark_as_invented()
    first_number = NUMBERS_PER_RUN * (1 + crc32(f"{seed} {count}".encode()) % 900)
    records = generate_records(count, seed=seed, until=until, first_number=first_number)
    orders = InventedOrders(seed, count)
    summary = ingest(orders.watch(records), source="generator", on_progress=on_progress)
    orders.write()
    _vacuum()
    return summary


def _vacuum() -> None:
    """Update the visibility map and the statistics of the planner for the new rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(FILLED_TABLES)}")
