"""How many met their deadline, and how many missed it: by day of completion, counted when asked.

A policy or a calendar that changes changes the past, so nothing is stored for a return. A day that
was counted is kept until a return of it is written, or the rules change.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.db import OperationalError, connection
from django.db.models import Case, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from psycopg.errors import LockNotAvailable, QueryCanceled

from returns.deadlines import met_of, rules_in_short
from returns.filtersets import found_one_by_one
from returns.kept_filters import Words
from returns.models import By, DeadlineDay, DeadlinePolicy, JudgedKind, Return
from returns.summaries import keeping, statements
from tags.vocabulary import vocabulary

ONE, MIDNIGHT = timedelta(days=1), time_of_day.min
PATIENCE = 1.0  # seconds that somebody waits for days to be counted
READY = 400  # days that are counted though nobody asked
AT_A_TIME = 7


def count(first: date, last: date, words: Words, under: str) -> None:
    """Count days that are not counted yet, the latest first.

    For somebody who waits: what takes longer is left to the next one who asks.
    """
    left, step = missing(first, last, under), 1
    if not left:
        return
    # The first time in a process its timetables are made, which takes longer than the rest.
    met = met_of(words, found_one_by_one, timezone.now())
    began = time.monotonic()
    try:
        while left and time.monotonic() - began < PATIENCE / 2:
            _count(left[:step], met, under)
            left, step = left[step:], 2 * step
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable | QueryCanceled):
            raise


def go_on() -> bool:
    """Count some days of the last months, but not today, which changes; tell whether any was."""
    if not DeadlinePolicy.objects.exists() or not keeping.are_there():
        return False
    now, words = timezone.now(), vocabulary()
    under = rules_in_short(words, now)
    today = timezone.localdate(now, timezone.get_default_timezone())
    left = missing(today - READY * ONE, today - ONE, under) if under else []
    if under and left:
        _count(left[:AT_A_TIME], met_of(words, found_one_by_one, now), under)
    return bool(left)


def missing(first: date, last: date, under: str) -> list[date]:
    """Return the days that are not counted, the latest first."""
    within = DeadlineDay.objects.filter(by=By.ALL, day__gte=first, day__lte=last, under=under)
    there = set(within.values_list("day", flat=True))
    days = (last - number * ONE for number in range((last - first).days + 1))
    return [day for day in days if day not in there]


def _count(days: Sequence[date], met_of_judged: tuple[Q, Case], under: str) -> None:
    """Count these days anew; what is written meanwhile is counted in later, and forgets them."""
    zone = timezone.get_default_timezone()
    with keeping.alone():
        judged, met = met_of_judged
        found: Any = Return.objects.filter(judged, reduce(or_, map(_within, _runs(days))))
        found = found.annotate(on_day=TruncDate("completed_at", tzinfo=zone), met=met)
        sql, values = found.order_by().values_list("pk", "on_day", "met").query.sql_with_params()
        for kept in (DeadlineDay, JudgedKind):
            kept.objects.filter(day__in=days).delete()
        with connection.cursor() as cursor:
            cursor.execute(statements.judge(sql), [*values, under, list(days)])


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
