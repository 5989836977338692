"""The interface of the sources from which reports read their counts.

There are three sources, and all give the same numbers. ``SummarySource`` reads the daily summaries,
which exist for all returns and for one carrier, channel or tag. ``CountedSource`` groups
``CountedReturn`` rows, which know several carriers, channels, tags and states together.
``ReturnSource`` counts the returns themselves, for any other filter.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from itertools import zip_longest
from typing import Any, Protocol

from returns.models import Dimension
from returns.reports.periods import Span

# Events. The last two are of returns that waited in the warehouse: their days of arrival and of
# completion, under the names of the columns of ``DaySummary``.
CREATED, ARRIVED, COMPLETED = "created", "arrived", "completed"
WAIT_BEGAN, WAIT_ENDED = "came", "went"


@dataclass(frozen=True, slots=True)
class DurationCounts:
    """The processing times of completed returns, as a histogram.

    ``counts`` are by the buckets of ``returns.summaries.durations``; their sum is less than
    ``completed`` if some processing times are unknown.
    """

    completed: int
    counts: list[int]

    def __add__(self, other: "DurationCounts") -> "DurationCounts":
        """Return the processing times of both."""
        pairs = zip_longest(self.counts, other.counts, fillvalue=0)
        return DurationCounts(self.completed + other.completed, [sum(pair) for pair in pairs])


NO_DURATIONS = DurationCounts(0, [])


@dataclass(frozen=True, slots=True)
class Events:
    """How many events of each kind there were on each day.

    ``waiting_before`` is how many returns were waiting when the first of the days asked about
    began.
    """

    by_day: dict[str, Counter[date]]
    waiting_before: int


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """How many returns whose line items are known arrived, and how many items were in them.

    ``with_damaged`` and the like count the returns with at least one such item.
    """

    returns: int = 0
    with_waiting: int = 0
    with_missing: int = 0
    with_damaged: int = 0
    items: int = 0
    waiting: int = 0
    missing: int = 0
    damaged: int = 0

    @property
    def undamaged(self) -> int:
        """Return the number of items that are in none of the other states."""
        return self.items - self.waiting - self.missing - self.damaged

    def __add__(self, other: "ItemCounts") -> "ItemCounts":
        return ItemCounts(*(getattr(self, name) + getattr(other, name) for name in ITEM_COUNTS))


ITEM_COUNTS = tuple(each.name for each in fields(ItemCounts))


class Source(Protocol):
    """A source of counts. Values of a ``dimension`` are those that ``DaySummary`` stores."""

    def events(self, span: Span, day: date) -> Events:
        """Return the events of a span, and how many returns were waiting when ``day`` began."""

    @property
    def waiting(self) -> Counter[date]:
        """Return how many returns wait now, by day of arrival."""

    def durations(self, span: Span) -> dict[date, DurationCounts]:
        """Return processing times by day of completion."""

    def durations_by(self, dimension: Dimension, span: Span) -> dict[str, list[DurationCounts]]:
        """Return processing times of the returns completed in a span, by value."""

    def created_by(self, dimension: Dimension, span: Span) -> dict[str, Counter[date]]:
        """Return how many returns were created, by value and day."""

    def tag_pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return how many returns created in a span have both of two tags, lower id first."""

    def top_orders(self, span: Span, min_returns: int, limit: int) -> list[tuple[int, int]]:
        """Return the orders with the most returns created in a span, ties by latest.

        Each is the id of one of its returns, and their number, which is at least ``min_returns``.
        """

    def outcomes(self, span: Span) -> dict[date, tuple[int, int]]:
        """Return how many returns met and missed their deadline, by day of completion.

        Raises ``QueryTimeoutError``.
        """

    def arrivals(self, span: Span) -> Counter[date]:
        """Return how many returns arrived on each day of a span."""

    def items(self, span: Span) -> dict[date, ItemCounts]:
        """Return the items of the returns that arrived in a span, by day of arrival."""

    def items_by(self, dimension: Dimension, span: Span) -> dict[str, ItemCounts]:
        """Return the items of the returns that arrived in a span, by carrier, channel or tag."""

    def top_skus(self, span: Span, limit: int) -> list[tuple[str, ItemCounts]]:
        """Return the SKUs with the most items that arrived in a span, by their search keys."""


def collect_durations[Key](
    rows: Iterable[tuple[Key, int | None, int]],
) -> dict[Key, DurationCounts]:
    """Return the histograms of rows of key, bucket and number.

    A row without a bucket is of completed returns whose processing time is unknown.
    """
    completed: Counter[Key] = Counter()
    histograms: dict[Key, list[int]] = {}
    for key, bucket, number in rows:
        completed[key] += number
        counts = histograms.setdefault(key, [])
        if bucket is not None:
            counts += [0] * (bucket + 1 - len(counts))
            counts[bucket] += number
    return {key: DurationCounts(number, histograms[key]) for key, number in completed.items()}


def counts_by_value(rows: Iterable[tuple[str, date, int]]) -> dict[str, Counter[date]]:
    """Return the counts by day of each value, from rows of value, day and number."""
    counts: dict[str, Counter[date]] = {}
    for value, day, number in rows:
        counts.setdefault(value, Counter())[day] += number
    return counts


def collect_items[Key](rows: Iterable[tuple[Key, *tuple[int, ...]]]) -> dict[Key, ItemCounts]:
    """Return the counts of each key, from rows of key and ``ITEM_COUNTS``; no keys without any.

    The rows of one key are added up.
    """
    counts: dict[Key, ItemCounts] = {}
    for key, *numbers in rows:
        if any(numbers):
            counts[key] = counts.get(key, ItemCounts()) + ItemCounts(*numbers)
    return counts


def restrict_to_days(rows: Any, span: Span, day: str = "day") -> Any:
    """Return the rows of a queryset whose column ``day`` lies in a span."""
    return rows.filter(**{f"{day}__gte": span.first, f"{day}__lte": span.last})
