"""How many met their deadline, and how many missed it: by day of completion, counted when asked.

A policy or a calendar that changes changes the past, so nothing is stored for a return. A day that
was counted is kept until a return of it is written, or the rules change.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from functools import reduce
from itertools import batched, groupby
from operator import or_
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Case, Max, Min, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from psycopg.errors import LockNotAvailable, QueryCanceled

from returns.filters.due import deadlines_now, met_of, rules_in_short
from returns.filters.stored import Words
from returns.models import (
    By,
    CountedReturn,
    DeadlineDay,
    DeadlinePolicy,
    JudgedKind,
    Return,
    UncountedReturn,
)
from returns.summaries import keeping, statements
from tags.vocabulary import vocabulary

ONE, MIDNIGHT = timedelta(days=1), time_of_day.min
PATIENCE = 0.5  # seconds for which days are counted while somebody waits
READY = 2_200  # days that are counted though nobody asked: of the longest period, and before
AT_A_TIME = 7
MOST_AT_A_TIME = 32


def rules_now(words: Words, now: datetime) -> str | None:
    """Return what days are counted under; None where none can be kept."""
    return rules_in_short(deadlines_now(), words, now)


def count(first: date, last: date, words: Words, under: str) -> None:
    """Count days that are not counted yet, the latest first.

    For somebody who waits: what takes longer is left to the next one who asks.
    """
    left, step = missing(first, last, under), 1
    if not left:
        return
    # The first time in a process its timetables are made, which takes longer than the rest.
    judge = _judge(words, under)
    began = time.monotonic()
    try:
        while left and judge and time.monotonic() - began < PATIENCE:
            _count(left[:step], judge, under)
            left, step = left[step:], min(2 * step, MOST_AT_A_TIME)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable | QueryCanceled):
            raise


def go_on() -> bool:
    """Count some days, but not today, which changes; tell whether any was.

    Not while there is something to be counted in, which would forget them again.
    """
    if not DeadlinePolicy.objects.exists() or not keeping.are_there():
        return False
    words = vocabulary()
    under = rules_now(words, timezone.now())
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    if under is None or UncountedReturn.objects.exists():
        return False
    left = missing(today - READY * ONE, today - ONE, under)
    if left and (judge := _judge(words, under)):
        with keeping.unless_somebody_counts():
            _count(left[:AT_A_TIME], judge, under)
            return True
    return False


def missing(first: date, last: date, under: str) -> list[date]:
    """Return the days of completions that are not counted, the latest first."""
    done = CountedReturn.objects.filter(completed_day__isnull=False)
    ends = done.aggregate(first=Min("completed_day"), last=Max("completed_day"))
    if not ends["first"]:
        return []
    first, last = max(first, ends["first"]), min(last, ends["last"])
    within = DeadlineDay.objects.filter(by=By.ALL, day__gte=first, day__lte=last, under=under)
    there = set(within.values_list("day", flat=True))
    days = (last - number * ONE for number in range((last - first).days + 1))
    return [day for day in days if day not in there]


def differences() -> list[str]:
    """Return what is kept of days that a count from scratch does not say, or says besides; 20."""
    found: list[str] = []
    with keeping.at_one_moment():
        words = vocabulary()
        under = rules_now(words, timezone.now())
        judge = _judge(words, under) if under else None
        days = DeadlineDay.objects.filter(by=By.ALL, under=under or "").order_by("-day")
        for some in batched(days.values_list("day", flat=True), MOST_AT_A_TIME, strict=False):
            if under and judge:
                before = _rows(some)
                _write(some, judge, under)
                found += [f"deadlines: {row}" for row in sorted(before ^ _rows(some), key=str)]
        transaction.set_rollback(True)
    return found[:20]


def _rows(days: Sequence[date]) -> set[tuple[Any, ...]]:
    sums = DeadlineDay.objects.filter(day__in=days)
    kinds = JudgedKind.objects.filter(day__in=days)
    return {
        *sums.values_list("day", "by", "value", "met", "missed"),
        *kinds.values_list("day", "carrier", "channel", "tag_set", "met", "missed"),
    }


def _judge(words: Words, under: str) -> tuple[Q, Case] | None:
    """Return how returns are judged under these rules; None where they are others by now."""
    deadlines, now = deadlines_now(), timezone.now()
    if rules_in_short(deadlines, words, now) != under:
        return None
    return met_of(deadlines, words, now)


def _count(days: Sequence[date], judge: tuple[Q, Case], under: str) -> None:
    """Count these days anew; what is written meanwhile is counted in later, and forgets them."""
    with keeping.alone():
        _write(days, judge, under)


def _write(days: Sequence[date], judge: tuple[Q, Case], under: str) -> None:
    zone, (judged, met) = timezone.get_default_timezone(), judge
    found: Any = Return.objects.filter(judged, reduce(or_, map(_within, _runs(days))))
    found = found.annotate(on_day=TruncDate("completed_at", tzinfo=zone), met=met)
    sql, values = found.order_by().values_list("pk", "on_day", "met").query.sql_with_params()
    for kept in (DeadlineDay, JudgedKind):
        kept.objects.filter(day__in=days).delete()
    with connection.cursor() as cursor:
        cursor.execute(statements.judge(sql), [*values, list(days), under, list(days)])


def _runs(days: Iterable[date]) -> list[list[date]]:
    """Return the days that follow each other together, the first of each first."""
    counted = enumerate(sorted(days))
    return [
        [day for _, day in run]
        for _, run in groupby(counted, key=lambda each: each[1].toordinal() - each[0])
    ]


def _within(days: Sequence[date]) -> Q:
    zone = timezone.get_default_timezone()
    begins, ends = (datetime.combine(day, MIDNIGHT, zone) for day in (days[0], days[-1] + ONE))
    return Q(completed_at__gte=begins, completed_at__lt=ends)
