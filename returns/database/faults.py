"""Tells faults of the database that pass from errors in what was asked."""

import psycopg
from django.db import Error, InterfaceError, OperationalError

# Classes and codes of PostgreSQL: the connection failed or was ended, somebody else was in the way,
# the disk is full, there are too many connections.
PASSING_CODES = ("08", "57P", "40", "53100", "53300")
ABOUT_THE_SERVER = (
    OperationalError,
    InterfaceError,
    # Closing a cursor of the server, Django passes on what psycopg raises.
    psycopg.OperationalError,
    psycopg.InterfaceError,
)


def is_passing_fault(error: Error | psycopg.Error) -> bool:
    """Tell whether the same statement may succeed later, because only the server was in trouble.

    A statement that reached a limit of time or memory would reach it again.
    """
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):  # another server is the primary
        return True
    code = getattr(cause, "sqlstate", None)
    is_about_the_server = isinstance(error, ABOUT_THE_SERVER)
    return is_about_the_server and (code is None or code.startswith(PASSING_CODES))
