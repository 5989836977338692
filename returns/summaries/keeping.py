"""The summaries are kept: what was written is counted in soon after, by whoever comes first.

A return that was written is named by a trigger, in the same transaction. Whoever counts it in
compares it with what it was counted as before, so it does no harm to count one in twice, and each
order of writing leads to the same numbers.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from returns.models import SummaryState, UncountedReturn
from returns.summaries import statements

logger = logging.getLogger(__name__)

STEP = 2_000  # returns at a time
PATIENCE = "2s"  # for whoever counts at the moment
WITHOUT_END = "0"


def are_there() -> bool:
    """Tell whether there are summaries, by the days of our zone."""
    return SummaryState.objects.filter(zone=settings.TIME_ZONE).exists()


def count_in() -> int:
    """Count in some of what was written, all of it or nothing, and return how many that were."""
    with alone():
        return _fold() if are_there() else 0


def catch_up() -> bool:
    """Count in what was written until now; tells whether nothing is left of it.

    For somebody who waits: not more than is done at once, and not while somebody else is long
    at it.
    """
    if UncountedReturn.objects.exists():
        with unless_somebody_counts():
            count_in()
    return not UncountedReturn.objects.exists()


def go_on() -> bool:
    """Count in some of what was written; tell whether any was."""
    if are_there() and UncountedReturn.objects.exists():
        with unless_somebody_counts():
            return count_in() > 0
    return False


@contextmanager
def unless_somebody_counts() -> Iterator[None]:
    """Leave it to those who do so longer than we wait."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise


def build_where_missing() -> bool:
    """Build the summaries where there are none, or of another zone; tell whether that was so."""
    if are_there():
        return False
    _build()
    return True


def build() -> None:
    """Count all returns anew. Until that is done there are no summaries, and nobody waits."""
    with alone():
        SummaryState.objects.all().delete()
    _build()


def _build() -> None:
    with alone(patience=WITHOUT_END):
        if are_there():  # somebody else has built them meanwhile
            return
        SummaryState.objects.all().delete()
        _run(statements.FORGET)
        _run(statements.COUNT_ALL)
        for statement in statements.SUM_UP:
            _run(statement)
        SummaryState.objects.create(zone=settings.TIME_ZONE)
    logger.info("The summaries are built, by the days of %s.", settings.TIME_ZONE)
    if not connection.in_atomic_block:
        # So that from now on reports read the indexes alone.
        _run("VACUUM (ANALYZE) returns_countedreturn, returns_countedtags, returns_daysummary")


def differences() -> list[str]:
    """Return in what the summaries differ from a count from scratch, at one moment; 20 of each."""
    with at_one_moment():
        return [
            f"{row[0]}: {', '.join(str(value) for value in row[1:])}"
            for statement in statements.UNLIKE
            for row in _run(statement)
        ]


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Count in all that was written, and let nothing change for whoever compares."""
    with alone(patience=WITHOUT_END, one_moment=True):
        while _fold():
            pass
        yield


def _fold() -> int:
    ((number,),) = _run(statements.fold(STEP))
    return int(number)


def _run(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"zone": settings.TIME_ZONE})
        return cursor.fetchall() if cursor.description else []


@contextmanager
def alone(patience: str = "", *, one_moment: bool = False) -> Iterator[None]:
    """Let nobody else count meanwhile. With ``one_moment`` every statement sees the same one."""
    # Within another transaction PostgreSQL allows it no longer; that one's moments count.
    one_moment = one_moment and not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if one_moment:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SET LOCAL lock_timeout = '{patience or PATIENCE}'")
        if patience == WITHOUT_END:
            cursor.execute("SET LOCAL statement_timeout = 0")
        # Unlike an advisory lock it is waited for before the transaction's moment is taken.
        cursor.execute("LOCK TABLE returns_summarystate IN SHARE ROW EXCLUSIVE MODE")
        yield
