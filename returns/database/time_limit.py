"""A limit for queries that are worth a moment, but not more."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class TookTooLongError(Exception):
    """PostgreSQL gave a statement up at its limit."""


@contextmanager
def at_most(milliseconds: int) -> Iterator[None]:
    """Give each statement within so many milliseconds; for reading alone.

    Raises ``TookTooLongError``. All is rolled back at the end, and the limit is gone with it.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(milliseconds)}")
            yield
            transaction.set_rollback(True)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        raise TookTooLongError from error
