"""Reading everything that another API has updated since a time, in steps that can be resumed.

Pages are requested by time, not by offset: each begins at the ``updatedAt`` at which the last one
ended, that time included. So a record that changes meanwhile comes again later, a record that
disappears does not shift others off a page, and what was read up to a time need not be read again.
Only if more records than fit on a page have the same ``updatedAt`` are these read by offset.

The totals of the API are compared with what it sends: the number of records from one time on, less
the number from a later time on, must lie between the two. A page that leaves some out is requested
again. A record that is twice on a page, or on the pages of one time, each time that they are
requested, is two equal rows of the other side, and counts as two. If pages are unsorted or keep
changing, everything is read by offset, until a pass brings nothing new; then no time counts as
reached before the end.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Protocol

from config.stored_texts import stored_ntext, stored_text
from returns.feed.client import RemotePage
from returns.feed.records import EARLIEST_TIME
from returns.feed.remote_errors import RemoteApiError

REMOTE_PAGE_SIZE = 100  # records per page, the maximum of a Returns API
REMOTE_PAGE_OVERLAP = 20  # entries that pages by offset share, in case earlier ones disappear
MAX_PAGE_TRIES = 4
MAX_READINGS = 8
_DIFFERING = stored_text("The API sends different returns each time for the same query.")


class PageSource(Protocol):
    """A client that fetches pages."""

    def fetch_page(self, dqb: str) -> RemotePage:
        """Return the page for a query."""


@dataclass(frozen=True, slots=True)
class WalkStep:
    """Entries that are new. Everything older than ``reached`` has been seen."""

    items: list[Any]
    reached: datetime | None


class _UnsortedError(Exception):
    """The API does not sort, or repeatedly sends a wrong page."""


def walk(client: PageSource, since: datetime | None = None) -> Iterator[WalkStep]:
    """Yield all entries whose ``updatedAt`` is this time or later. Raises ``RemoteApiError``."""
    by_time = _WalkByTime(client, since or EARLIEST_TIME)
    try:
        yield from by_time.steps()
    except _UnsortedError:
        yield from _walk_by_offset(client, by_time.start)


def page_query(start: datetime, offset: int) -> str:
    """Return the DynamicQueryBuilder query for a page from a time on, oldest first."""
    text = start.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"o=gtoe&p=updatedAt&v={text}Z&s=updatedAt,asc&offset={offset}&count={REMOTE_PAGE_SIZE}"


def updated_at(item: Any) -> datetime | None:
    """Return the ``updatedAt`` of an entry; None if there is no valid one."""
    try:
        time = datetime.fromisoformat(item["updatedAt"])
    except (TypeError, ValueError, KeyError):
        return None
    return time if time.tzinfo else None


def _key(item: Any) -> bytes:
    """Return a digest that only equal entries share; millions of texts would fill the memory."""
    text = json.dumps(item, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


class _WalkByTime:
    """A walk by time: its position, and the entries seen at that time and later."""

    def __init__(self, client: PageSource, start: datetime) -> None:
        self.client, self.start = client, start
        self._seen: dict[bytes, datetime | None] = {}
        self._copies: dict[bytes, int] = {}  # how many equal rows there are, if more than one
        # The newest time on the last page, whether it was the last one, and the total.
        self._newest, self._is_end = start, False
        self._total: int | None = None

    def steps(self) -> Iterator[WalkStep]:
        """Yield the steps. Raises ``_UnsortedError`` and ``RemoteApiError``."""
        page = self._page(self.start)
        while True:
            yield from self._read_from(page)
            if self._is_end:
                yield WalkStep([], self._reached(self._newest))
                return
            page = yield from self._next_page()

    def _reached(self, time: datetime) -> datetime | None:
        return None if time == EARLIEST_TIME else time

    def _read_from(self, page: RemotePage) -> Iterator[WalkStep]:
        """Yield what is new from the start time on, up to the page that has a later time.

        If this takes several pages, they are read again until that brings nothing new.
        """
        copies: Counter[bytes] = Counter()
        for _ in range(MAX_READINGS):
            offset, count = 0, 0
            rows: dict[int, bytes] = {}  # by their place
            while True:
                new = self._remember(page)
                count += len(new)
                rows |= enumerate(map(_key, page.items), start=offset)
                yield WalkStep(new, self._reached(self.start))
                if self._is_end or self._newest > self.start:
                    break
                offset += REMOTE_PAGE_SIZE - REMOTE_PAGE_OVERLAP
                page = self._page(self.start, offset)
            # As on a page, what is there several times because rows move is not so again.
            copies, before = Counter(rows.values()), copies
            if not offset or not count:
                self._remember_copies(copies & before)
                return
            page = self._page(self.start)
        raise RemoteApiError(_DIFFERING)

    def _remember(self, page: RemotePage) -> list[Any]:
        """Remember the entries of a page, and return the new ones."""
        new = {key: item for item in page.items if (key := _key(item)) not in self._seen}
        self._seen |= {key: updated_at(item) for key, item in new.items()}
        self._remember_copies(_copies(page))
        times = [time for item in page.items if (time := updated_at(item))]
        self._newest = max(times, default=self.start)
        self._is_end, self._total = len(page.items) < REMOTE_PAGE_SIZE, page.total
        return list(new.values())

    def _remember_copies(self, copies: Counter[bytes]) -> None:
        """Remember how many equal rows there are, if there are more than was known."""
        self._copies |= {
            key: count for key, count in copies.items() if count > self._copies.get(key, 1)
        }

    def _next_page(self) -> Generator[WalkStep, None, RemotePage]:
        """Return the page from the newest time on, once nothing was left out before it."""
        for _ in range(MAX_PAGE_TRIES):
            page = self._page(self._newest)
            if not self._leaves_out(page):
                self.start = self._newest
                self._seen = {
                    key: time for key, time in self._seen.items() if not time or time >= self.start
                }
                self._copies = {
                    key: count for key, count in self._copies.items() if key in self._seen
                }
                return page
            yield from self._read_from(self._page(self.start))
        why = stored_text(
            "The API leaves out returns between %(start)s and %(end)s.",
            start=str(self.start),
            end=str(self._newest),
        )
        raise RemoteApiError(why)

    def _leaves_out(self, page: RemotePage) -> bool:
        if self._total is None or page.total is None:
            return False
        seen = sum(
            self._copies.get(key, 1)
            for key, time in self._seen.items()
            if not time or time < self._newest
        )
        return self._total - page.total > seen

    def _page(self, start: datetime, offset: int = 0) -> RemotePage:
        previous: list[Any] | None = None
        for _ in range(MAX_PAGE_TRIES):
            page = self.client.fetch_page(page_query(start, offset))
            # What is twice on a page because rows move meanwhile is not so again.
            count = len(page.items) if page.items == previous else len(_copies(page))
            if _is_whole(page, offset, count) and _is_in_order(page, start):
                return page
            previous = page.items
        raise _UnsortedError


def _copies(page: RemotePage) -> Counter[bytes]:
    """Return how often each entry is on a page."""
    return Counter(map(_key, page.items))


def _is_whole(page: RemotePage, offset: int, count: int) -> bool:
    """Tell whether a page with so many entries has as many as the API's total says."""
    return page.total is None or count >= min(REMOTE_PAGE_SIZE, page.total - offset)


