from datetime import UTC, datetime

import pytest

from returns.filters.dates import parse_moment

# Half past midnight on a Monday in Istanbul is still Sunday in London.
NOW = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-20", "2026-11-20T00:00+03:00", "2026-11-21T00:00+03:00"),
        ("20261120", "2026-11-20T00:00+03:00", "2026-11-21T00:00+03:00"),
        ("today", "2026-11-23T00:00+03:00", "2026-11-24T00:00+03:00"),
        ("yesterday", "2026-11-22T00:00+03:00", "2026-11-23T00:00+03:00"),
        ("week", "2026-11-23T00:00+03:00", "2026-11-30T00:00+03:00"),
        ("month", "2026-11-01T00:00+03:00", "2026-12-01T00:00+03:00"),
        ("-7d", "2026-11-16T00:00+03:00", "2026-11-17T00:00+03:00"),
        ("2026-11-20T10:00", "2026-11-20T10:00+03:00", "2026-11-20T10:00:00.000001+03:00"),
        ("2026-11-20T10:00Z", "2026-11-20T10:00+00:00", "2026-11-20T10:00:00.000001+00:00"),
    ],
)
def test_words_for_days_mean_days_of_the_warehouse(text, start, end):
    assert parse_moment(text, end=False, now=NOW) == datetime.fromisoformat(start)
    assert parse_moment(text, end=True, now=NOW) == datetime.fromisoformat(end)


@pytest.mark.parametrize("text", ["next month", "2026-13-01", "2026-02-30", "-99999d", "7d", "1"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises((ValueError, OverflowError)):
        parse_moment(text, end=False, now=NOW)
