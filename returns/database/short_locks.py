"""``migrate`` beside a desk that serves: it waits for no lock so long that anybody notices.

A change of a table needs a lock that waits for whoever uses the table, and everybody else who wants
to use it waits behind that.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

MIGRATION_WAIT = 2  # seconds
SET_LOCK_TIMEOUT = f"SET lock_timeout = '{MIGRATION_WAIT}s'"
# What an index that was not built to its end leaves behind; its name would be taken.
SELECT_UNFINISHED_INDEXES = """
    SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace
        AND pg_has_role(relowner, 'USAGE')
"""


class TableInUseError(Exception):
    """A table was in use for longer than a migration may wait. The message is for people."""

    def __init__(self) -> None:
        super().__init__(
            f"A table was in use for {MIGRATION_WAIT} seconds, so migrate gave up, lest everybody "
            "else wait behind it. Nothing is half done: run it again, when fewer people work or "
            "after a long export has ended, and it goes on with the migration that it gave up."
        )


@contextmanager
def short_locks(alias: str, *, only_looks: bool = False) -> Iterator[None]:
    """Let the block wait for no lock longer than ``MIGRATION_WAIT``.

    Indexes that were not built to their end are dropped first, unless the block changes nothing.
    Raises ``TableInUseError``. Indexes may wait longer when they are built concurrently: nobody
    waits behind them.
    """
    connection = connections[alias]
    try:
        with connection.cursor() as cursor:
            cursor.execute(SET_LOCK_TIMEOUT)
        if not only_looks:
            _drop_unfinished_indexes(connection)
        with connection.execute_wrapper(_execute):
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise TableInUseError from error
        raise
    finally:
        if connection.connection is not None and not connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


def _drop_unfinished_indexes(connection: BaseDatabaseWrapper) -> None:
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute(SELECT_UNFINISHED_INDEXES)
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.SQL(name)))


def _execute(
    execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    if " CONCURRENTLY " not in str(statement):
        return execute(statement, params, many, context)
    session = context["connection"].connection
    session.execute("SET lock_timeout = 0")
    try:
        return execute(statement, params, many, context)
    finally:
        session.execute(SET_LOCK_TIMEOUT)
