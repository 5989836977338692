# ruff: noqa: S608 - the parts of these statements are our own
"""Find what changed since a token, in whatever order changes were committed.

A token holds a time, and the database snapshot that says which transactions were finished then.
A counter would miss a change whose transaction began before another one that was already seen,
but was committed later.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from returns.models import Change
from tags.rows import VOCABULARY_MARK_SQL

CHANGES_KEPT_FOR = timedelta(days=1)
# The most returns, and statements that changed returns, that an answer names.
MAX_REACHED_RETURNS = 1_000

MAX_TOKEN_LENGTH = 10_000
TOKEN = re.compile(r"([0-9]{1,12}\.[0-9]{6})\.([0-9]{1,19}:[0-9]{1,19}:[0-9,]*)")
NOW_SQL = "extract(epoch FROM clock_timestamp())::numeric(20, 6) || '.' || pg_current_snapshot()"
# The index ``feed_read_at`` has these runs; see ``READ_TO_THE_END``. Ends in the future are from
# before a clock was set back.
READ_AT_SQL = """
    SELECT max(ended_at) FROM returns_feedrun WHERE outcome = 'done' AND way IN ('pull', 'push')
    AND ended_at < clock_timestamp() + interval '1 minute'
"""
# Of a ``{moment}``, the name of a parameter with a snapshot. Committed since then, by this cluster:
# restored rows have transaction ids of another one.
COMMITTED_SINCE_SQL = """
    xid >= pg_snapshot_xmin(%({moment})s::pg_snapshot)
    AND NOT pg_visible_in_snapshot(xid, %({moment})s::pg_snapshot)
    AND xid < pg_snapshot_xmax(pg_current_snapshot())
"""
IS_FROM_OTHER_CLUSTER_SQL = """
    pg_snapshot_xmax(%({moment})s::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())
"""
HAS_CHANGES_SQL = f"EXISTS (SELECT FROM returns_change WHERE {COMMITTED_SINCE_SQL})"
REACHED_RETURNS_SQL = f"""
    SELECT reached, reached_count FROM returns_change
    WHERE reached_count > 0 AND {COMMITTED_SINCE_SQL}
    ORDER BY xid DESC LIMIT %(limit)s
"""
ANY_CHANGE_SQL = f"""
    SELECT {NOW_SQL}, {IS_FROM_OTHER_CLUSTER_SQL.format(moment="token")},
        extract(epoch FROM clock_timestamp())::float, {HAS_CHANGES_SQL.format(moment="token")}
"""
# For a poll of a page: ``seen`` is what it saw last, ``since`` what it counts news from.
POLL_SQL = f"""
    SELECT {NOW_SQL}, {IS_FROM_OTHER_CLUSTER_SQL.format(moment="seen")},
        {IS_FROM_OTHER_CLUSTER_SQL.format(moment="since")},
        extract(epoch FROM clock_timestamp())::float, has_changes,
        CASE WHEN has_changes THEN ARRAY(
            SELECT json_build_array(reached, reached_count)
            FROM ({REACHED_RETURNS_SQL.format(moment="since")}) AS news
        ) END,
        CASE WHEN has_changes THEN {VOCABULARY_MARK_SQL} END
    FROM (SELECT {HAS_CHANGES_SQL.format(moment="seen")}) AS polled (has_changes)
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """Whether anything changed, and the ids of returns that were created or changed state.

    ``more`` says that other returns may have changed, too. ``token`` is that of this answer.
    """

    token: str
    any: bool
    reached_ids: list[int]
    more: bool


def current_token() -> str:
    """Return the token of now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NOW_SQL}")
        (token,) = cursor.fetchone()
    return str(token)


def current_token_and_read_at() -> tuple[str, datetime | None]:
    """Return the token of now, and when the feed was last read to its end; None if it never was.

    The times of records say nothing about that: a wrong one may be in the future.
    """
    return opening()[:2]


def opening(
    further: str = "NULL", parameters: Sequence[Any] = ()
) -> tuple[str, datetime | None, str, Any]:
    """Return the same, and the mark of the vocabulary: what a page reads before its rows.

    The last value is that of a ``further`` expression, which costs no statement of its own.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {NOW_SQL}, ({READ_AT_SQL}), {VOCABULARY_MARK_SQL}, {further}", parameters
        )
        token, *others = cursor.fetchone()
    return str(token), *others


