"""Compute due times from arrival times, by the working calendar of a warehouse.

Nothing here reads a clock or the database. A later arrival never has an earlier due time. So
everything due before a moment arrived before some limit, and a search by due times finds it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from returns.calendar.holidays import holidays_of
from returns.models import Unit

# The due time beyond all calendars. Arrivals before EARLIEST_ARRIVAL count as EARLIEST_ARRIVAL.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
EARLIEST_ARRIVAL = datetime(1900, 1, 1, tzinfo=UTC)
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
HALF_DAY_CLOSES = time(13)
MIDNIGHT = time(0)
MICROSECOND = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)
NO_TIME = timedelta(0)
# How many years to search for a due time before giving up.
SEARCHED_YEARS = (3, 12, 48)

Hours = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a warehouse works, in the local times of its zone.

    ``week`` has the hours of each weekday, Monday first, or None for a day off. Closing at 00:00
    means at the end of the day. The warehouse stays closed on days in ``closed``, and opens on
    those in ``opened`` even if they are holidays.
    """

    zone: str
    week: tuple[Hours | None, ...]
    country: str = ""
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def fingerprint(self) -> str:
        """Return a text that is equal for equal calendars."""
        days = sorted(self.closed), sorted(self.opened)
        return repr((self.zone, self.week, self.country, days))

    def hours_of(self, day: date) -> Hours | None:
        """Return the opening and closing time of a day, or None if the warehouse stays closed.

        An extra opening day on a weekday off has the hours of the week's first working day.
        """
        usual = self.week[day.weekday()]
        if day in self.closed:
            return None
        if day in self.opened:
            return usual or next((hours for hours in self.week if hours), None)
        holiday = holidays_of(self.country, day.year).get(day)
        if holiday is None or usual is None:
            return usual
        return _morning(usual) if holiday.is_half else None


def _morning(usual: Hours) -> Hours | None:
    opens, closes = usual
    if opens >= HALF_DAY_CLOSES:
        return None
    return opens, HALF_DAY_CLOSES if closes == MIDNIGHT else min(closes, HALF_DAY_CLOSES)


@dataclass(frozen=True, slots=True)
class Shift:
    """The working time of one day, as moments; ``begins`` is the midnight at its start."""

    day: date
    begins: datetime
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Timetable:
    """The shifts of consecutive years, and the total time worked at the end of each shift."""

    shifts: list[Shift]
    begins: list[datetime]
    closes: list[datetime]
    worked: list[timedelta]

    def after_days(self, arrival: datetime, amount: int) -> datetime | None:
        """Return when the warehouse closes on the n-th working day after that of the arrival."""
        place = bisect_right(self.begins, arrival) + amount - 1
        return self.closes[place] if place < len(self.closes) else None

    def after_working(self, arrival: datetime, amount: timedelta) -> datetime | None:
        """Return the moment at which this much time has been worked since the arrival."""
        wanted = self._worked_at(arrival) + amount
        place = bisect_left(self.worked, wanted)
        if place == len(self.worked):
            return None
        return self.closes[place] - (self.worked[place] - wanted)

    def is_open(self, moment: datetime) -> bool:
        """Return whether the warehouse is open at a moment."""
        place = bisect_right(self.closes, moment)
        return place < len(self.shifts) and self.shifts[place].opens <= moment

    def _worked_at(self, moment: datetime) -> timedelta:
        place = bisect_right(self.closes, moment)
        before = self.worked[place - 1] if place else NO_TIME
        if place == len(self.shifts):
            return before
        return before + max(moment - self.shifts[place].opens, NO_TIME)


def due(calendar: Calendar, arrival: datetime, amount: int, unit: str) -> datetime:
    """Return the due time of an arrival: ``amount`` hours, working hours or business days later.

    Working hours count from the arrival, or from the next opening. Business days end when the
    warehouse closes on the last of them; the day of the arrival is not counted.
    """
    arrival = max(arrival.astimezone(UTC), EARLIEST_ARRIVAL)
    if arrival >= NEVER - SEARCHED_YEARS[-1] * 366 * ONE_DAY:
        return NEVER
    if unit == Unit.HOURS:
        return arrival + timedelta(hours=amount)
    for years in SEARCHED_YEARS:
        # Start a year earlier: in the warehouse's time zone it may still be the previous year.
        table = timetable(calendar, arrival.year - 1, years)
        if unit == Unit.BUSINESS_DAYS:
            due_at = table.after_days(arrival, amount)
        else:
            due_at = table.after_working(arrival, timedelta(hours=amount))
        if due_at:
            return due_at
    return NEVER


