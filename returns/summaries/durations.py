"""Histograms of durations: a fixed set of buckets, so that any number of durations stays small."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta

# Hours at which a bucket ends and the next one begins: hourly up to three days, every six hours up
# to two weeks, daily up to 90 days. The last bucket has no end.
BUCKET_EDGES = (*range(1, 73), *range(78, 337, 6), *range(360, 2161, 24))
BUCKET_EDGE_DURATIONS = [timedelta(hours=hours) for hours in BUCKET_EDGES]


def bucket_end(bucket: int) -> int | None:
    """Return the hours at which a bucket ends; None for the last bucket, which has no end."""
    return BUCKET_EDGES[bucket] if bucket < len(BUCKET_EDGES) else None


def percentile_bucket(counts: Sequence[int], percent: int) -> int | None:
    """Return the bucket in which PostgreSQL's ``percentile_disc`` would lie.

    ``counts`` has the number of durations in each bucket. Returns None if there are none.
    """
    total, cumulative = sum(counts), 0
    for bucket, count in enumerate(counts):
        cumulative += count
        if total and cumulative * 100 >= percent * total:
            return bucket
    return None


def count_below(counts: Sequence[int], hours: int) -> int:
    """Return how many durations are shorter than ``hours``.

    Raises ``ValueError`` if no bucket ends there.
    """
    bucket = bisect_left(BUCKET_EDGES, hours)
    if bucket == len(BUCKET_EDGES) or BUCKET_EDGES[bucket] != hours:
        raise ValueError(f"No bucket ends at {hours} hours.")
    return sum(counts[: bucket + 1])
