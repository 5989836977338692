"""Whether Python and PostgreSQL read the same clock in the warehouse's zone.

Each has time zone data of its own. The lists' days are Python's, those of the reports PostgreSQL's:
where one is older than the other, a number may differ from its list around some midnights.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import checks
from django.db import DataError, connections
from django.utils import timezone

# As far back as people look into their reports, and a year ahead.
BACK, AHEAD = timedelta(days=5 * 366), timedelta(days=366)
READ = """
    SELECT moment, moment AT TIME ZONE %s
    FROM generate_series(%s::timestamptz, %s, interval '12 hours') AS moment
"""
UPDATE = "Update the tzdata of the older one: the database server's, or this computer's."


def check_clocks(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Compare both, twice a day; say where they differ, or that PostgreSQL lacks the zone."""
    if "default" not in (databases or ()):
        return []
    name = settings.TIME_ZONE
    zone = ZoneInfo(name)
    try:
        read = _read_by_postgres(name)
    except DataError:
        return [
            checks.Error(f"PostgreSQL has no time zone {name!r}.", hint=UPDATE, id="returns.E001")
        ]
    days = [moment.date() for moment, there in read if _here(moment, zone) != there]
    if not days:
        return []
    words = f"Python and PostgreSQL read different times in {name}, from {days[0]} to {days[-1]}."
    return [checks.Warning(words, hint=UPDATE, id="returns.W001")]


def _read_by_postgres(name: str) -> list[tuple[datetime, datetime]]:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    with connections["default"].cursor() as cursor:
        cursor.execute(READ, [name, now - BACK, now + AHEAD])
        return list(cursor.fetchall())


def _here(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
