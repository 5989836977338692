"""Advisory locks: they end with the process that holds them, however it ends.

Those of the session do not work through a connection pooler in transaction mode.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection


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


LOCK_RETRY_PAUSE = 0.1  # seconds between two tries


def lock_key(what: Lock, number: int) -> list[int]:
    """Return the two integers by which PostgreSQL knows a lock."""
    return [what.value, number % 2**32 - 2**31]


@contextmanager
def try_lock(what: Lock, number: int) -> Iterator[bool]:
    """Hold a lock for the block if it is free; yields whether it was."""
    key = lock_key(what, number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        (is_held,) = cursor.fetchone()
    try:
        yield is_held
    finally:
        if is_held and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def lock_for_transaction(what: Lock) -> None:
    """Wait for a lock, and hold it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", lock_key(what, 0))


@contextmanager
def wait_for_lock(what: Lock, number: int, when_waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock for the block once it is free; ``when_waiting`` is called if it is not."""
    is_first_try = True
    while True:
        with try_lock(what, number) as is_held:
            if is_held:
                yield
                return
        if is_first_try:
            when_waiting()
        is_first_try = False
        time.sleep(LOCK_RETRY_PAUSE)


def without_lock(what: Lock, numbers: list[int]) -> set[int]:
    """Return the numbers whose lock nobody holds."""
    with connection.cursor() as cursor:
        cursor.execute(SELECT_UNLOCKED, [numbers, what.value])
        return {number for (number,) in cursor.fetchall()}


SELECT_UNLOCKED = """
    SELECT id FROM unnest(%s::bigint[]) AS given (id) WHERE NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2
            AND objid::bigint = (given.id + 2147483648) %% 4294967296
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""
