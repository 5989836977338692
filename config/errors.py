"""Errors that people can put right: of the settings, and of the way to the database."""

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import ProgrammingError, connection

from config.postgres_server import ServerError
from config.schema import NOT_MIGRATED, waiting_migrations

UNREACHABLE = "The database cannot be reached; check DATABASE_URL and the server: {reason}"


def sentence_for(error: Exception) -> str | None:
    """Return a sentence that says what is wrong; None for an error that is a bug.

    After an error of the database it is asked again, over a new connection.
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
    """Return the first line of what PostgreSQL says; it names server and user, no password."""
    if not _is_of_an_attempt(error):  # otherwise another attempt would wait as long again
        try:
            connection.close()
            connection.ensure_connection()
        except DatabaseError as failure:
            error = failure
        else:
            return ""
    return str(error).partition("\n")[0].removeprefix("connection failed: ")


def _is_of_an_attempt(error: DatabaseError) -> bool:
    """Tell whether the error says itself that an attempt to connect failed."""
    cause = error.__cause__
    is_timeout = isinstance(cause, psycopg.errors.ConnectionTimeout)
    return is_timeout or (isinstance(cause, psycopg.Error) and cause.pgconn is not None)


def _is_about_missing_tables(error: DatabaseError) -> bool:
    """Tell whether tables or columns are missing that a migration would bring."""
    missing = psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn
    is_missing = isinstance(error, ProgrammingError) and isinstance(error.__cause__, missing)
    return is_missing and waiting_migrations() > 0
