"""Daily and weekly times, against worked examples of the clocks of Berlin and New York."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from returns.outgoing.schedules import next_time

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(at: str) -> dict[str, object]:
    return {"every": "day", "at": at}


@pytest.mark.parametrize(
    ("at", "zone", "after", "times"),
    [
        # 2026-03-29: from 2:00 to 3:00. 2:30 does not exist, so it is 3:30 (1:30 UTC), once.
        ("02:30", BERLIN, "2026-03-28T00:00", ["03-28T01:30", "03-29T01:30", "03-30T00:30"]),
        # 2026-10-25: from 3:00 back to 2:00. 2:30 comes twice, and only the first one counts.
        ("02:30", BERLIN, "2026-10-24T00:00", ["10-24T00:30", "10-25T00:30", "10-26T01:30"]),
        # Whoever asks between the two of them gets the next day.
        ("02:30", BERLIN, "2026-10-25T01:00", ["10-26T01:30"]),
        ("09:00", BERLIN, "2026-03-28T08:00", ["03-29T07:00", "03-30T07:00"]),
        # 2026-03-08 and 2026-11-01 in New York.
        ("02:30", NEW_YORK, "2026-03-07T08:00", ["03-08T07:30", "03-09T06:30"]),
        ("01:30", NEW_YORK, "2026-10-31T12:00", ["11-01T05:30", "11-02T06:30"]),
    ],
)
def test_each_day_has_one_time_whatever_the_clocks_do(at, zone, after, times):
    moment = utc(after)
    for expected in times:
        moment = next_time(daily(at), zone, moment)
        assert moment == utc(f"2026-{expected}")


def test_a_week_has_one_time_on_its_day():
    options = {"every": "week", "weekday": 0, "at": "08:15"}
    first = next_time(options, BERLIN, utc("2026-03-23T07:15"))  # a Monday, at that very time
    assert first == utc("2026-03-30T06:15")
    assert next_time(options, BERLIN, first) == utc("2026-04-06T06:15")
