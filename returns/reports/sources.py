"""Where the numbers of a report come from: what each source answers, and how.

All give the same numbers. The summaries (``kept``) are there for all returns, and for those of one
carrier, channel or tag. What a return was counted in as (``facts``) answers other filters by these
and by state; for whatever else is filtered the returns are counted (``counted``).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from returns.models import By
from returns.reports.periods import Span

CREATED, ARRIVED, COMPLETED = "created", "arrived", "completed"


@dataclass(frozen=True, slots=True)
class Taken:
    """Of completed returns: how many, and by place how many took so long."""

    completed: int
    counts: list[int]


@dataclass(frozen=True, slots=True)
class Events:
    """How many returns were created, arrived and completed, by day; and how many waited.

    ``by_day`` also has ``came`` and ``went``: what waited, by its days of arrival and completion.
    ``open_before`` is how many waited when a day began.
    """

    by_day: dict[str, Counter[date]]
    open_before: int


class Source(Protocol):
    """Where numbers come from. ``by`` tells returns apart, and gives a value for each kind."""

    def events(self, span: Span, day: date) -> Events:
        """Return the events of a span, and how many waited when this day of it began."""

    @property
    def waiting(self) -> Counter[date]:
        """Return what waits now, by its day of arrival."""

    def taken(self, span: Span) -> dict[date, Taken]:
        """Return by day of completion how long it took."""

    def taken_by(self, by: By, span: Span) -> dict[str, list[Taken]]:
        """Return by value how long those took that were completed within a span."""

    def created(self, by: By, span: Span) -> dict[str, Counter[date]]:
        """Return by value and day how many were created."""

    def pairs(self, tags: Iterable[int], span: Span) -> Counter[tuple[int, int]]:
        """Return of how many created within a span carry two of the tags, the lower id first."""

    def orders(self, span: Span, least: int, most: int) -> list[tuple[int, int]]:
        """Return the orders of which at least ``least`` were created within a span.

        Each by the id of one of its returns, and of how many: the most first, of as many the
        latest first.
        """

    def outcomes(self, span: Span) -> dict[date, tuple[int, int]]:
        """Return by day of completion how many met their deadline, and how many missed it.

        Raises ``TookTooLongError``.
        """


def put_together[Key](rows: Iterable[tuple[Key, int | None, int]]) -> dict[Key, Taken]:
    """Put together what stands at different places; those without one are completed alone."""
    completed: Counter[Key] = Counter()
    counts: dict[Key, list[int]] = {}
    for key, place, number in rows:
        completed[key] += number
        known = counts.setdefault(key, [])
        if place is not None:
            known += [0] * (place + 1 - len(known))
            known[place] += number
    return {key: Taken(number, counts[key]) for key, number in completed.items()}


def by_value(rows: Iterable[tuple[str, date, int]]) -> dict[str, Counter[date]]:
    """Put together what is of the same value."""
    found: dict[str, Counter[date]] = {}
    for value, day, number in rows:
        found.setdefault(value, Counter())[day] += number
    return found


def of(rows: Any, span: Span, day: str = "day") -> Any:
    """Keep what is of a day within a span."""
    return rows.filter(**{f"{day}__gte": span.first, f"{day}__lte": span.last})