def latest_arrival_limit(calendar: Calendar, moment: datetime, amount: int, unit: str) -> datetime:
    """Return the first arrival that is not due before a moment, to the microsecond.

    Earlier arrivals are due before the moment; this one and later ones are not.
    """
    high, step = moment.astimezone(UTC), ONE_DAY
    low = high - step
    while low > EARLIEST_ARRIVAL and due(calendar, low, amount, unit) >= moment:
        high, step = low, 2 * step
        low -= step
    if due(calendar, low, amount, unit) >= moment:
        return BEFORE_ALL
    while high - low > MICROSECOND:
        middle = low + (high - low) // 2
        if due(calendar, middle, amount, unit) < moment:
            low = middle
        else:
            high = middle
    return high


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


# Compared by identity: it has thousands of values.
@dataclass(frozen=True, eq=False)
class DueTimes:
    """The due times of all arrivals within some years, as a table for PostgreSQL.

    Arrivals from ``breaks[i]`` until the next break are due at ``due[i]``. Where ``follows[i]``,
    the time since ``breaks[i]`` is added.
    """

    breaks: list[datetime]
    due: list[datetime]
    follows: list[bool]

    @cached_property
    def arrays(self) -> tuple[str, str, str]:
        """Return the three lists as PostgreSQL arrays, written once for all queries."""
        return _array(self.breaks), _array(self.due), _array(self.follows)


@lru_cache(maxsize=32)
def due_times(calendar: Calendar, amount: int, unit: str, first_year: int, years: int) -> DueTimes:
    """Return the due times of all arrivals within these years, in UTC."""
    begins = datetime(first_year, 1, 1, tzinfo=UTC)
    if unit == Unit.HOURS:
        breaks, follows = [begins], [True]
    else:
        table = timetable(calendar, first_year - 1, years + 2)
        breaks = sorted({begins, *_breaks(table, amount, unit)})
        follows = [unit == Unit.WORKING_HOURS and table.is_open(at) for at in breaks]
    return DueTimes(breaks, [due(calendar, at, amount, unit) for at in breaks], follows)


def _breaks(table: Timetable, amount: int, unit: str) -> Iterator[datetime]:
    """Yield the moments from which arrivals have a due time by another rule than before."""
    if unit == Unit.BUSINESS_DAYS:
        yield from table.begins
        return
    for place, shift in enumerate(table.shifts):
        yield from (shift.opens, shift.opens + MICROSECOND, shift.closes)
        # An arrival exactly ``amount`` working hours before the end of a shift is due at that
        # end; one just after it is due in the next shift.
        worked = table.worked[place] - timedelta(hours=amount)
        start = bisect_left(table.worked, worked)
        if worked > NO_TIME and start < len(table.closes):
            yield table.closes[start] - (table.worked[start] - worked) + MICROSECOND


@lru_cache(maxsize=128)
def timetable(calendar: Calendar, first_year: int, years: int) -> Timetable:
    """Return the shifts of these years."""
    shifts = [
        shift
        for year in range(first_year, first_year + years)
        for shift in _shifts_of(calendar, year)
    ]
    return Timetable(
        shifts,
        [shift.begins for shift in shifts],
        [shift.closes for shift in shifts],
        list(accumulate(shift.closes - shift.opens for shift in shifts)),
    )


@lru_cache(maxsize=256)
def _shifts_of(calendar: Calendar, year: int) -> list[Shift]:
    return list(_shifts(calendar, year))


def _shifts(calendar: Calendar, year: int) -> Iterator[Shift]:
    """Yield the shifts of a year, without one that a clock change skips entirely."""
    zone, day = ZoneInfo(calendar.zone), date(year, 1, 1)
    while day.year == year:
        if hours := calendar.hours_of(day):
            ends = day + ONE_DAY if hours[1] == MIDNIGHT else day
            begins, opens, closes = (
                datetime.combine(on, at, tzinfo=zone).astimezone(UTC)
                for on, at in ((day, MIDNIGHT), (day, hours[0]), (ends, hours[1]))
            )
            if opens < closes:
                yield Shift(day, begins, opens, closes)
        day += ONE_DAY
