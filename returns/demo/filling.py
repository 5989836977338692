"""Fill a database with invented returns."""

from collections.abc import Callable
from datetime import datetime
from zlib import crc32

from django.db import connection, transaction

from returns.demo.believable import believable_returns
from returns.demo.origin import mark_as_invented
from returns.demo.policies import set_up_policies
from returns.feed.ingest import IngestSummary, ingest
from returns.models import Return

DEMO_SEED = 2
MILLION = 1_000_000
STEPS = 5  # of a first start, each of which is told
LARGEST_STEP = 5_000  # returns


def fill_demo(count: int, *, until: datetime, on_progress: Callable[[int], None]) -> bool:
    """Add ``count`` returns that end at ``until``, unless there are returns; tell whether.

    All of them or none, so that the start after one that was cut off begins anew.
    ``on_progress`` gets the number of returns added so far.
    """
    mark_as_invented()
    if Return.objects.exists():
        return False
    records = believable_returns(count, seed=DEMO_SEED, until=until)
    step = min(max(1, count // STEPS), LARGEST_STEP)
    with transaction.atomic():
        ingest(records, source="demo", batch_size=step, on_progress=on_progress)
        set_up_policies()
    _vacuum()
    return True


def generate(
    count: int, *, seed: int, until: datetime, on_progress: Callable[[int], None]
) -> IngestSummary:
    """Add ``count`` returns that end at ``until``; the same arguments again change nothing.

    Each seed and count has return references of its own, so that two runs do not overwrite
    each other's returns.
    """
    mark_as_invented()
    first_number = MILLION * (1 + crc32(f"{seed} {count}".encode()) % 900)
    records = believable_returns(count, seed=seed, until=until, first_number=first_number)
    summary = ingest(records, source="generator", on_progress=on_progress)
    _vacuum()
    return summary


def _vacuum() -> None:
    """Let index-only scans and the planner's statistics know the new rows at once."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) returns_return, returns_returntag, returns_sharedtracking")
