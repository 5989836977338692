"""Errors that people can fix: in the settings, or in the connection to the database."""

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import ProgrammingError, connection

from config.postgres_server import ServerError
from config.schema import NOT_MIGRATED, unapplied_migrations

UNREACHABLE = "The database cannot be reached. Check DATABASE_URL and the server: {reason}"


def sentence_for(error: Exception) -> str | None:
    """Return a sentence that says what is wrong; None for an error that is a bug.

    After a database error, this opens a new connection to find the reason.
    """
    if isinstance(error, ImproperlyConfigured | ServerError):
        return " ".join(str(error).split())
    if isinstance(error, DatabaseError):
        if reason := _why_unreachable(error):
            return UNREACHABLE.format(reason=reason)
        if _is_about_missing_tables(error):
            return NOT_MIGRATED
    return None


def _why_unreachable(error: DatabaseError) -> str:
    """Return the first line of PostgreSQL's message: it names server and user, no password."""
    if not _is_connection_failure(error):  # another attempt would wait just as long
        try:
            connection.close()
            connection.ensure_connection()
        except DatabaseError as failure:
            error = failure
        else:
            return ""
    return str(error).partition("\n")[0].removeprefix("connection failed: ")


def _is_connection_failure(error: DatabaseError) -> bool:
    """Tell whether the error comes from an attempt to connect."""
    cause = error.__cause__
    is_timeout = isinstance(cause, psycopg.errors.ConnectionTimeout)
    return is_timeout or (isinstance(cause, psycopg.Error) and cause.pgconn is not None)


def _is_about_missing_tables(error: DatabaseError) -> bool:
    """Tell whether tables or columns are missing that a migration would create."""
    missing = psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn
    is_missing = isinstance(error, ProgrammingError) and isinstance(error.__cause__, missing)
    return is_missing and unapplied_migrations() > 0
