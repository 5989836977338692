"""Locks between processes: they end with the process that holds them, however it ends.

A lock is a row that names its holder and expires. While it is held, a thread renews it. If the
process is killed, others on the same computer see that at once, and others elsewhere when the row
expires. A process that was stopped for longer than that may have lost its locks to another one:
``require_lock`` tells it, and keeps the lock until the end of the transaction that asks.

Advisory locks of the session would do without rows, but a pooler in transaction mode gives each
transaction any of its connections: two processes get the same lock, and it stays locked when both
are gone. Advisory locks of a transaction work there, but keep a connection of the pooler for as
long as they are held: as many holders as the pool has connections then wait for each other, as none
gets a second one to work with. Rows need no connection, and work in the same way without a pooler.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from itertools import count
from uuid import UUID

from django.db import DatabaseError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from returns.database.processes import has_ended, this_place, this_process
from returns.models import HeldLock

logger = logging.getLogger(__name__)


class Lock(IntEnum):
    """What is locked. The numbers are arbitrary, but nothing else in the database uses them."""

    RUN = 7311
    PULL = 7312
    UPLOAD = 7313
    EXPORT = 7314
    DEMO = 7315
    RULE = 7316
    ORDERS = 7317
    RETENTION = 7320
    SPREADING = 7330
    SUBSCRIPTION = 7331
    MOMENTS = 7332


LOCK_SECONDS, RENEW_SECONDS = 30, 5
LOCK_RETRY_PAUSE = 0.1  # seconds between two tries
LOCK_FORGOTTEN_AFTER = "1 day"

TAKE_NEW = f"""
    WITH forgotten AS (
        DELETE FROM returns_heldlock WHERE holder IN (
            SELECT holder FROM returns_heldlock
            WHERE expires_at < clock_timestamp() - interval '{LOCK_FORGOTTEN_AFTER}'
                AND (what, number) <> (%(what)s, %(number)s)
            LIMIT 100 FOR UPDATE SKIP LOCKED
        )
    )
    INSERT INTO returns_heldlock (holder, what, number, place, process, expires_at)
    VALUES (
        %(holder)s, %(what)s, %(number)s, %(place)s, %(process)s,
        clock_timestamp() + interval '{LOCK_SECONDS} s'
    )
    ON CONFLICT (what, number) DO NOTHING
    RETURNING holder
"""  # noqa: S608 - our own numbers
TAKE_OVER = f"""
    UPDATE returns_heldlock
    SET holder = %(holder)s, place = %(place)s, process = %(process)s,
        expires_at = clock_timestamp() + interval '{LOCK_SECONDS} s'
    WHERE holder = (
        SELECT holder FROM returns_heldlock
        WHERE what = %(what)s AND number = %(number)s
            AND (expires_at < clock_timestamp() OR holder = %(gone)s)
        FOR UPDATE SKIP LOCKED
    )
    RETURNING holder
"""  # noqa: S608 - our own numbers
RENEW = f"""
    UPDATE returns_heldlock SET expires_at = clock_timestamp() + interval '{LOCK_SECONDS} s'
    WHERE holder = ANY (%s)
"""  # noqa: S608 - our own numbers
# Whoever still reads it for a transaction keeps it: it expires.
RELEASE = """
    DELETE FROM returns_heldlock WHERE holder = (
        SELECT holder FROM returns_heldlock WHERE holder = %s FOR UPDATE SKIP LOCKED
    )
"""
KEEP_FROM_OTHERS = "SELECT holder FROM returns_heldlock WHERE holder = %s FOR KEY SHARE"
SELECT_HOLDERS = """
    SELECT number, holder, place, process FROM returns_heldlock
    WHERE what = %s AND number = ANY (%s) AND expires_at >= clock_timestamp()
"""


# PostgreSQL does not know the second one before its version 17.
NO_LIMIT_OF_IDLENESS = """
    SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
