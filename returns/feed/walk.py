"""Everything that a far side has since a moment, in steps after each of which one may go on later.

Pages are asked for by time, not by place: each begins at the ``updatedAt`` at which the last one
ended, that time included. So a record that changes meanwhile comes again further on, one that
goes moves no other one out of sight, and what was read up to a time never has to be read again.
Where more records have one ``updatedAt`` than a page holds, these alone are read by place.

The far side's word is compared with what it gives: how many it has from a time on, and how many
from a later time, tells how many have to lie between. A page that leaves some out is asked for
again. One that comes in no order, or twice, is read by place from its beginning to its end, until
a reading brings nothing new; then nothing is said to be reached before the end.
"""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Protocol

from returns.feed.client import FarPage, FarSideError

SIZE = 100  # records a page: more, no Returns API gives
OVERLAP = 20  # of pages by place, for what is gone from before them meanwhile
TRIES = 4
READINGS = 8
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)


class Asked(Protocol):
    """Who is asked for pages."""

    def page(self, dqb: str) -> FarPage:
        """Return the page of a query."""


@dataclass(frozen=True, slots=True)
class Step:
    """Entries that were not seen before; all that is older than ``reached`` has been seen."""

    items: list[Any]
    reached: datetime | None


class _NoOrderError(Exception):
    """The far side does not sort, or sends a wrong page again and again."""


def walk(client: Asked, since: datetime | None = None) -> Iterator[Step]:
    """Yield what the far side has whose ``updatedAt`` is this or later.

    Raises ``FarSideError``.
    """
    by_time = _ByTime(client, since or EARLIEST)
    try:
        yield from by_time.steps()
    except _NoOrderError:
        yield from _by_place(client, by_time.start)


def query_of(start: datetime, offset: int) -> str:
    """Return the DynamicQueryBuilder query for a page from a time on, the oldest first."""
    text = start.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"o=gtoe&p=updatedAt&v={text}Z&s=updatedAt,asc&offset={offset}&count={SIZE}"


def time_of(item: Any) -> datetime | None:
    """Return the ``updatedAt`` of an entry; None where there is none that can be read."""
    try:
        time = datetime.fromisoformat(item["updatedAt"])
    except (TypeError, ValueError, KeyError):
        return None
    return time if time.tzinfo else None


def _key(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


class _ByTime:
    """The walk by time: where it is, and what was seen of that time and later."""

    def __init__(self, client: Asked, start: datetime) -> None:
        self.client, self.start = client, start
        self._seen: dict[str, datetime | None] = {}
        # Of the last page: the newest time on it, whether it was the end, how many match.
        self._newest, self._is_end = start, False
        self._total: int | None = None

    def steps(self) -> Iterator[Step]:
        """Yield the steps. Raises ``_NoOrderError``, ``FarSideError``."""
        page = self._page(self.start)
        while True:
            yield from self._read(page)
            if self._is_end:
                yield Step([], self._reached(self._newest))
                return
            page = yield from self._go_on()

    def _reached(self, time: datetime) -> datetime | None:
        return None if time == EARLIEST else time

    def _read(self, page: FarPage) -> Iterator[Step]:
        """Yield what is new from a time on, up to the page that holds a later one.

        What was read by place is read again until that brings nothing new.
        """
        for _ in range(READINGS):
            offset, found = 0, 0
            while True:
                new = self._note(page)
                found += len(new)
                yield Step(new, self._reached(self.start))
                if self._is_end or self._newest > self.start:
                    break
                offset += SIZE - OVERLAP
                page = self._page(self.start, offset)
            if not offset or not found:
                return
            page = self._page(self.start)
        raise FarSideError("It gives other returns each time it is asked for the same.")

    def _note(self, page: FarPage) -> list[Any]:
        """Remember a page, and return what was not seen before."""
        new = {key: item for item in page.items if (key := _key(item)) not in self._seen}
        self._seen |= {key: time_of(item) for key, item in new.items()}
        times = [time for item in page.items if (time := time_of(item))]
        self._newest = max(times, default=self.start)
        self._is_end, self._total = len(page.items) < SIZE, page.total
        return list(new.values())

    def _go_on(self) -> Generator[Step, None, FarPage]:
        """Return the page from the newest time on, after nothing was left out before it."""
        for _ in range(TRIES):
            page = self._page(self._newest)
            if not self._leaves_out(page):
                self.start = self._newest
                self._seen = {
                    key: time for key, time in self._seen.items() if not time or time >= self.start
                }
                return page
            yield from self._read(self._page(self.start))
        raise FarSideError(f"It leaves returns out between {self.start} and {self._newest}.")

    def _leaves_out(self, page: FarPage) -> bool:
        if self._total is None or page.total is None:
            return False
        seen = sum(not time or time < self._newest for time in self._seen.values())
        return self._total - page.total > seen

    def _page(self, start: datetime, offset: int = 0) -> FarPage:
        for _ in range(TRIES):
            page = self.client.page(query_of(start, offset))
            if _is_whole(page, offset) and _is_in_order(page, start):
                return page
        raise _NoOrderError


def _is_whole(page: FarPage, offset: int) -> bool:
    """Tell whether a page holds as many returns as the far side says there are."""
    if page.total is None:
        return True
    return len({_key(item) for item in page.items}) >= min(SIZE, page.total - offset)


def _is_in_order(page: FarPage, start: datetime) -> bool:
    times = [time for item in page.items if (time := time_of(item))]
    return all(earlier <= later for earlier, later in pairwise([start, *times]))


def _by_place(client: Asked, start: datetime) -> Iterator[Step]:
    """Yield everything from a time on, by place, until a reading brings nothing new."""
    seen: dict[str, datetime | None] = {}
    total: int | None = None
    for _ in range(READINGS):
        before = len(seen)
        for page in _pages(client, start):
            total = page.total
            new = {key: item for item in page.items if (key := _key(item)) not in seen}
            seen |= {key: time_of(item) for key, item in new.items()}
            yield Step(list(new.values()), None)
        if len(seen) == before and (total is None or len(seen) >= total):
            yield Step([], max((time for time in seen.values() if time), default=None))
            return
    raise FarSideError(f"It says that it has {total} returns, and gives {len(seen)}.")


def _pages(client: Asked, start: datetime) -> Iterator[FarPage]:
    offset = 0
    while True:
        page = client.page(query_of(start, offset))
        yield page
        offset += len(page.items) or SIZE
        if offset >= page.total if page.total is not None else not page.items:
            return
