"""How long something took, as one of few places, so that any number of them stays small."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta

# Hours at which a place ends and the next begins: each of three days, then every six, then days.
EDGES = (*range(1, 73), *range(78, 337, 6), *range(360, 2161, 24))
SPANS = [timedelta(hours=hours) for hours in EDGES]


def hours_of(place: int) -> int | None:
    """Return under how many hours lies what stands at a place; None at the last, without end."""
    return EDGES[place] if place < len(EDGES) else None


def percentile(counts: Sequence[int], percent: int) -> int | None:
    """Return the lowest place that, with those below it, holds so many percent of all.

    That is where PostgreSQL's ``percentile_disc`` lies. None when there is nothing.
    """
    total, reached = sum(counts), 0
    for place, count in enumerate(counts):
        reached += count
        if total and reached * 100 >= percent * total:
            return place
    return None


def within(counts: Sequence[int], hours: int) -> int:
    """Return how many took less than so many hours, which have to be one of ``EDGES``.

    Raises ``ValueError`` where they are not.
    """
    place = bisect_left(EDGES, hours)
    if place == len(EDGES) or EDGES[place] != hours:
        raise ValueError(f"No place ends at {hours} hours.")
    return sum(counts[: place + 1])
