"""Writes the events that time alone brings about: a return is late, the feed is silent.

Each is written once for each return or silence. What was so before anybody wanted to know is no
news. The filter of late returns is that of lists, and the silence that of the page of the feed.
"""

from json import dumps
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from returns.database.locks import Lock, require_lock, try_lock
from returns.feed.overview import feed_health
from returns.feed.serializers import format_time
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import Deadline, EventType, State, Subscription, ToldMoment
from returns.querysets import ReturnQuerySet
from tags.vocabulary import load_vocabulary

DEADLINE_TYPES = {EventType.AT_RISK: Deadline.AT_RISK, EventType.LATE: Deadline.LATE}
MOMENT_TYPES = (*DEADLINE_TYPES, EventType.SILENT)
LOOKED_AT_MOMENTS = "moments-looked-at"
LOOK_INTERVAL = 60  # seconds
MAX_MOMENTS = 5_000  # returns at once


def write_moments() -> bool:
    """Write what has become late or silent since the last time; tell whether there may be more.

    In each process it looks once a minute.
    """
    if not cache.add(LOOKED_AT_MOMENTS, True, LOOK_INTERVAL):
        return False
    has_more = False
    with try_lock(Lock.MOMENTS, 0) as lock:
        if lock is None:
            return False
        for type_ in MOMENT_TYPES:
            with transaction.atomic():
                require_lock(lock)
                has_more |= _write(type_)
    if has_more:
        cache.delete(LOOKED_AT_MOMENTS)
    return has_more


def _write(type_: EventType) -> bool:
    told = ToldMoment.objects.filter(type=type_)
    if not Subscription.objects.filter(is_on=True, types__contains=[type_]).exists():
        told.delete()
        return False
    is_first = not told.exists()
    if is_first:
        _tell(type_, [0], told_only=True)
    if type_ == EventType.SILENT:
        _write_silence(is_first=is_first)
        return False
    ids = _not_told(type_)
    if is_first:
        _tell(type_, list(ids), told_only=True)
        return False
    some = list(ids[:MAX_MOMENTS])
    _tell(type_, some)
    _forget_settled(type_)
    return len(some) == MAX_MOMENTS


def _not_told(type_: EventType) -> Any:
    vocabulary = load_vocabulary()
    query = Query.from_lists({"deadline": [DEADLINE_TYPES[type_].value]})
    returns: ReturnQuerySet = ReturnFilterSet(query, vocabulary).qs
    told = ToldMoment.objects.filter(type=type_, number=OuterRef("pk"))
    return returns.filter(~Exists(told)).order_by("pk").values_list("pk", flat=True)


def _write_silence(*, is_first: bool) -> None:
    health = feed_health()
    if health.is_silent and health.read_at:
        details = {"readAt": format_time(health.read_at)}
        since = int(health.read_at.timestamp())
        _tell(EventType.SILENT, [since], details=details, told_only=is_first)


def _tell(
    type_: EventType,
    numbers: list[int],
    *,
    details: dict[str, Any] | None = None,
    told_only: bool = False,
) -> None:
    given: dict[str, Any] = {
        "type": type_.value,
        "numbers": numbers,
        "details": dumps(details or {}),
        "writes": not told_only,
        "has_return": type_ != EventType.SILENT,
    }
    with connection.cursor() as cursor:
        cursor.execute(TELL, given)


def _forget_settled(type_: EventType) -> None:
    """Forget returns that no longer wait: should one arrive again, it can be late again."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [type_.value, State.ARRIVED.value])


TELL = """
    WITH told AS (
        INSERT INTO returns_toldmoment (type, number)
        SELECT %(type)s, number FROM unnest(%(numbers)s::bigint[]) AS given (number)
        ON CONFLICT (type, number) DO NOTHING RETURNING number
    )
    INSERT INTO returns_outgoingevent (type, record_id, details)
    SELECT %(type)s, CASE WHEN %(has_return)s THEN number ELSE 0 END, %(details)s::jsonb
    FROM told WHERE %(writes)s ORDER BY number
"""
FORGET = """
    DELETE FROM returns_toldmoment AS told WHERE type = %s AND number > 0 AND NOT EXISTS (
        SELECT FROM returns_return r WHERE r.id = told.number AND r.state = %s
    )
"""
