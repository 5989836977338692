"""Tells faults of the database that pass from errors in what was asked."""

from django.db import Error, InterfaceError, OperationalError

# Classes and codes of PostgreSQL: the connection failed or was ended, somebody else was in the way,
# the disk is full, there are too many connections.
PASSING_CODES = ("08", "57P", "40", "53100", "53300")


def is_passing_fault(error: Error) -> bool:
    """Tell whether the same statement may succeed later, because only the server was in trouble.

    A statement that reached a limit of time or memory would reach it again.
    """
    code = getattr(error.__cause__, "sqlstate", None)
    is_about_the_server = isinstance(error, OperationalError | InterfaceError)
    return is_about_the_server and (code is None or code.startswith(PASSING_CODES))
