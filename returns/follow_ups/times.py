"""When a follow-up is due: times on the clock of the person, whatever the clock does meanwhile."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(9)
WEEK_LENGTH = 7


def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment at which clocks in a zone show a time on a day.

    A time that the clocks skip in spring is as much later, so that nothing is early; of a time that
    they show twice in autumn it is the first.
    """
    return datetime.combine(day, at, zone)


def tomorrow_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Return nine o'clock of the day after."""
    return local_moment(now.astimezone(zone).date() + timedelta(days=1), MORNING, zone)


def next_monday_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Return nine o'clock of the next Monday; on a Monday, that of the week after."""
    today = now.astimezone(zone).date()
    return local_moment(today + timedelta(days=WEEK_LENGTH - today.weekday()), MORNING, zone)
