"""Removes what is too old, in steps: each is one transaction, and can be repeated at any time."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection, transaction

from returns.database.locks import Lock, lock_for_transaction
from returns.retention.declarations import ALL_KINDS
from returns.retention.kinds import Kind
from tags.deadlocks import retry_deadlocks

logger = logging.getLogger(__name__)

RETENTION_DONE = "retention-done"
RETENTION_INTERVAL = 3600  # seconds


def database_time() -> datetime:
    """Return the time by the database's clock, which dated most of what is stored."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]


def delete_old_rows() -> bool:
    """Remove a step of each kind that is due; tell whether there may be more.

    Kinds are due hourly in each process, prompt ones whenever there is something to remove. A kind
    that fails does not stop the others. Raises the last ``DatabaseError`` after all.
    """
    is_due = cache.add(RETENTION_DONE, True, RETENTION_INTERVAL)
    now, has_more, failed = database_time(), False, None
    for kind in ALL_KINDS:
        try:
            if not is_due and not (kind.is_prompt and kind.old(now).exists()):
                continue
            number = remove_step(kind, now)
        except DatabaseError as error:
            if not connection.is_usable():
                raise
            failed = error
            continue
        if number:
            logger.info("Deleted old %s: %s.", kind.name, number)
        has_more |= number >= kind.step
    if has_more:
        cache.delete(RETENTION_DONE)
    if failed:
        raise failed
    return has_more


def count_old(now: datetime, kinds: Iterable[Kind] = ALL_KINDS) -> Iterator[tuple[Kind, int]]:
    """Yield each kind with the number of its rows that are too old; nothing is written."""
    for kind in kinds:
        yield kind, kind.old(now).order_by().values("pk").count()


def remove_old(now: datetime, kinds: Iterable[Kind] = ALL_KINDS) -> Iterator[tuple[Kind, int]]:
    """Remove everything that is too old, and yield each kind with the number of removed rows.

    It can be stopped at any time: what is gone by then is gone, and the rest goes the next time.
    """
    for kind in kinds:
        number = last = remove_step(kind, now)
        while last >= kind.step:
            last = remove_step(kind, now)
            number += last
        yield kind, number


def remove_step(kind: Kind, now: datetime) -> int:
    """Remove up to a step of the rows of a kind that are too old; return how many."""

    @transaction.atomic
    def remove() -> int:
        # One after the other, so that no two count the same rows.
        lock_for_transaction(Lock.RETENTION)
        number = kind.remove_some(now)
        with connection.cursor() as cursor:
            cursor.execute(NOTE_STEP, {"kind": kind.name, "number": number})
        return number

    return retry_deadlocks(remove)


NOTE_STEP = """
    INSERT INTO returns_retention AS known (kind, ran_at, removed_at, removed)
    VALUES (%(kind)s, now(), CASE WHEN %(number)s > 0 THEN now() END, %(number)s)
    ON CONFLICT (kind) DO UPDATE SET
        ran_at = excluded.ran_at,
        removed_at = coalesce(excluded.removed_at, known.removed_at),
        removed = known.removed + excluded.removed
"""
