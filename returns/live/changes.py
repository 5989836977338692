# ruff: noqa: S608 - the parts of these statements are our own
"""What changed since a moment, whatever order it was committed in.

A moment is a token: the time, and the snapshot of the database that names the transactions that
were done by then. A number that counts up would miss a change whose transaction began earlier,
but ended later, than one that was seen.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection
from django.utils import timezone

from returns.models import Change

logger = logging.getLogger(__name__)

KEPT = timedelta(days=1)
# Kept a little longer, so that they go many at a time.
SLACK = timedelta(hours=1)
# So many returns, and statements that brought some, are named at most.
NAMED = 1_000

LONGEST_TOKEN = 10_000
TOKEN = re.compile(r"([0-9]{1,12}\.[0-9]{6})\.([0-9]{1,19}:[0-9]{1,19}:[0-9,]*)")
NOW = "extract(epoch FROM clock_timestamp())::numeric(20, 6) || '.' || pg_current_snapshot()"
# Committed since the token, and by this cluster: what was restored from another has its numbers.
SINCE = """
    xid >= pg_snapshot_xmin(%(then)s::pg_snapshot)
    AND NOT pg_visible_in_snapshot(xid, %(then)s::pg_snapshot)
    AND xid < pg_snapshot_xmax(pg_current_snapshot())
"""
ANY = f"""
    SELECT {NOW}, pg_snapshot_xmax(%(then)s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot()),
        extract(epoch FROM clock_timestamp())::float,
        EXISTS (SELECT FROM returns_change WHERE {SINCE})
"""
REACHED = f"""
    SELECT reached, reached_count FROM returns_change WHERE reached_count > 0 AND {SINCE}
    ORDER BY xid DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed: whether ``any``, and the returns that came or moved on.

    ``more`` when there are others than those that are named. ``token`` is the moment of this
    answer.
    """

    token: str
    any: bool
    reached_ids: list[int]
    more: bool


def token_now() -> str:
    """Return the token of this moment."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NOW}")
        (token,) = cursor.fetchone()
    return str(token)


def token_and_newest() -> tuple[str, datetime | None]:
    """Return the token of this moment, and when the WMS last changed a return that it sent."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NOW}, (SELECT max(updated_at) FROM returns_return)")
        token, newest = cursor.fetchone()
    return str(token), newest


def seconds_of(token: str) -> float:
    """Return the time of a token in seconds; 0 of what is none."""
    return _read(token)[0]


def any_since(token: str) -> Changes:
    """Tell whether anything changed; what is not told."""
    seconds, snapshot = _read(token)
    if not snapshot:
        return Changes(token_now(), any=True, reached_ids=[], more=True)
    with connection.cursor() as cursor:
        cursor.execute(ANY, {"then": snapshot})
        now, is_of_others, time, found = cursor.fetchone()
    is_unknown = is_of_others or time - seconds > KEPT.total_seconds()
    return Changes(now, any=found or is_unknown, reached_ids=[], more=is_unknown)


def changed_since(token: str) -> Changes:
    """Return what changed since the token; of one that says nothing, that it may be anything."""
    changes = any_since(token)
    if changes.more or not changes.any:
        return changes
    with connection.cursor() as cursor:
        cursor.execute(REACHED, {"then": _read(token)[1], "limit": NAMED + 1})
        rows = cursor.fetchall()
    ids, more = _named(rows)
    return Changes(changes.token, any=True, reached_ids=ids, more=more)


def forget_old() -> bool:
    """Delete what nobody asks for any more; tell whether there was any."""
    now = timezone.now()
    if not Change.objects.filter(at__lt=now - KEPT - SLACK).exists():
        return False
    number = Change.objects.filter(at__lt=now - KEPT).delete()[0]
    logger.info("Forgot old changes: %s.", number)
    return True


def _named(rows: list[tuple[list[int], int]]) -> tuple[list[int], bool]:
    """Return the returns that the newest statements reached, and whether there are more."""
    ids = list(dict.fromkeys(pk for reached, _ in rows for pk in reached))
    more = len(rows) > NAMED or len(ids) > NAMED
    return ids[:NAMED], more or any(count > len(reached) for reached, count in rows)


def _read(token: str) -> tuple[float, str]:
    """Return the time and the snapshot of a token; no snapshot of what PostgreSQL would refuse."""
    said = TOKEN.fullmatch(token) if len(token) <= LONGEST_TOKEN else None
    if said is None or not _is_snapshot(said[2]):
        return 0, ""
    return float(said[1]), said[2]


def _is_snapshot(text: str) -> bool:
    start, end, running = text.split(":")
    numbers: list[Any] = running.split(",") if running else []
    if not all(numbers):
        return False
    low, high, inner = int(start), int(end), [int(number) for number in numbers]
    in_order = all(one < other for one, other in pairwise(inner))
    return 0 < low <= high < 2**63 and in_order and all(low <= one < high for one in inner)
