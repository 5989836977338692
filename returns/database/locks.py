"""Locks of the database's session: gone with the process that holds them, however it ends.

A pooler that hands out connections for one transaction at a time breaks them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """What is locked; the numbers are ours alone in the database."""

    RUN = 7311
    PULL = 7312
    UPLOAD = 7313
    EXPORT = 7314
    DEMO = 7315


PAUSE = 0.1  # seconds between two tries


def key_of(what: Lock, number: int) -> list[int]:
    """Return how PostgreSQL knows a lock."""
    return [what.value, number % 2**32 - 2**31]


@contextmanager
def locked(what: Lock, number: int) -> Iterator[bool]:
    """Hold a lock for the block; tells whether it is ours, and not somebody else's."""
    key = key_of(what, number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


@contextmanager
def in_turn(what: Lock, number: int, when_waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock for the block, after whoever has it; ``when_waiting`` is called if somebody."""
    is_first_try = True
    while True:
        with locked(what, number) as is_ours:
            if is_ours:
                yield
                return
        if is_first_try:
            when_waiting()
        is_first_try = False
        time.sleep(PAUSE)


def unlocked(what: Lock, numbers: list[int]) -> set[int]:
    """Return those of the numbers whose lock nobody holds."""
    with connection.cursor() as cursor:
        cursor.execute(UNLOCKED, [numbers, what.value])
        return {number for (number,) in cursor.fetchall()}


UNLOCKED = """
    SELECT id FROM unnest(%s::bigint[]) AS given (id) WHERE NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2
            AND objid::bigint = (given.id + 2147483648) %% 4294967296
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""
