"""All returns by cursor, page after page, while others write: none is missed, none comes twice.

The walk goes by the primary key, which never changes. An id may be given earlier, but committed
later, than a higher one; so a page ends before the ids that somebody may still be writing. These
are told by who holds the lock that every write takes before it gets an id: what was given before
is settled as soon as those who held it then are done.

Promised: each return that was there, or was being written, when the walk began comes once; of
those that came later each comes once or, at the end, not yet. With filters, a return that begins
or ceases to match during the walk may or may not come.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from returns.filters import cursors
from returns.models import Return
from returns.querysets import ReturnQuerySet

# So long a request waits for writers, in seconds, when there is nothing else to give.
WAIT, BETWEEN = 0.5, 0.02
# Up to so many matches are read by their own index and sorted; of more, a page is near by id.
FEW = 2_000

LAST_ID = "SELECT last_value FROM returns_return_id_seq"
WRITERS = """
    SELECT DISTINCT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
        AND relation = 'returns_return'::regclass
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid IS DISTINCT FROM pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk is: the last id that it gave, and what is known of the writers.

    Ids up to ``settled`` are all committed, or never will be; so are those up to ``given`` as
    soon as the ``writers`` of that moment are done. The walk ends at ``until`` or later. ``few``
    tells whether few returns match.
    """

    last: int = 0
    settled: int = 0
    given: int = 0
    until: int = 0
    writers: tuple[str, ...] = ()
    few: bool = False

    def encode(self) -> str:
        """Return the text for the URL."""
        parts = [self.last, self.settled, self.given, self.until, int(self.few), *self.writers]
        return cursors.written(parts)

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read the text of a URL; raises ``ValueError`` when it is no cursor."""
        try:
            last, settled, given, until, few, *writers = cursors.read(text)
            return cls(
                last=cursors.id_of(last),
                settled=cursors.id_of(settled),
                given=cursors.id_of(given),
                until=cursors.id_of(until),
                writers=tuple(map(_writer, writers)),
                few=bool(cursors.id_of(few)),
            )
        except (ValueError, TypeError) as error:
            raise ValueError("this is no cursor of ours") from error


def _writer(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


@dataclass(frozen=True, slots=True)
class Step:
    """The returns of a page, and the cursor of the next one; None at the end of the walk."""

    returns: list[Return]
    next_cursor: str | None


def step(found: ReturnQuerySet, cursor: str, size: int) -> Step:
    """Return the page that a cursor begins, "" for the first one.

    A page may be short, or even empty, while others write; the walk goes on all the same.
    Raises ``ValueError`` when the text is no cursor.
    """
    place = _settle(Place.parse(cursor) if cursor else _beginning(found))
    rows, last = _rows(found, place, size)
    if last is None and place.settled >= place.until:
        return Step(rows, None)
    # Nothing that is settled is left: what comes next has a higher id.
    reached = max(place.last, place.settled) if last is None else last
    return Step(rows, replace(place, last=reached).encode())


def _beginning(found: ReturnQuerySet) -> Place:
    given, writers = _look()
    return Place(given=given, until=given, writers=writers, few=_are_few(found))


def _settle(place: Place) -> Place:
    """Return the place with all that is settled by now; waits a moment when nothing is left."""
    give_up = time.monotonic() + WAIT
    while True:
        place = _looked_again(place)
        if place.settled > place.last or place.settled >= place.until:
            return place
        if time.monotonic() > give_up:
            return place
        time.sleep(BETWEEN)


def _looked_again(place: Place) -> Place:
    given, writers = _look()
    if not writers:
        return replace(place, settled=given, given=given, writers=())
    if set(writers).isdisjoint(place.writers):
        return replace(place, settled=place.given, given=given, writers=writers)
    return place


def _look() -> tuple[int, tuple[str, ...]]:
    """Return the last id that was given, and who was writing just after that.

    In this order: whoever got an id by then is done, or seen to write.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_ID)
        (given,) = cursor.fetchone()
        cursor.execute(WRITERS)
        return int(given), tuple(sorted(writer for (writer,) in cursor.fetchall()))


def _are_few(found: ReturnQuerySet) -> bool:
    return len(_some(found)) <= FEW


def _some(found: ReturnQuerySet) -> list[int]:
    return list(found.order_by().values_list("pk", flat=True)[: FEW + 1])


def _rows(found: ReturnQuerySet, place: Place, size: int) -> tuple[list[Return], int | None]:
    """Return the rows of a page, and the last of their ids; None when no settled one is left."""
    some = _some(found) if place.few else []
    if place.few and len(some) <= FEW:
        ids = sorted(pk for pk in some if place.last < pk <= place.settled)
        # Read by their ids alone: of those that were deleted just now there is none.
        rows = list(found.among(ids[:size]).order_by("pk"))
        return rows, ids[size - 1] if len(ids) > size else None
    ahead = found.filter(pk__gt=place.last, pk__lte=place.settled)
    rows = list(ahead.order_by("pk")[: size + 1])
    return rows[:size], rows[size - 1].pk if len(rows) > size else None
