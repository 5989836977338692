from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone

from returns.display.durations import age, duration, relative, short_age
from returns.display.values import compared, number, reference, state, when

NOW = datetime(2026, 11, 23, 11, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=-20), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=29), "29 d ago"),
        (timedelta(days=400), "1 y ago"),
        (timedelta(days=-2), "in 2 d"),
    ],
)
def test_relative_time_is_rounded_down_to_its_largest_unit(ago, words):
    assert relative(NOW - ago, NOW) == words


@time_machine.travel(NOW, tick=False)
def test_when_shows_relative_time_and_carries_the_exact_one_in_the_active_zone():
    with timezone.override("Europe/Istanbul"):
        html = when(NOW - timedelta(hours=3))
    assert 'title="Mon 23 Nov 2026, 11:05:12 GMT+3"' in html
    assert '<span aria-hidden="true">3 h ago</span>' in html
    assert '<span class="visually-hidden">23 Nov 2026, 11:05</span>' in html


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("ago", "text", "short"),
    [
        (timedelta(seconds=-20), "less than a minute", "0 s"),
        (timedelta(seconds=59), "less than a minute", "59 s"),
        (timedelta(minutes=1), "1 minute", "1 min"),
        (timedelta(hours=23, minutes=59), "23 hours", "23 h"),
        (timedelta(days=1), "1 day", "1 d"),
        (timedelta(days=100), "3 months", "3 mo"),
        (timedelta(days=800), "2 years", "2 y"),
    ],
)
def test_an_age_is_given_in_its_largest_unit(ago, text, short):
    assert (age(NOW - ago), short_age(NOW - ago)) == (text, short)


def test_when_keeps_the_microseconds_of_the_record():
    assert 'datetime="2026-11-23T11:05:12.000056+00:00"' in when(NOW.replace(microsecond=56))


@pytest.mark.parametrize(
    ("zone", "written"),
    [("UTC", "GMT"), ("Asia/Kolkata", "GMT+5:30"), ("America/St_Johns", "GMT-3:30")],
)
def test_a_zone_is_written_by_its_offset(zone, written):
    with timezone.override(zone):
        assert f" {written}" in when(NOW).partition('"><span')[0]


def test_a_missing_time_is_a_dash_that_is_read_as_not_yet():
    html = Template("{% load returns_display %}{% when t %}{% exact t %}").render(
        Context({"t": None})
    )
    assert html.count("not yet") == 2
    assert html.count("–") == 2


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(microseconds=56), "under a minute"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=4, minutes=5), "4 h 5 min"),
        (timedelta(days=2, hours=4, minutes=59), "2 d 4 h"),
        (timedelta(days=2, minutes=59), "2 d"),
        (timedelta(hours=-3), "3 h earlier"),
    ],
)
def test_a_duration_is_written_in_its_two_largest_units(length, words):
    assert duration(length) == words


def test_a_long_number_loses_its_middle_and_never_its_end():
    assert number("1201450414625470014100902000010012") == (
        '<span class="ends" title="1201450414625470014100902000010012"><bdi dir="ltr">12014504'
        '<span class="middle">146254700141009020</span>00010012</bdi></span>'
    )
    assert '">SHOP-2<span class="middle">026-IST</span>ANBUL-77</' in number(
        "SHOP-2026-ISTANBUL-77"
    )
    assert '">LPNT<span class="middle">EST00000</span>00000001</' in (
        reference("LPNTEST0000000000001")
    )
    assert number("Case-2201") == '<span class="ends"><bdi dir="ltr">Case-2201</bdi></span>'


@pytest.mark.parametrize(
    ("other", "shown"),
    [
        (None, "28 Nov 2026, 12:05"),
        ("2026-11-28T12:04:59Z", "28 Nov 2026, 12:05"),
        ("2026-11-28T12:05:01Z", "28 Nov 2026, 12:05:07"),
        ("2026-11-28T12:05:07.000056Z", "28 Nov 2026, 12:05:07.000000"),
        ("2026-11-28T12:05:07Z", "28 Nov 2026, 12:05"),
    ],
)
def test_a_changed_time_is_written_so_that_it_differs_from_the_other(other, shown):
    moment = datetime(2026, 11, 28, 12, 5, 7, tzinfo=UTC)
    with timezone.override("UTC"):
        html = compared(moment, datetime.fromisoformat(other) if other else None)
    assert f">{shown}</time>" in html


def test_a_state_is_shown_in_words():
    assert state("ArrivedToWarehouse") == '<span class="state arrived">Arrived</span>'
    assert state("<Lost>") == '<span class="state">&lt;Lost&gt;</span>'


def test_an_hour_that_clocks_go_through_twice_is_told_apart():
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    with timezone.override("Europe/Berlin"):
        texts = compared(first, second), compared(second, first)
    assert [text.partition("</time>")[0][-6:] for text in texts] == [" GMT+2", " GMT+1"]