def token_seconds(token: str) -> float:
    """Return the time of a token in seconds, 0 for an invalid one."""
    return _parse_token(token)[0]


def check_changes(token: str) -> Changes:
    """Return whether anything changed, without the ids of returns."""
    seconds, snapshot = _parse_token(token)
    if not snapshot:
        return Changes(current_token(), any=True, reached_ids=[], more=True)
    with connection.cursor() as cursor:
        cursor.execute(ANY_CHANGE_SQL, {"token": snapshot})
        now, is_from_other_cluster, now_seconds, has_changes = cursor.fetchone()
    is_unknown = is_from_other_cluster or now_seconds - seconds > CHANGES_KEPT_FOR.total_seconds()
    return Changes(now, any=has_changes or is_unknown, reached_ids=[], more=is_unknown)


def poll_changes(seen: str, since: str) -> tuple[Changes, Changes | None, str]:
    """Return what ``check_changes(seen)`` does, and if anything changed ``get_changes(since)``.

    Then the last value is the mark of the vocabulary. One statement for tokens of today.
    """
    (seen_seconds, seen_snapshot), (since_seconds, snapshot) = map(_parse_token, (seen, since))
    if not seen_snapshot or not snapshot:
        return check_changes(seen), None, ""
    with connection.cursor() as cursor:
        limit = MAX_REACHED_RETURNS + 1
        cursor.execute(POLL_SQL, {"seen": seen_snapshot, "since": snapshot, "limit": limit})
        now, *are_from_other_cluster, seconds, has_changes, rows, mark = cursor.fetchone()
    oldest = seconds - CHANGES_KEPT_FOR.total_seconds()
    are_old = (seen_seconds < oldest, since_seconds < oldest)
    is_unknown, is_since_unknown = map(or_, are_from_other_cluster, are_old)
    last = Changes(now, any=has_changes or is_unknown, reached_ids=[], more=is_unknown)
    if not has_changes or is_since_unknown:
        return last, None, ""
    ids, more = _limit_ids(rows)
    return last, Changes(now, any=True, reached_ids=ids, more=more), mark


def get_changes(token: str) -> Changes:
    """Return what changed since the token; for an invalid or old one, ``more`` is set."""
    changes = check_changes(token)
    if changes.more or not changes.any:
        return changes
    with connection.cursor() as cursor:
        cursor.execute(
            REACHED_RETURNS_SQL.format(moment="token"),
            {"token": _parse_token(token)[1], "limit": MAX_REACHED_RETURNS + 1},
        )
        rows = cursor.fetchall()
    ids, more = _limit_ids(rows)
    return Changes(changes.token, any=True, reached_ids=ids, more=more)


def forgettable_changes(now: datetime) -> QuerySet[Change]:
    """Return the changes that are too old to be asked for; ``now`` is by the database's clock."""
    return Change.objects.filter(at__lt=now - CHANGES_KEPT_FOR)


def _limit_ids(rows: list[tuple[list[int], int]]) -> tuple[list[int], bool]:
    """Return the ids of the returns that the newest statements changed, and if there are more."""
    ids = list(dict.fromkeys(pk for reached, _ in rows for pk in reached))
    more = len(rows) > MAX_REACHED_RETURNS or len(ids) > MAX_REACHED_RETURNS
    return ids[:MAX_REACHED_RETURNS], more or any(count > len(reached) for reached, count in rows)


def _parse_token(token: str) -> tuple[float, str]:
    """Return the time and the snapshot of a token; 0 and "" if PostgreSQL would reject it."""
    match = TOKEN.fullmatch(token) if len(token) <= MAX_TOKEN_LENGTH else None
    if match is None or not _is_snapshot(match[2]):
        return 0, ""
    return float(match[1]), match[2]


def _is_snapshot(text: str) -> bool:
    start, end, running = text.split(":")
    numbers: list[Any] = running.split(",") if running else []
    if not all(numbers):
        return False
    low, high, inner = int(start), int(end), [int(number) for number in numbers]
    in_order = all(one < other for one, other in pairwise(inner))
    return 0 < low <= high < 2**63 and in_order and all(low <= one < high for one in inner)
