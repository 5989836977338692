"""Reading what takes long from a streaming replica that has all that the primary has.

Before each use, the primary is asked how far it has written, and the replica is used once it has
replayed that. So what it answers is never older than the request: nobody misses what they, or
anybody else, wrote before. If it does not get there in time, is away, or fails on the way, the
primary answers instead.

Whatever a block asks of the database goes to the replica, also by cursors: for its thread, the
connection "default" is the replica's. It refuses every write.
"""

import logging
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from psycopg.errors import ReadOnlySqlTransaction

from returns.database.faults import is_passing_fault

logger = logging.getLogger(__name__)

DEFAULT, REPLICA = "default", "replica"
# Seconds that a page, and a file, wait until the replica has caught up.
PAGE_WAIT, FILE_WAIT = 0.2, 2.0
CATCH_UP_PAUSE = 0.005  # seconds between two looks
# Seconds in which a replica that was late, or away, is not asked again by this process.
LATE_PAUSE, AWAY_PAUSE = 1.0, 10.0
# Commits are acknowledged when they are flushed, unless that is switched off.
WRITTEN = """
    SELECT CASE current_setting('synchronous_commit')
        WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn()
    END
"""
# False for a server that is no replica any more: whatever it has is not what the primary has.
HAS_REPLAYED = "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= %s::pg_lsn"


class _Pause:
    """Until when the replica is left alone, by this process alone."""

    until = 0.0
    is_away = False

    def begin(self, seconds: float, *, is_away: bool = False) -> None:
        self.until, self.is_away = time.monotonic() + seconds, is_away

    def is_over(self) -> bool:
        return time.monotonic() >= self.until


pause = _Pause()


def from_replica[**P, T](read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``read`` returns, which it reads from the replica if that has caught up.

    If the replica fails, it is called again with the primary.
    """
    replica = _caught_up(PAGE_WAIT)
    if replica is None:
        return read(*args, **kwargs)
    try:
        with _in_place_of_primary(replica):
            return read(*args, **kwargs)
    except (DatabaseError, psycopg.Error) as error:
        if not _is_of_replica(error):
            raise
    return read(*args, **kwargs)


def lists_from_replica[**P, T](read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return the same for lists, which are read from the replica only if a setting says so."""
    if not settings.DATABASE_REPLICA_LISTS:
        return read(*args, **kwargs)
    return from_replica(read, *args, **kwargs)


def reads_replica(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a view that only reads, and answers at once, read from the replica."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return from_replica(view, request, *args, **kwargs)

    return wrapper


def each_from_replica[T](make: Callable[[], Generator[T]]) -> Generator[T]:
    """Yield what a generator yields, which it reads from the replica if that has caught up.

    Between two items, the thread has its usual connection. If the replica fails before the first
    item, the generator is made again with the primary.
    """
    replica = _caught_up(FILE_WAIT)
    if replica is not None:
        items = make()
        is_first = True
        try:
            while True:
                with _in_place_of_primary(replica):
                    item = next(items)
                is_first = False
                yield item
        except StopIteration:
            return
        except (DatabaseError, psycopg.Error) as error:
            if not (_is_of_replica(error) and is_first):
                raise
        finally:
            with _in_place_of_primary(replica):
                items.close()
    with closing(make()) as items:
        yield from items


def _caught_up(seconds: float) -> BaseDatabaseWrapper | None:
    """Return the connection of the replica; None if it has not caught up by then, or is away."""
    if REPLICA not in settings.DATABASES or not pause.is_over():
        return None
    # Within a transaction, its own writes are visible only there. A block within another one stays
    # where that one is.
    if connection.in_atomic_block or connections[DEFAULT] is connections[REPLICA]:
        return None
    written = written_by_primary()
    replica, end = connections[REPLICA], time.monotonic() + seconds
    try:
        while not has_replayed(replica, written):
            if time.monotonic() >= end:
                pause.begin(LATE_PAUSE)
                logger.warning("The replica is late: the primary is read instead.")
                return None
            time.sleep(CATCH_UP_PAUSE)
    except (DatabaseError, psycopg.Error) as error:
        if not _is_of_replica(error):
            raise
        return None
    return replica


def written_by_primary() -> str:
    """Return how far the primary has written what it has acknowledged, as a place in its WAL."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return str(cursor.fetchone()[0])


def has_replayed(replica: BaseDatabaseWrapper, written: str) -> bool:
    """Tell whether a server is a replica that has replayed up to such a place."""
    with replica.cursor() as cursor:
        cursor.execute(HAS_REPLAYED, [written])
        return bool(cursor.fetchone()[0])


def _is_of_replica(error: DatabaseError | psycopg.Error) -> bool:
    """Tell whether the primary may do what failed; the replica is then left alone for a while."""
    if ReadOnlySqlTransaction in (type(error), type(error.__cause__)):
        logger.error("Something writes where only the replica is read.", exc_info=error)
        return True
    if not is_passing_fault(error):
        return False
    pause.begin(AWAY_PAUSE, is_away=True)
    connections[REPLICA].close()
    reason = str(error).partition("\n")[0]
    logger.warning("The replica failed, and the primary is read instead: %s", reason)
    return True


@contextmanager
def _in_place_of_primary(replica: BaseDatabaseWrapper) -> Iterator[None]:
    primary = connections[DEFAULT]
    connections[DEFAULT] = replica
    try:
        yield
    finally:
        connections[DEFAULT] = primary
