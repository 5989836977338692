"""How many returns met or missed their deadline, by day of completion.

A new deadline or calendar changes the past, so no outcome is stored for a return. A whole day is
counted when somebody asks for it, or in the background, and stored until one of its returns is
written or the rules change. A fingerprint of the rules is stored with each day.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import reduce
from itertools import batched, groupby
from operator import or_
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Case, Max, Min, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from psycopg.errors import LockNotAvailable, QueryCanceled

from returns.calendar.working_time import MIDNIGHT, ONE_DAY
from returns.filters.due import current_deadlines, met_expression, policies_fingerprint
from returns.models import (
    CountedReturn,
    DeadlineDay,
    DeadlinePolicy,
    Dimension,
    JudgedKind,
    Return,
    UncountedReturn,
)
from returns.summaries import maintenance, statements
from tags.vocabulary import Vocabulary, load_vocabulary

READER_TIME_LIMIT = 0.5  # seconds that a reader waits for days to be counted
# Counted in the background even if nobody asked: the longest period of a report, and as many days
# before it.
BACKGROUND_DAYS = 2_200
BACKGROUND_BATCH_DAYS = 7
MAX_BATCH_DAYS = 32
DIFFERENCES_SHOWN = 20
# The condition for returns with a deadline, and the expression for whether they met it.
OutcomeExpressions = tuple[Q, Case]


def current_fingerprint(vocabulary_: Vocabulary, now: datetime) -> str | None:
    """Return the fingerprint of the rules for outcomes; None if outcomes cannot be stored."""
    return policies_fingerprint(current_deadlines(), vocabulary_, now)


def count_missing_days(first: date, last: date, vocabulary_: Vocabulary, fingerprint: str) -> None:
    """Count days that are not stored yet, the latest first.

    Meant for a reader, who should not wait long: it stops after ``READER_TIME_LIMIT``, and whoever
    asks next continues.
    """
    days, batch_size = missing_days(first, last, fingerprint), 1
    if not days:
        return
    # Outside the time limit: the first time in a process, it builds its timetables, which takes
    # longer than everything else.
    expressions = _outcome_expressions(vocabulary_, fingerprint)
    started = time.monotonic()
    try:
        while days and expressions and time.monotonic() - started < READER_TIME_LIMIT:
            _count_days(days[:batch_size], expressions, fingerprint)
            days, batch_size = days[batch_size:], min(2 * batch_size, MAX_BATCH_DAYS)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable | QueryCanceled):
            raise


def count_in_background() -> bool:
    """Count some days, except today, which still changes; return whether there were any.

    Does nothing while written returns are queued, because updating the summaries with them would
    delete their days again.
    """
    if not DeadlinePolicy.objects.exists() or not maintenance.summaries_exist():
        return False
    tags = load_vocabulary()
    fingerprint = current_fingerprint(tags, timezone.now())
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    if fingerprint is None or UncountedReturn.objects.exists():
        return False
    days = missing_days(today - BACKGROUND_DAYS * ONE_DAY, today - ONE_DAY, fingerprint)
    if days and (expressions := _outcome_expressions(tags, fingerprint)):
        with maintenance.skip_if_locked():
            _count_days(days[:BACKGROUND_BATCH_DAYS], expressions, fingerprint)
            return True
    return False


def missing_days(first: date, last: date, fingerprint: str) -> list[date]:
    """Return the days with completions whose outcomes are not stored, the latest first."""
    completed = CountedReturn.objects.filter(completed_day__isnull=False)
    ends = completed.aggregate(first=Min("completed_day"), last=Max("completed_day"))
    if not ends["first"]:
        return []
    first, last = max(first, ends["first"]), min(last, ends["last"])
    stored = DeadlineDay.objects.filter(
        by=Dimension.ALL, day__gte=first, day__lte=last, under=fingerprint
    )
    stored_days = set(stored.values_list("day", flat=True))
    days = (last - number * ONE_DAY for number in range((last - first).days + 1))
    return [day for day in days if day not in stored_days]


def find_differences() -> list[str]:
    """Compare stored outcomes with a recount; return up to 20 differing rows."""
    differences: list[str] = []
    with maintenance.up_to_date_snapshot():
        tags = load_vocabulary()
        fingerprint = current_fingerprint(tags, timezone.now())
        expressions = _outcome_expressions(tags, fingerprint) if fingerprint else None
        stored = DeadlineDay.objects.filter(by=Dimension.ALL, under=fingerprint or "").order_by(
            "-day"
        )
        all_days = stored.values_list("day", flat=True)
        for days in batched(all_days, MAX_BATCH_DAYS, strict=False):
            if fingerprint and expressions:
                stored_rows = _stored_rows(days)
                _replace_days(days, expressions, fingerprint)
                differing = sorted(stored_rows ^ _stored_rows(days), key=str)
                differences += [f"deadlines: {row}" for row in differing]
        transaction.set_rollback(True)
    return differences[:DIFFERENCES_SHOWN]


def _stored_rows(days: Sequence[date]) -> set[tuple[Any, ...]]:
    sums = DeadlineDay.objects.filter(day__in=days)
    groups = JudgedKind.objects.filter(day__in=days)
    return {
        *sums.values_list("day", "by", "value", "met", "missed"),
        *groups.values_list("day", "carrier", "channel", "tag_set", "met", "missed"),
    }


def _outcome_expressions(vocabulary_: Vocabulary, fingerprint: str) -> OutcomeExpressions | None:
    """Return the expressions for the rules with this fingerprint; None if the rules changed."""
    deadlines, now = current_deadlines(), timezone.now()
    if policies_fingerprint(deadlines, vocabulary_, now) != fingerprint:
        return None
    return met_expression(deadlines, vocabulary_, now)


def _count_days(days: Sequence[date], expressions: OutcomeExpressions, fingerprint: str) -> None:
    # With the lock, so that returns written in the meantime are counted in later, which deletes
    # these days again.
    with maintenance.summaries_lock():
        _replace_days(days, expressions, fingerprint)


def _replace_days(days: Sequence[date], expressions: OutcomeExpressions, fingerprint: str) -> None:
    zone, (has_deadline, met) = timezone.get_default_timezone(), expressions
    completed = reduce(or_, map(_completed_within, _consecutive_runs(days)))
    returns: Any = Return.objects.filter(has_deadline, completed)
    returns = returns.annotate(on_day=TruncDate("completed_at", tzinfo=zone), met=met)
    rows = returns.order_by().values_list("pk", "on_day", "met")
    sql, params = rows.query.sql_with_params()
    for model in (DeadlineDay, JudgedKind):
        model.objects.filter(day__in=days).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            statements.count_outcomes(sql), [*params, list(days), fingerprint, list(days)]
        )


def _consecutive_runs(days: Iterable[date]) -> list[list[date]]:
    """Return the days in order, grouped into runs without gaps."""
    numbered = enumerate(sorted(days))
    return [
        [day for _, day in run]
        for _, run in groupby(numbered, key=lambda each: each[1].toordinal() - each[0])
    ]


def _completed_within(days: Sequence[date]) -> Q:
    """Return the condition for returns completed on consecutive days."""
    zone = timezone.get_default_timezone()
    start, end = (datetime.combine(day, MIDNIGHT, zone) for day in (days[0], days[-1] + ONE_DAY))
    return Q(completed_at__gte=start, completed_at__lt=end)
