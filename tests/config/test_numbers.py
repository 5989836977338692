"""Numbers and dates as each language writes them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from config import dates
from config.numbers import decimal, grouped, percent
from returns.display.durations import age, duration, relative, short_age

NOW = datetime(2026, 11, 28, 14, 5, tzinfo=UTC)
SATURDAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("language", "number", "fraction", "share"),
    [
        ("en", "1,234,567", "1,234.5", "12%"),
        ("tr", "1.234.567", "1.234,5", "%12"),
        ("de", "1.234.567", "1.234,5", "12\xa0%"),
    ],
)
def test_numbers_are_written_by_language(language, number, fraction, share):
    with translation.override(language):
        assert grouped(1_234_567) == number
        assert grouped(999) == "999"
        assert decimal(1234.5) == fraction
        assert percent(12) == share


@pytest.mark.parametrize(
    ("language", "minute", "weekday"),
    [
        ("en", "28 Nov 2026, 14:05", "Sat 28 Nov"),
        ("tr", "28 Kas 2026 14:05", "28 Kas Cmt"),
        ("de", "28. Nov 2026, 14:05", "Sa, 28. Nov"),
    ],
)
def test_dates_are_written_by_language(language, minute, weekday):
    with translation.override(language):
        assert dates.to_the_minute(NOW) == minute
        assert dates.weekday_and_day(SATURDAY) == weekday


@pytest.mark.parametrize("month", range(1, 13))
def test_months_have_three_or_four_letters_and_a_capital_in_every_language(month):
    for language in ("en", "tr", "de"):
        with translation.override(language):
            name = dates.date_words().months[month - 1]
        assert name[0].isupper()
        assert 3 <= len(name) <= 5


@pytest.mark.parametrize(
    ("language", "ago", "later", "days", "long"),
    [
        ("en", "3 h ago", "in 1 d", "2 d ago", "2 d 4 h"),
        ("tr", "3 sa. önce", "1 gün sonra", "2 gün önce", "2 gün 4 sa."),
        ("de", "vor 3 Std.", "in 1 Tag", "vor 2 Tagen", "2 Tage 4 Std."),
    ],
)
def test_times_are_told_by_language(language, ago, later, days, long):
    with translation.override(language):
        assert relative(NOW - timedelta(hours=3), NOW) == ago
        assert relative(NOW + timedelta(days=1), NOW) == later
        assert relative(NOW - timedelta(days=2), NOW) == days
        assert duration(timedelta(days=2, hours=4)) == long


def test_no_age_is_without_words_in_any_language(time_machine):
    time_machine.move_to(NOW, tick=False)
    spans = [timedelta(seconds=5), *(timedelta(**{unit: 2}) for unit in ("minutes", "hours"))]
    spans += [timedelta(days=days) for days in (1, 2, 45, 800)]
    for language in ("en", "tr", "de"):
        with translation.override(language):
            told = [text(NOW - span) for span in spans for text in (age, short_age)]
        assert all("%" not in text and len(text) > 2 for text in told)
        assert len(set(told)) >= len(spans)
