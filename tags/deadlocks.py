"""Retry transactions that PostgreSQL cancelled because of a deadlock."""

from collections.abc import Callable

from django.db import OperationalError

DEADLOCK_SQLSTATE = "40P01"
MAX_TRANSACTION_ATTEMPTS = 5


def retry_deadlocks[T](work: Callable[[], T]) -> T:
    """Call ``work`` and return its result. After a deadlock, call it again, up to 5 times.

    ``work`` must be a whole transaction. Deadlocks happen because imports lock records in the order
    of their references, but people and rules in the order of their ids.
    """
    for attempt in range(1, MAX_TRANSACTION_ATTEMPTS + 1):
        try:
            return work()
        except OperationalError as error:
            if (
                attempt == MAX_TRANSACTION_ATTEMPTS
                or getattr(error.__cause__, "sqlstate", "") != DEADLOCK_SQLSTATE
            ):
                raise
    raise AssertionError("unreachable")
