"""Recounting the values of returns, which triggers keep."""

from django.db import connection, transaction

from returns.models.values import FIND_WRONG_VALUES, RECOUNT_VALUES

WRONG_VALUES_SHOWN = 20


def find_differences() -> list[str]:
    """Compare the values of returns with a recount; return up to 20 that differ."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_WRONG_VALUES, [WRONG_VALUES_SHOWN])
        return [f"returns_returnvalue: {', '.join(map(str, row))}" for row in cursor.fetchall()]


@transaction.atomic
def recount() -> None:
    """Compute the values of all returns again. Writers of returns and orders wait meanwhile."""
    with connection.cursor() as cursor:
        for statement in RECOUNT_VALUES:
            cursor.execute(statement)
