"""Building the summaries and maintenance them up to date.

A trigger queues every return that is written, in the same transaction. Updating compares what a
queued return is now with what it was counted as before, and adds the difference. So updating twice
does no harm, and every order of writes leads to the same numbers.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from returns.models import SummaryState, UncountedReturn
from returns.summaries import statements

logger = logging.getLogger(__name__)

UPDATE_BATCH_SIZE = 2_000  # returns
LOCK_TIMEOUT = "2s"  # for whoever holds the lock at the moment
NO_TIMEOUT = "0"
TABLES_OF_REPORTS = (
    "returns_countedreturn, returns_countedtags, returns_daysummary, returns_itemday"
)


def summaries_exist() -> bool:
    """Return whether summaries are built for the days of ``TIME_ZONE``."""
    return SummaryState.objects.filter(zone=settings.TIME_ZONE).exists()


def update_batch() -> int:
    """Count in a batch of queued returns in one transaction, and return their number.

    Raises ``OperationalError`` if somebody else holds the lock for too long.
    """
    with summaries_lock():
        return _update_batch() if summaries_exist() else 0


def catch_up() -> bool:
    """Count in what was written until now, and return whether the summaries are up to date.

    Meant for a reader, who should not wait long: it counts in one batch at most, and none while
    somebody else holds the lock.
    """
    if UncountedReturn.objects.exists():
        with skip_if_locked():
            update_batch()
    return not UncountedReturn.objects.exists()


def update_in_background() -> bool:
    """Count in a batch of queued returns, and return whether there were any."""
    if summaries_exist() and UncountedReturn.objects.exists():
        with skip_if_locked():
            return update_batch() > 0
    return False


@contextmanager
def skip_if_locked() -> Iterator[None]:
    """Leave the block without an error if somebody else holds the lock for too long."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise


def build_if_missing() -> bool:
    """Build the summaries if there are none for ``TIME_ZONE``; return whether that was so."""
    if summaries_exist():
        return False
    _build()
    return True


def rebuild() -> None:
    """Count all returns again. Until it is done there are no summaries, and reports do not wait."""
    with summaries_lock():
        SummaryState.objects.all().delete()
    _build()


def _build() -> None:
    with summaries_lock(timeout=NO_TIMEOUT):
        if summaries_exist():  # built by somebody else while we waited for the lock
            return
        SummaryState.objects.all().delete()
        _execute(statements.CLEAR)
        _execute(statements.COUNT_ALL_RETURNS)
        for statement in statements.SUM_ALL_RETURNS:
            _execute(statement)
        SummaryState.objects.create(zone=settings.TIME_ZONE)
    logger.info("The summaries are built, by the days of %s.", settings.TIME_ZONE)
    if not connection.in_atomic_block:
        # Lets reports use index-only scans from now on.
        _execute(f"VACUUM (ANALYZE) {TABLES_OF_REPORTS}")


def find_differences() -> list[str]:
    """Compare the summaries with a recount; return up to 20 differing rows of each table."""
    with up_to_date_snapshot():
        return [
            f"{row[0]}: {', '.join(str(value) for value in row[1:])}"
            for statement in statements.FIND_DIFFERENCES
            for row in _execute(statement)
        ]


@contextmanager
def up_to_date_snapshot() -> Iterator[None]:
    """Count in everything that was written, and show the block one unchanging state of the data."""
    with summaries_lock(timeout=NO_TIMEOUT, one_snapshot=True):
        while _update_batch():
            pass
        yield


def _update_batch() -> int:
    ((number,),) = _execute(statements.update_batch(UPDATE_BATCH_SIZE))
    return int(number)


def _execute(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"zone": settings.TIME_ZONE})
        return cursor.fetchall() if cursor.description else []


@contextmanager
def summaries_lock(timeout: str = "", *, one_snapshot: bool = False) -> Iterator[None]:
    """Keep everybody else from counting in, within a transaction.

    With ``one_snapshot``, all statements in the block see the same state of the data. Raises
    ``OperationalError`` if the lock is not free within ``timeout``.
    """
    # PostgreSQL allows the isolation level only at the start of a transaction. Within another
    # transaction, that one's isolation level applies.
    one_snapshot = one_snapshot and not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if one_snapshot:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SET LOCAL lock_timeout = '{timeout or LOCK_TIMEOUT}'")
        if timeout == NO_TIMEOUT:
            cursor.execute("SET LOCAL statement_timeout = 0")
        # Unlike with an advisory lock, the snapshot is taken after waiting for this one.
        cursor.execute("LOCK TABLE returns_summarystate IN SHARE ROW EXCLUSIVE MODE")
        yield
