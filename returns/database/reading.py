"""Reading many rows without holding them all in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

IDLE_SECONDS = 60


@contextmanager
def cursors_of_transaction() -> Iterator[None]:
    """Let ``iterator()`` read rows part by part in the block, which is within a transaction.

    Otherwise it reads all of them at once where a pooler may give each statement another
    connection (``DATABASE_POOLER``). Within a transaction it does not. All errors are Django's,
    also when a cursor is closed, where Django passes on those of psycopg.
    """
    settings = connection.settings_dict
    # A copy: other threads share the settings, but not this connection.
    connection.settings_dict = settings | {"DISABLE_SERVER_SIDE_CURSORS": False}
    try:
        with connection.wrap_database_errors:
            yield
    finally:
        connection.settings_dict = settings


def iter_rows[Row](rows: QuerySet[Any, Row], size: int) -> Iterator[Row]:
    """Yield rows, ``size`` of them in memory at a time. A transaction is open until the last.

    The database ends it if the next rows are not asked for in time.
    """
    with transaction.atomic(), cursors_of_transaction():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        yield from rows.iterator(size)
