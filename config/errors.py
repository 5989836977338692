"""Errors that are no bugs: in the settings, in the database's connection, or in what was sent."""

import errno
from enum import StrEnum

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, ProgrammingError, connection
from django.db import Error as DatabaseError
from django.utils import translation

from config.concurrency import ServerBusyError
from config.postgres_server import ServerError
from config.schema import NOT_MIGRATED, unapplied_migrations

UNREACHABLE = "The database cannot be reached. Check DATABASE_URL and the server: {reason}"
CONNECTION_ENDED = "The database ended the connection. Run the command again: {reason}"

# The classes and codes of PostgreSQL for a connection that failed or was ended, and for a server
# with too many connections. The code for a cancelled statement, 57014, is not among them.
AWAY_CODES = ("08", "57P", "53300")
# Of text: too long, not of the encoding, or NUL. Of numbers and times: out of the range.
UNSTORABLE_CODES = {"22001", "22021", "22P05", "22003", "22008"}
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


class Unavailability(StrEnum):
    """Why nothing can be done at the moment, as the log says it."""

    DATABASE_AWAY = "The database is away"
    DISK_FULL = "The disk is full"
    THREADS_STUCK = "All threads are busy"


def is_database_away(error: BaseException | None) -> bool:
    """Tell whether the database could not be reached, ended the connection, or takes no writes."""
    cause = error if isinstance(error, psycopg.Error) else getattr(error, "__cause__", None)
    if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
        return True
    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(AWAY_CODES)


def leave_read_only_server(error: BaseException | None) -> None:
    """Close the connection if its server takes no writes any more, because another one is primary.

    The next connection looks for that one.
    """
    if isinstance(getattr(error, "__cause__", None), psycopg.errors.ReadOnlySqlTransaction):
        connection.close()


def is_disk_full(error: BaseException | None) -> bool:
    """Tell whether the database, or this process, has no space left to write."""
    if isinstance(error, OSError):
        return error.errno in NO_SPACE
    cause = error if isinstance(error, psycopg.Error) else getattr(error, "__cause__", None)
    return isinstance(cause, psycopg.errors.DiskFull)


def why_unavailable(error: BaseException | None) -> Unavailability | None:
    """Return why nothing could be done; None for an error that says nothing about the server."""
    if isinstance(error, ServerBusyError):
        return Unavailability.THREADS_STUCK
    if is_database_away(error):
        return Unavailability.DATABASE_AWAY
    return Unavailability.DISK_FULL if is_disk_full(error) else None


def is_unstorable(error: BaseException | None) -> bool:
    """Tell whether a text or number of a request is one that the database cannot hold.

    These are NUL, half a surrogate pair, and numbers beyond its types or beyond Python's limit of
    digits.
    """
    if isinstance(error, UnicodeEncodeError):
        return error.reason == "surrogates not allowed"
    if isinstance(error, DataError):
        code = getattr(error.__cause__, "sqlstate", None)
        return code is None or code in UNSTORABLE_CODES
    has_many_digits = isinstance(error, ValueError) and str(error).startswith("Exceeds the limit (")
    return has_many_digits or isinstance(error, OverflowError)


def first_line(error: BaseException | None) -> str:
    """Return the first line of PostgreSQL's message: it names server and user, no password.

    A message of our own is in English here, because logs are.
    """
    with translation.override("en"):
        text = str(error)
    return text.partition("\n")[0].removeprefix("connection failed: ")


def sentence_for(error: Exception) -> str | None:
    """Return a sentence that says what is wrong; None for an error that is a bug.

    After a database error, this opens a new connection to find the reason.
    """
    if isinstance(error, ImproperlyConfigured | ServerError):
        return " ".join(str(error).split())
    if isinstance(error, DatabaseError | psycopg.Error):
        if reason := _why_unreachable(error):
            return UNREACHABLE.format(reason=reason)
        if is_database_away(error):
            return CONNECTION_ENDED.format(reason=first_line(error))
        if _is_about_missing_tables(error):
            return NOT_MIGRATED
    return None


def _why_unreachable(error: DatabaseError | psycopg.Error) -> str:
    if not _is_connection_failure(error):  # another attempt would wait just as long
        try:
            connection.close()
            connection.ensure_connection()
        except DatabaseError as failure:
            error = failure
        else:
            return ""
    return first_line(error)


def _is_connection_failure(error: Exception) -> bool:
    """Tell whether the error comes from an attempt to connect."""
    cause = error.__cause__
    is_timeout = isinstance(cause, psycopg.errors.ConnectionTimeout)
    return is_timeout or (isinstance(cause, psycopg.Error) and cause.pgconn is not None)


def _is_about_missing_tables(error: Exception) -> bool:
    """Tell whether tables or columns are missing that a migration would create."""
    missing = psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn
    is_missing = isinstance(error, ProgrammingError) and isinstance(error.__cause__, missing)
    return is_missing and unapplied_migrations() > 0
