"""Tells faults of the database that pass from errors in what was asked."""

from django.db import Error, InterfaceError, OperationalError
from psycopg.errors import QueryCanceled


def is_passing_fault(error: Error) -> bool:
    """Tell whether the same statement may succeed later: the connection ended, the disk was full.

    A statement that reached its time limit would reach it again.
    """
    is_about_the_server = isinstance(error, OperationalError | InterfaceError)
    return is_about_the_server and not isinstance(error.__cause__, QueryCanceled)
