"""When something is due that arrived at a time, by the working calendar of a warehouse.

Nothing here reads a clock or the database. The later something arrives, the later it is due; so
what is due before a moment is what arrived before a limit, and the limit is found by asking for
due times alone.
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

# When something is due that no calendar reaches; what arrived before EARLIEST arrived then.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
HALF_DAY_CLOSES = time(13)
MIDNIGHT = time(0)
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
NO_TIME = timedelta(0)
# How many years are looked through for a due time, until it is given up.
YEARS = (3, 12, 48)

Hours = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a warehouse works, in the local times of its zone.

    ``week`` has the hours of each day of the week, Monday first, None for a day off. To close at
    00:00 is to close when the day ends. A day of ``closed`` is off; one of ``opened`` is not,
    whatever the holidays say.
    """

    zone: str
    week: tuple[Hours | None, ...]
    country: str = ""
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def in_short(self) -> str:
        """Return a text that is the same of calendars that are equal."""
        days = sorted(self.closed), sorted(self.opened)
        return repr((self.zone, self.week, self.country, days))

    def hours_of(self, day: date) -> Hours | None:
        """Return when the warehouse opens and closes on a day, or None when it stays closed.

        A day off of the week that is opened has the hours of the week's first working day.
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
    """The working time of one day, as moments; ``begins`` is the midnight before it."""

    day: date
    begins: datetime
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Timetable:
    """The shifts of some years in a row, and how much has been worked at the end of each."""

    shifts: list[Shift]
    begins: list[datetime]
    closes: list[datetime]
    worked: list[timedelta]

    def after_days(self, arrival: datetime, amount: int) -> datetime | None:
        """Return when the n-th working day after the day of the arrival closes."""
        place = bisect_right(self.begins, arrival) + amount - 1
        return self.closes[place] if place < len(self.closes) else None

    def after_working(self, arrival: datetime, amount: timedelta) -> datetime | None:
        """Return when so much time has been worked since the arrival."""
        wanted = self._worked_at(arrival) + amount
        place = bisect_left(self.worked, wanted)
        if place == len(self.worked):
            return None
        return self.closes[place] - (self.worked[place] - wanted)

    def is_open(self, moment: datetime) -> bool:
        """Tell whether the warehouse works at a moment."""
        place = bisect_right(self.closes, moment)
        return place < len(self.shifts) and self.shifts[place].opens <= moment

    def _worked_at(self, moment: datetime) -> timedelta:
        place = bisect_right(self.closes, moment)
        before = self.worked[place - 1] if place else NO_TIME
        if place == len(self.shifts):
            return before
        return before + max(moment - self.shifts[place].opens, NO_TIME)


def due(calendar: Calendar, arrival: datetime, amount: int, unit: str) -> datetime:
    """Return when something is due: so many hours, working hours or business days after arrival.

    Hours are those of the clock. Working hours begin at the arrival or when it opens next.
    Business days end when the last of them closes; the day of the arrival is not counted.
    """
    arrival = max(arrival.astimezone(UTC), EARLIEST)
    if arrival >= NEVER - YEARS[-1] * 366 * DAY:
        return NEVER
    if unit == Unit.HOURS:
        return arrival + timedelta(hours=amount)
    for years in YEARS:
        # From the year before: it may still be that year in the warehouse's zone.
        table = timetable(calendar, arrival.year - 1, years)
        if unit == Unit.BUSINESS_DAYS:
            found = table.after_days(arrival, amount)
        else:
            found = table.after_working(arrival, timedelta(hours=amount))
        if found:
            return found
    return NEVER


def latest_arrival_limit(calendar: Calendar, moment: datetime, amount: int, unit: str) -> datetime:
    """Return the first arrival that is not due before a moment, to the microsecond.

    What arrived before it is due before the moment; what arrived then or later is not.
    """
    high, step = moment.astimezone(UTC), DAY
    low = high - step
    while low > EARLIEST and due(calendar, low, amount, unit) >= moment:
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


# Compared as itself: there are thousands of values.
@dataclass(frozen=True, eq=False)
class DueTimes:
    """When what arrived within some years is due, as something that PostgreSQL can look up.

    What arrived from ``breaks[i]`` on and before the next is due at ``due[i]``, and as much later
    as it arrived after ``breaks[i]`` where ``follows[i]``.
    """

    breaks: list[datetime]
    due: list[datetime]
    follows: list[bool]

    @cached_property
    def arrays(self) -> tuple[str, str, str]:
        """Return the three as PostgreSQL reads arrays; thousands of values are written once."""
        return _array(self.breaks), _array(self.due), _array(self.follows)


@lru_cache(maxsize=32)
def due_times(calendar: Calendar, amount: int, unit: str, first_year: int, years: int) -> DueTimes:
    """Return the due times of what arrives within some years, in UTC."""
    begins = datetime(first_year, 1, 1, tzinfo=UTC)
    if unit == Unit.HOURS:
        breaks, follows = [begins], [True]
    else:
        table = timetable(calendar, first_year - 1, years + 2)
        breaks = sorted({begins, *_breaks(table, amount, unit)})
        follows = [unit == Unit.WORKING_HOURS and table.is_open(at) for at in breaks]
    return DueTimes(breaks, [due(calendar, at, amount, unit) for at in breaks], follows)


def _breaks(table: Timetable, amount: int, unit: str) -> Iterator[datetime]:
    """Yield from when on what arrives is due otherwise than what arrived before."""
    if unit == Unit.BUSINESS_DAYS:
        yield from table.begins
        return
    for place, shift in enumerate(table.shifts):
        yield from (shift.opens, shift.opens + MICROSECOND, shift.closes)
        # What arrives as much before the end of a shift as may be worked is due at that end, and
        # what arrives after it on the next day.
        worked = table.worked[place] - timedelta(hours=amount)
        start = bisect_left(table.worked, worked)
        if worked > NO_TIME and start < len(table.closes):
            yield table.closes[start] - (table.worked[start] - worked) + MICROSECOND


@lru_cache(maxsize=128)
def timetable(calendar: Calendar, first_year: int, years: int) -> Timetable:
    """Return the shifts of some years, from the first on."""
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
    """Yield the shifts of a year; where a clock that is put forward swallows one there is none."""
    zone, day = ZoneInfo(calendar.zone), date(year, 1, 1)
    while day.year == year:
        if hours := calendar.hours_of(day):
            ends = day + DAY if hours[1] == MIDNIGHT else day
            begins, opens, closes = (
                datetime.combine(on, at, tzinfo=zone).astimezone(UTC)
                for on, at in ((day, MIDNIGHT), (day, hours[0]), (ends, hours[1]))
            )
            if opens < closes:
                yield Shift(day, begins, opens, closes)
        day += DAY
