"""When a daily or weekly subscription is due next, on the clock of its owner."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from returns.follow_ups.times import local_moment

DAILY, WEEKLY = "day", "week"
LOOKED_AHEAD = 9  # days: a week, and those at its ends


def next_time(options: Mapping[str, Any], zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first time of a schedule after a moment, in UTC.

    There is one on each of its days: a time that the clocks skip in spring is as much later, and of
    one that they show twice in autumn it is the first.
    """
    at = time.fromisoformat(options["at"])
    today = after.astimezone(zone).date()
    days = (today + timedelta(days=number) for number in range(LOOKED_AHEAD))
    times = (local_moment(day, at, zone).astimezone(UTC) for day in days if _is_on(day, options))
    return next(each for each in times if each > after)


def _is_on(day: date, options: Mapping[str, Any]) -> bool:
    return bool(options["every"] == DAILY or day.weekday() == options["weekday"])