def _is_in_order(page: RemotePage, start: datetime) -> bool:
    times = [time for item in page.items if (time := updated_at(item))]
    return all(earlier <= later for earlier, later in pairwise([start, *times]))


def _walk_by_offset(client: PageSource, start: datetime) -> Iterator[WalkStep]:
    """Yield everything from a time on, by offset, until a pass brings nothing new."""
    seen: dict[bytes, datetime | None] = {}
    total: int | None = None
    pages: list[list[bytes]] = []  # the keys of their rows
    for _ in range(MAX_READINGS):
        before, pages_before, pages = len(seen), pages, []
        for page in _pages(client, start):
            total = page.total
            pages.append([_key(item) for item in page.items])
            rows = zip(pages[-1], page.items, strict=True)
            new = {key: item for key, item in rows if key not in seen}
            seen |= {key: updated_at(item) for key, item in new.items()}
            yield WalkStep(list(new.values()), None)
        count = len(seen) + (_count_doubles(pages) if pages == pages_before else 0)
        if len(seen) == before and (total is None or count >= total):
            yield WalkStep([], max((time for time in seen.values() if time), default=None))
            return
    if total is None:
        raise RemoteApiError(_DIFFERING)
    why = stored_ntext(
        "The API says that it has %(total)s return, but sent %(sent)s.",
        "The API says that it has %(total)s returns, but sent %(sent)s.",
        total,
        total=total,
        sent=len(seen),
    )
    raise RemoteApiError(why)


def _count_doubles(pages: list[list[bytes]]) -> int:
    """Return how many rows are copies of others, if some of them are on the same page.

    Pages of several lengths have none: where one left out a row, the next one repeats another.
    """
    if len({len(keys) for keys in pages[:-1]}) > 1:
        return 0
    copied = {key for keys in pages for key, count in Counter(keys).items() if count > 1}
    return sum(key in copied for keys in pages for key in keys) - len(copied)


def _pages(client: PageSource, start: datetime) -> Iterator[RemotePage]:
    offset = 0
    while True:
        page = client.fetch_page(page_query(start, offset))
        yield page
        offset += len(page.items) or REMOTE_PAGE_SIZE
        if offset >= page.total if page.total is not None else not page.items:
            return
