"""What is kept how long, and how much would go now, for admins to see."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from config.numbers import grouped
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.models import Retention
from returns.retention.declarations import AREAS
from returns.retention.kinds import Kind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAY_SEE_RETENTION = "returns.view_retention"
# More are shown with a "+".
MAX_COUNTED = 10_000
# For all counts of a page together, and for one. A kind that takes longer has no number there.
COUNTING_SECONDS, KIND_SECONDS = 4.0, 1.5
# The background work looks every hour; a step may have to wait.
SILENT_AFTER = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class KeptKind:
    """A kind of data on the page. ``number`` is how many rows would go, None if not counted."""

    kind: Kind
    kept: str
    number: int | None
    last: Retention | None

    @property
    def count(self) -> str:
        """Return how many rows would go, for people."""
        if self.number is None:
            return ""
        return f"{grouped(MAX_COUNTED)}+" if self.number > MAX_COUNTED else grouped(self.number)


@dataclass(frozen=True, slots=True)
class KeptArea:
    """The kinds of data that the page shows together."""

    label: "StrOrPromise"
    kinds: list[KeptKind]


@dataclass(frozen=True, slots=True)
class Overview:
    """All kinds of data. ``ran_at`` is when the background work last looked at all of them."""

    areas: list[KeptArea]
    ran_at: datetime | None
    is_silent: bool

    @property
    def all_kinds(self) -> Iterator[KeptKind]:
        """Yield the kinds of all areas."""
        return (each for area in self.areas for each in area.kinds)

    @property
    def are_all_counted(self) -> bool:
        """Tell whether no count took too long."""
        return all(each.number is not None for each in self.all_kinds)

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing would go now."""
        return not any(each.number for each in self.all_kinds) and self.are_all_counted


def overview(now: datetime) -> Overview:
    """Return all kinds of data with what would go at a time. Writes nothing.

    A query for each kind: each reads an index, up to ``MAX_COUNTED`` rows.
    """
    last = Retention.objects.in_bulk()
    end = time.monotonic() + COUNTING_SECONDS
    areas = [
        KeptArea(
            area.label,
            [
                KeptKind(kind, kind.kept(), _count_until(kind, now, end), last.get(kind.name))
                for kind in area.kinds
            ],
        )
        for area in AREAS
    ]
    shown = [each for area in areas for each in area.kinds]
    times = [each.last.ran_at for each in shown if each.last]
    ran_at = min(times) if len(times) == len(shown) else None
    return Overview(areas, ran_at, ran_at is None or ran_at < now - SILENT_AFTER)


def _count_until(kind: Kind, now: datetime, end: float) -> int | None:
    left = min(end - time.monotonic(), KIND_SECONDS)
    if left <= 0:
        return None
    try:
        with time_limit(max(1, int(left * 1000))):
            return kind.old(now).order_by().values("pk")[: MAX_COUNTED + 1].count()
    except QueryTimeoutError:
        return None