"""


class LockLostError(OperationalError):
    """Another process has taken the lock, because this one seemed to have ended."""


@contextmanager
def try_lock(what: Lock, number: int) -> Iterator[HeldLock | None]:
    """Hold a lock for the block if it is free; yields None if it is not."""
    lock = HeldLock(what=what, number=number, place=this_place(), process=this_process())
    # Before it is taken: this process holds what it is known to hold, and nothing else.
    renewer.add(lock.holder)
    is_taken = False
    try:
        is_taken = _take(lock)
        yield lock if is_taken else None
    finally:
        renewer.remove(lock.holder)
        if is_taken:
            _release(lock.holder)


def require_lock(held: HeldLock) -> None:
    """Make sure that nobody else has the lock, or gets it before the transaction ends.

    Raises ``LockLostError`` if another process has taken it.
    """
    with connection.cursor() as cursor:
        cursor.execute(KEEP_FROM_OTHERS, [held.holder])
        if cursor.fetchone() is None:
            raise LockLostError(f"Another process has taken over the lock {held}.")


def while_held(lock: HeldLock, should_continue: Callable[[], bool]) -> Callable[[], bool]:
    """Return ``should_continue``, which now also raises ``LockLostError``."""

    def requires_lock() -> bool:
        require_lock(lock)
        return should_continue()

    return requires_lock


def without_lock(what: Lock, numbers: list[int]) -> set[int]:
    """Return the numbers whose lock nobody holds."""
    with connection.cursor() as cursor:
        cursor.execute(SELECT_HOLDERS, [what, numbers])
        rows = cursor.fetchall()
    held = {number for number, *holder in rows if not _is_gone(*holder)}
    return set(numbers) - held


def lock_key(what: Lock) -> list[int]:
    """Return the two integers by which PostgreSQL knows an advisory lock."""
    return [what.value, -(2**31)]


def lock_for_transaction(what: Lock) -> None:
    """Wait for a lock, and hold it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", lock_key(what))


@contextmanager
def wait_for_lock(what: Lock, when_waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock for the block once it is free; ``when_waiting`` is called if it is not.

    It needs no tables, but a connection of its own, whose transaction is idle.
    """
    own_connection = connection.copy()
    own_connection.set_autocommit(False)
    try:
        with own_connection.cursor() as cursor:
            cursor.execute(NO_LIMIT_OF_IDLENESS)
            for attempt in count():
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", lock_key(what))
                (is_held,) = cursor.fetchone()
                if is_held:
                    break
                if attempt == 0:
                    when_waiting()
                time.sleep(LOCK_RETRY_PAUSE)
        yield
    finally:
        own_connection.close()


def _take(wanted: HeldLock) -> bool:
    parameters: dict[str, int | str | UUID | None] = {
        "what": wanted.what,
        "number": wanted.number,
        "holder": wanted.holder,
        "place": wanted.place,
        "process": wanted.process,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE_NEW, parameters)
        if cursor.fetchone():
            return True
        cursor.execute(SELECT_HOLDERS, [wanted.what, [wanted.number]])
        gone = [holder for _, holder, *process in cursor.fetchall() if _is_gone(holder, *process)]
        cursor.execute(TAKE_OVER, parameters | {"gone": gone[0] if gone else None})
        return cursor.fetchone() is not None


def _is_gone(holder: UUID, place: str, process: str) -> bool:
    """Tell whether a holder is known to have ended, or to have failed to release its lock."""
    if process and (place, process) == (this_place(), this_process()):
        return not renewer.has(holder)
    return has_ended(place, process)


def _release(holder: UUID) -> None:
    """Free a lock; by a new connection if this one is broken, or within a transaction that is."""
    try:
        _delete(connection, holder)
    except DatabaseError:
        own_connection = connection.copy()
        try:
            _delete(own_connection, holder)
        except DatabaseError:
            logger.warning("A lock was not released. Others have to wait until it expires.")
        finally:
            own_connection.close()


def _delete(by: BaseDatabaseWrapper, holder: UUID) -> None:
    with by.cursor() as cursor:
        cursor.execute(RELEASE, [holder])


class _Renewer:
    """Renews the locks of this process, in a thread that runs while it holds any."""

    def __init__(self) -> None:
        self._holders: set[UUID] = set()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, holder: UUID) -> None:
        with self._change:
            self._holders.add(holder)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="locks", daemon=True)
                self._thread.start()

    def remove(self, holder: UUID) -> None:
        with self._change:
            self._holders.discard(holder)
            self._change.notify()

    def has(self, holder: UUID) -> bool:
        return holder in self._holders

    def _run(self) -> None:
        try:
            while True:
                with self._change:
                    if self._change.wait_for(lambda: not self._holders, RENEW_SECONDS):
                        self._thread = None
                        return
                    holders = list(self._holders)
                self._renew(holders)
        finally:
            connection.close()  # this thread's own

    def _renew(self, holders: list[UUID]) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(RENEW, [holders])
        except DatabaseError as error:
            connection.close()
            reason = str(error).partition("\n")[0]
            logger.warning("Locks were not renewed, which is tried again: %s", reason)


renewer = _Renewer()
