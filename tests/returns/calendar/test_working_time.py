"""When something is due: worked examples, clocks that change, and the limit of what is late."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import example, given
from hypothesis import strategies as st

from returns.calendar.working_time import (
    BEFORE_ALL,
    MICROSECOND,
    NEVER,
    Calendar,
    due,
    due_times,
    latest_arrival_limit,
)
from returns.models import Unit
from tests.trials import tried_on

WEEK = (*[(time(9), time(18))] * 5, None, None)
ISTANBUL = Calendar("Europe/Istanbul", WEEK, "TR")
BERLIN = Calendar("Europe/Berlin", WEEK, "DE")
AROUND_THE_CLOCK = Calendar("Europe/Berlin", ((time(0), time(0)),) * 7)
NEVER_OPEN = Calendar("Europe/Istanbul", (None,) * 7)


def at(text: str, calendar: Calendar = ISTANBUL) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(calendar.zone))


def local_text(moment: datetime, calendar: Calendar = ISTANBUL) -> str:
    return f"{moment.astimezone(ZoneInfo(calendar.zone)):%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("arrival", "days", "expected"),
    [
        # An ordinary week; the day of arrival is day 0, early, late, or after closing.
        ("2026-11-23 00:00", 1, "Tue 2026-11-24 18:00"),
        ("2026-11-23 08:00", 1, "Tue 2026-11-24 18:00"),
        ("2026-11-23 17:59", 1, "Tue 2026-11-24 18:00"),
        ("2026-11-23 23:59", 1, "Tue 2026-11-24 18:00"),
        ("2026-11-23 10:00", 3, "Thu 2026-11-26 18:00"),
        ("2026-11-23 10:00", 5, "Mon 2026-11-30 18:00"),
        # Friday evening, and the weekend, whose day 0 is no business day.
        ("2026-11-27 19:30", 1, "Mon 2026-11-30 18:00"),
        ("2026-11-28 12:00", 1, "Mon 2026-11-30 18:00"),
        ("2026-11-29 12:00", 2, "Tue 2026-12-01 18:00"),
        # 28 October closes at 13:00, 29 October is Republic Day.
        ("2026-10-27 10:00", 1, "Wed 2026-10-28 13:00"),
        ("2026-10-27 10:00", 2, "Fri 2026-10-30 18:00"),
        ("2026-10-28 10:00", 1, "Fri 2026-10-30 18:00"),
        ("2026-10-28 15:00", 1, "Fri 2026-10-30 18:00"),
        # The eve of the Feast of Sacrifice, 26 May, is half a day; the 27th to the 30th are off.
        ("2026-05-25 10:00", 1, "Tue 2026-05-26 13:00"),
        ("2026-05-25 10:00", 2, "Mon 2026-06-01 18:00"),
        ("2026-05-28 10:00", 1, "Mon 2026-06-01 18:00"),
        # Ramadan's eve, 19 March, then Friday to Sunday.
        ("2026-03-18 10:00", 2, "Mon 2026-03-23 18:00"),
        # Over New Year.
        ("2026-12-31 10:00", 1, "Mon 2027-01-04 18:00"),
        ("2026-12-30 19:00", 2, "Mon 2027-01-04 18:00"),
        ("2026-01-01 10:00", 1, "Fri 2026-01-02 18:00"),
        # 261 days from Monday to Friday, less ten holidays on them: the last is the 251st.
        ("2026-01-01 10:00", 250, "Wed 2026-12-30 18:00"),
    ],
)
def test_business_days_in_istanbul(arrival, days, expected):
    assert local_text(due(ISTANBUL, at(arrival), days, Unit.BUSINESS_DAYS)) == expected


@pytest.mark.parametrize(
    ("arrival", "hours", "expected"),
    [
        ("2026-11-23 10:00", 4, "Mon 2026-11-23 14:00"),
        ("2026-11-23 10:00", 8, "Mon 2026-11-23 18:00"),
        ("2026-11-23 17:00", 2, "Tue 2026-11-24 10:00"),
        ("2026-11-23 07:00", 1, "Mon 2026-11-23 10:00"),
        ("2026-11-23 20:00", 1, "Tue 2026-11-24 10:00"),
        ("2026-11-27 17:30", 1, "Mon 2026-11-30 09:30"),
        ("2026-11-28 12:00", 9, "Mon 2026-11-30 18:00"),
        ("2026-10-28 12:00", 2, "Fri 2026-10-30 10:00"),
    ],
)
def test_working_hours_in_istanbul(arrival, hours, expected):
    assert local_text(due(ISTANBUL, at(arrival), hours, Unit.WORKING_HOURS)) == expected


@pytest.mark.parametrize(
    ("unit", "arrival", "amount", "expected"),
    [
        # 29 March 2026, 02:00: the hour to 03:00 is not there.
        (Unit.HOURS, "2026-03-28 12:00", 24, "Sun 2026-03-29 13:00"),
        (Unit.WORKING_HOURS, "2026-03-28 22:00", 8, "Sun 2026-03-29 07:00"),
        (Unit.BUSINESS_DAYS, "2026-03-28 12:00", 1, "Mon 2026-03-30 00:00"),
        # 25 October 2026, 03:00: the hour from 02:00 on is there twice.
        (Unit.HOURS, "2026-10-24 12:00", 24, "Sun 2026-10-25 11:00"),
        (Unit.WORKING_HOURS, "2026-10-24 22:00", 8, "Sun 2026-10-25 05:00"),
        (Unit.BUSINESS_DAYS, "2026-10-24 12:00", 2, "Tue 2026-10-27 00:00"),
    ],
)
def test_both_changes_of_the_clock_where_it_never_closes(unit, arrival, amount, expected):
    due_at = due(AROUND_THE_CLOCK, at(arrival, AROUND_THE_CLOCK), amount, unit)
    assert local_text(due_at, AROUND_THE_CLOCK) == expected


@pytest.mark.parametrize(("day", "utc"), [("2026-03-27", 16), ("2026-03-30", 16 - 1)])
def test_a_closing_time_is_that_of_the_clock_on_the_wall(day, utc):
    # Before and after the weekend on which the clocks of Berlin are put forward.
    calendar = Calendar("Europe/Berlin", (*[(time(9), time(17))] * 5, None, None))
    eve = at(f"{day} 10:00", calendar) - timedelta(days=1)
    assert due(calendar, eve, 1, Unit.BUSINESS_DAYS).hour == utc


def test_istanbul_has_no_change_of_the_clock():
    for month in range(1, 13):
        noon = datetime(2026, month, 1, 12, tzinfo=ZoneInfo("Europe/Istanbul"))
        assert noon.utcoffset() == timedelta(hours=3)


def test_the_same_arrival_is_due_by_the_warehouse_s_own_day():
    # In Auckland it is Tuesday already, in Los Angeles still Monday.
    arrival = datetime(2026, 11, 23, 20, tzinfo=UTC)
    for zone, expected in (
        ("Pacific/Auckland", "Wed 2026-11-25 18:00"),
        ("America/Los_Angeles", "Tue 2026-11-24 18:00"),
        ("Asia/Kathmandu", "Wed 2026-11-25 18:00"),
    ):
        calendar = Calendar(zone, WEEK)
        assert local_text(due(calendar, arrival, 1, Unit.BUSINESS_DAYS), calendar) == expected


def test_hours_that_the_clock_skips_are_no_working_time():
    skipped = Calendar("Europe/Berlin", (*[(time(9), time(10))] * 6, (time(2), time(3))))
    due_at = due(skipped, at("2026-03-28 12:00", skipped), 1, Unit.BUSINESS_DAYS)
    assert local_text(due_at, skipped) == "Mon 2026-03-30 10:00"


def test_people_close_and_open_days_whatever_the_holidays_say():
    closed, opened = date(2026, 11, 24), date(2026, 11, 28)
    calendar = Calendar("Europe/Istanbul", WEEK, "TR", frozenset({closed}), frozenset({opened}))
    for arrival, days, expected in (
        ("2026-11-23 10:00", 1, "Wed 2026-11-25 18:00"),
        ("2026-11-27 10:00", 1, "Sat 2026-11-28 18:00"),
    ):
        assert local_text(due(calendar, at(arrival), days, Unit.BUSINESS_DAYS)) == expected
    feast = frozenset({date(2026, 10, 29), date(2026, 10, 28)})
    calendar = Calendar("Europe/Istanbul", WEEK, "TR", opened=feast)
    due_at = due(calendar, at("2026-10-27 10:00"), 2, Unit.BUSINESS_DAYS)
    assert local_text(due_at) == "Thu 2026-10-29 18:00"


def test_an_afternoon_shift_is_off_on_half_a_day():
    late = Calendar("Europe/Istanbul", ((time(14), time(22)),) * 7, "TR")
    due_at = due(late, at("2026-10-27 10:00"), 1, Unit.BUSINESS_DAYS)
    assert local_text(due_at) == "Fri 2026-10-30 22:00"


def test_what_never_opens_is_never_due_and_nothing_is_late():
    now = at("2026-11-23 10:00")
    for unit in (Unit.WORKING_HOURS, Unit.BUSINESS_DAYS):
        assert due(NEVER_OPEN, now, 1, unit) == NEVER
        assert latest_arrival_limit(NEVER_OPEN, now, 1, unit) == BEFORE_ALL


CALENDARS = st.sampled_from(
    [
        ISTANBUL,
        BERLIN,
        AROUND_THE_CLOCK,
        Calendar("America/St_Johns", ((time(0, 30), time(1, 30)),) * 7, "CA"),
        Calendar("Australia/Lord_Howe", (None, (time(22), time(0)), *[None] * 5)),
    ]
)
MOMENTS = st.integers(0, 3 * 366 * 86_400_000_000).map(
    lambda microseconds: datetime(2025, 1, 1, tzinfo=UTC) + microseconds * MICROSECOND
)
TIMES = st.one_of(
    st.tuples(st.integers(1, 400), st.just(Unit.HOURS)),
    st.tuples(st.integers(1, 200), st.just(Unit.WORKING_HOURS)),
    st.tuples(st.integers(1, 60), st.just(Unit.BUSINESS_DAYS)),
)


@tried_on(300)
@given(CALENDARS, MOMENTS, MOMENTS, TIMES)
def test_who_comes_later_is_due_later(calendar, one, other, time_left):
    first, second = sorted((one, other))
    assert first < due(calendar, first, *time_left) <= due(calendar, second, *time_left)


@tried_on(300)
@given(CALENDARS, MOMENTS, TIMES)
@example(ISTANBUL, datetime(2026, 11, 24, 15, tzinfo=UTC), (1, Unit.BUSINESS_DAYS))
def test_the_limit_parts_late_from_not_late_to_the_microsecond(calendar, moment, time_left):
    limit = latest_arrival_limit(calendar, moment, *time_left)
    assert due(calendar, limit - MICROSECOND, *time_left) < moment
    assert due(calendar, limit, *time_left) >= moment


@pytest.mark.parametrize("year", [1, 1899, 1936, 8990, 9999])
def test_the_ends_of_the_calendar_are_due_too(year):
    arrival = datetime(year, 1, 1, tzinfo=UTC)
    for unit in Unit:
        assert BEFORE_ALL < due(ISTANBUL, arrival, 1, unit) <= NEVER


@pytest.mark.slow
@pytest.mark.django_db
@given(
    calendar=st.sampled_from([ISTANBUL, BERLIN, AROUND_THE_CLOCK]),
    unit=st.sampled_from(Unit.values),
    amount=st.integers(1, 40),
    hours=st.integers(0, 24 * 365 * 2),
    microseconds=st.sampled_from([-1, 0, 1, 1234567890]),
)
@tried_on(300)
def test_postgresql_finds_the_same_due_time(calendar, unit, amount, hours, microseconds):
    arrival = datetime(2025, 1, 1, 1, tzinfo=UTC) + timedelta(
        hours=hours, microseconds=microseconds
    )
    times = due_times(calendar, amount, unit, 2024, 4)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT returns_due(%s, %s, %s, %s)", [arrival, times.breaks, times.due, times.follows]
        )
        assert cursor.fetchone() == (due(calendar, arrival, amount, unit),)
