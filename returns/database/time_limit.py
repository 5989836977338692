"""A time limit for queries that pages can do without."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class QueryTimeoutError(Exception):
    """PostgreSQL cancelled a statement because it reached its time limit."""


@contextmanager
def time_limit(milliseconds: int) -> Iterator[None]:
    """Limit each statement in the block to this many milliseconds; for reading only.

    The block's transaction is rolled back at its end, which also lifts the limit. Raises
    ``QueryTimeoutError`` if a statement takes longer.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(milliseconds)}")
            yield
            transaction.set_rollback(True)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        raise QueryTimeoutError from error
