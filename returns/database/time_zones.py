"""A check that Python and PostgreSQL agree about the warehouse's time zone.

Each has its own time zone data. Lists use Python's days, reports use PostgreSQL's. If the data
differ, the number in a report may differ from its list around some midnights.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import checks
from django.db import DataError, connections
from django.utils import timezone

# As far back as reports usually go, and a year ahead.
YEARS_BACK, YEAR_AHEAD = timedelta(days=5 * 366), timedelta(days=366)
SELECT_LOCAL_TIMES = """
    SELECT moment, moment AT TIME ZONE %s
    FROM generate_series(%s::timestamptz, %s, interval '12 hours') AS moment
"""
UPDATE_HINT = (
    "Update the older time zone data (tzdata): on the database server or on this computer."
)


def check_time_zone_data(
    *, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """Warn if local times differ, compared twice a day, or if PostgreSQL lacks the time zone."""
    if "default" not in (databases or ()):
        return []
    name = settings.TIME_ZONE
    zone = ZoneInfo(name)
    try:
        local_times = _read_by_postgres(name)
    except DataError:
        return [
            checks.Error(
                f"PostgreSQL has no time zone {name!r}.", hint=UPDATE_HINT, id="returns.E001"
            )
        ]
    days = [
        moment.date()
        for moment, postgres_time in local_times
        if _local_time(moment, zone) != postgres_time
    ]
    if not days:
        return []
    message = f"Python and PostgreSQL have different times for {name} from {days[0]} to {days[-1]}."
    return [checks.Warning(message, hint=UPDATE_HINT, id="returns.W001")]


def _read_by_postgres(name: str) -> list[tuple[datetime, datetime]]:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    with connections["default"].cursor() as cursor:
        cursor.execute(SELECT_LOCAL_TIMES, [name, now - YEARS_BACK, now + YEAR_AHEAD])
        return list(cursor.fetchall())


def _local_time(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
