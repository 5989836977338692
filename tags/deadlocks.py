"""Try again what PostgreSQL ended because two waited for each other."""

from collections.abc import Callable

from django.db import OperationalError

DEADLOCK = "40P01"
ATTEMPTS = 5


def retry_deadlocks[T](work: Callable[[], T]) -> T:
    """Return what the work returns; it is a whole transaction, so that it can begin anew.

    Imports lock records by their reference, but people and rules lock them by id.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work()
        except OperationalError as error:
            if attempt == ATTEMPTS or getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
                raise
    raise AssertionError("unreachable")
