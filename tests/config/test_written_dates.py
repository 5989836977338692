"""Dates and numbers as people type them: in their own language's form, or in that of machines."""

from datetime import date, datetime

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_AP
from django.utils.translation import override

from config.dates import full_day, to_the_minute
from config.forms import WholeNumberField
from config.numbers import grouped, ungrouped
from config.written_dates import in_numbers, read_day, read_time

LANGUAGES = [code for code, _ in settings.LANGUAGES]
each_language = pytest.mark.parametrize("language", LANGUAGES)
DAY = date(2026, 11, 28)


@each_language
def test_a_day_is_read_as_pages_and_people_write_it(language):
    for month in range(1, 13):
        day = date(2026, month, 28)
        with override(language):
            names = {str(months[month]) for months in (MONTHS, MONTHS_3, MONTHS_AP)}
            written = {full_day(day), in_numbers(day), day.isoformat()}
        written |= {f"{day.day}{mark} {name} 2026" for name in names for mark in ("", ".")}
        written |= {text.upper() for text in written}
        assert {text: read_day(text) for text in written} == dict.fromkeys(written, day)


@pytest.mark.parametrize(
    "text",
    [
        *("28.11.2026", "28/11/2026", "28-11-2026", "28.11.26", " 2026-11-28 ", "20261128"),
        *("28 Kas 2026", "28 KASIM 2026", "28. Nov 2026", "28. November 2026", "28 Nov 2026"),
        "Nov 28, 2026",
    ],
)
@each_language
def test_a_day_means_the_same_whatever_language_its_reader_has(language, text):
    with override(language):
        assert read_day(text) == DAY


@pytest.mark.parametrize(
    "text",
    [
        *("", "28.11.", "11/28/2026", "30.02.2026", "2026-02-30", "28 Foo 2026", "tomorrow"),
        *("28.11.2026 14:05", "2026-11-28T14:05", "46000", "1/2"),
    ],
)
def test_what_is_no_day_is_none(text):
    assert read_day(text) is None


@each_language
def test_a_time_is_read_as_pages_write_it(language):
    time = datetime(2026, 3, 28, 14, 5)  # noqa: DTZ001
    with override(language):
        written = [to_the_minute(time), f"{in_numbers(time)} 14:05", f"{in_numbers(time)}, 14.05"]
    assert [read_time(text) for text in written] == [time] * 3


def test_a_day_in_numbers_is_that_of_the_language():
    said = {}
    for language in LANGUAGES:
        with override(language):
            said[language] = in_numbers(DAY)
    assert said == {"tr": "28.11.2026", "de": "28.11.2026", "en": "28/11/2026"}


@each_language
def test_a_whole_number_may_be_grouped_as_the_language_does_it(language):
    field = WholeNumberField(max_value=2_000_000)
    with override(language):
        for number in (0, 7, 999, 1000, 1500, 12_345, 1_234_567):
            assert field.clean(grouped(number)) == field.clean(f" {number} ") == number
        assert field.clean(1000) == 1000
        other = {"en": "1.500", "tr": "1,500", "de": "1,500"}[language]
        for text in (other, "1.5", "1,5", "x"):
            with pytest.raises(ValidationError):
                field.clean(text)


@each_language
def test_only_whole_groups_are_taken_for_thousands(language):
    with override(language):
        for text in ("1", "0.125", "0,125", "12.34", "12,34", "1234.567", "1.23.456", "", "x"):
            assert ungrouped(text) == text
