"""Reading all returns page by page with a cursor while others write.

Pages follow the primary key, which never changes. A transaction may get a lower id than another
and still commit later, so a page ends before the ids that somebody may still be writing. Writers
are known by the lock that every write takes before it gets an id: all ids given out up to a moment
are settled once everybody who held the lock at that moment has finished.

What a client can rely on: each return that existed, or was being written, when it started is
answered exactly once. A return added later is answered once, or not yet when the last page comes.
With filters, a return that starts or stops matching in between may be answered or not.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from returns.filters import cursors
from returns.models import Return
from returns.querysets import ReturnQuerySet

# How long a request waits for writers if it has nothing else to answer, and how often it looks.
MAX_WAIT, POLL_INTERVAL = 0.5, 0.02  # seconds
# Up to this many matches are all found by their own index, and sorted. With more matches, walking
# along the primary key finds a page quickly.
MAX_SORTED_MATCHES = 2_000

LAST_ID = "SELECT last_value FROM returns_return_id_seq"
WRITERS = """
    SELECT DISTINCT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
        AND relation = 'returns_return'::regclass
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid IS DISTINCT FROM pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position between two pages, and what is known about writers.

    ``last`` is the last id answered. Ids up to ``settled`` are committed, or never will be. Ids up
    to ``given`` are settled as soon as all ``writers`` have finished. The last page comes at
    ``until`` or later. ``few`` tells whether there are at most ``MAX_SORTED_MATCHES``.
    """

    last: int = 0
    settled: int = 0
    given: int = 0
    until: int = 0
    writers: tuple[str, ...] = ()
    few: bool = False

    def encode(self) -> str:
        """Return the cursor as text for a URL."""
        parts = [self.last, self.settled, self.given, self.until, int(self.few), *self.writers]
        return cursors.encode(parts)

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Return the cursor in a text from a URL. Raises ``ValueError`` if it is not valid."""
        try:
            last, settled, given, until, few, *writers = cursors.decode(text)
            return cls(
                last=cursors.parse_id(last),
                settled=cursors.parse_id(settled),
                given=cursors.parse_id(given),
                until=cursors.parse_id(until),
                writers=tuple(map(_writer, writers)),
                few=bool(cursors.parse_id(few)),
            )
        except (ValueError, TypeError) as error:
            raise ValueError("this cursor is not valid") from error


def _writer(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


@dataclass(frozen=True, slots=True)
class CursorPage:
    """The returns of a page, and the cursor of the next page; None on the last page."""

    returns: list[Return]
    next_cursor: str | None


def read_cursor_page(queryset: ReturnQuerySet, cursor: str, size: int) -> CursorPage:
    """Return the page after a cursor, or the first page for "".

    While others write, a page may be short or even empty without being the last one. Raises
    ``ValueError`` if the cursor is not valid.
    """
    position = _settle(Cursor.parse(cursor) if cursor else _first_cursor(queryset))
    returns, last = _read(queryset, position, size)
    if last is None and position.settled >= position.until:
        return CursorPage(returns, None)
    # Without a last id, no settled return is left: whatever comes next has a higher id.
    reached = max(position.last, position.settled) if last is None else last
    return CursorPage(returns, replace(position, last=reached).encode())


def _first_cursor(queryset: ReturnQuerySet) -> Cursor:
    given, writers = _last_id_and_writers()
    few = len(_some_ids(queryset)) <= MAX_SORTED_MATCHES
    return Cursor(given=given, until=given, writers=writers, few=few)


def _settle(cursor: Cursor) -> Cursor:
    """Return the cursor with all ids that are settled by now.

    Waits up to ``MAX_WAIT`` if there is no settled id after the last one.
    """
    deadline = time.monotonic() + MAX_WAIT
    while True:
        cursor = _settled_by_now(cursor)
        if cursor.settled > cursor.last or cursor.settled >= cursor.until:
            return cursor
        if time.monotonic() > deadline:
            return cursor
        time.sleep(POLL_INTERVAL)


def _settled_by_now(cursor: Cursor) -> Cursor:
    given, writers = _last_id_and_writers()
    if not writers:
        return replace(cursor, settled=given, given=given, writers=())
    if set(writers).isdisjoint(cursor.writers):
        return replace(cursor, settled=cursor.given, given=given, writers=writers)
    return cursor


def _last_id_and_writers() -> tuple[int, tuple[str, ...]]:
    """Return the last id given out, and the writers at a moment just after.

    The order matters: whoever got an id by then has finished, or is among the writers.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_ID)
        (given,) = cursor.fetchone()
        cursor.execute(WRITERS)
        return int(given), tuple(sorted(writer for (writer,) in cursor.fetchall()))


def _some_ids(queryset: ReturnQuerySet) -> list[int]:
    return list(queryset.order_by().values_list("pk", flat=True)[: MAX_SORTED_MATCHES + 1])


def _read(queryset: ReturnQuerySet, cursor: Cursor, size: int) -> tuple[list[Return], int | None]:
    """Return a page and its last id; None instead of the id if no settled return is left."""
    ids = _some_ids(queryset) if cursor.few else []
    if cursor.few and len(ids) <= MAX_SORTED_MATCHES:
        ids = sorted(pk for pk in ids if cursor.last < pk <= cursor.settled)
        # Read by id alone, so returns deleted in the meantime are simply missing.
        returns = list(queryset.among(ids[:size]).order_by("pk"))
        return returns, ids[size - 1] if len(ids) > size else None
    ahead = queryset.filter(pk__gt=cursor.last, pk__lte=cursor.settled)
    returns = list(ahead.order_by("pk")[: size + 1])
    return returns[:size], returns[size - 1].pk if len(returns) > size else None
