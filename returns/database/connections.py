"""Connections to the database that end while they are used."""

from django.db import Error, InterfaceError, OperationalError

# Of PostgreSQL: an administrator or a crash ended the connection, or the server is starting.
ENDED = frozenset({"57P01", "57P02", "57P03", "57P05"})
CONNECTION_EXCEPTION = "08"


def is_connection_lost(error: Error) -> bool:
    """Tell whether an error means that the connection is gone, so that a new one may do better."""
    if isinstance(error, InterfaceError):
        return True
    sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
    is_lost = not sqlstate or sqlstate in ENDED or sqlstate.startswith(CONNECTION_EXCEPTION)
    return isinstance(error, OperationalError) and is_lost
