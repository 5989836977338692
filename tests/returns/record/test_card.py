"""The card of a return: sentences that an agent can read out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from returns.models import Return, State
from returns.record.card import build_card, spoken_day, spoken_duration, status_sentence

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday, 15:00 in Istanbul


@pytest.fixture(autouse=True)
def in_istanbul():
    with timezone.override(ZoneInfo("Europe/Istanbul")):
        yield


def returned(created=None, arrived=None, completed=None) -> Return:
    """Return a return whose times are so many hours before NOW."""
    times = [None if h is None else NOW - timedelta(hours=h) for h in (created, arrived, completed)]
    state = State.COMPLETED if times[2] else State.ARRIVED if times[1] else State.CREATED
    return Return(
        return_reference_number="Return-1",
        sales_order_reference_number="RSO1",
        state=state,
        created_at=times[0] or NOW - timedelta(days=9),
        arrived_to_warehouse_at=times[1],
        completed_at=times[2],
    )


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (
            returned(arrived=48 + 0.92),
            "Arrived at the warehouse on Monday at 14:04, waiting for inspection for 2 days.",
        ),
        (
            returned(arrived=3),
            "Arrived at the warehouse today at 12:00, waiting for inspection for 3 hours.",
        ),
        (
            returned(arrived=20),
            "Arrived at the warehouse yesterday at 19:00, waiting for inspection for 20 hours.",
        ),
        (
            returned(arrived=-1),  # the WMS's clock is ahead of ours
            "Arrived at the warehouse today at 16:00.",
        ),
        (
            returned(created=22 * 24),
            "Created on 3 November at 15:00, 22 days ago. The parcel has not arrived yet.",
        ),
        (
            returned(created=0),
            "Created today at 15:00, less than a minute ago. The parcel has not arrived yet.",
        ),
        (
            returned(arrived=100, completed=52),
            "Completed on Monday at 11:00, 2 days after it arrived.",
        ),
        (
            returned(arrived=2, completed=1.5),
            "Completed today at 13:30, 30 minutes after it arrived.",
        ),
        (
            returned(completed=24),
            "Completed yesterday at 15:00. The arrival time is unknown.",
        ),
        (
            returned(arrived=1, completed=2),  # completed before it arrived, says the WMS
            "Completed today at 13:00.",
        ),
        (
            returned(arrived=400 * 24, completed=399 * 24),
            "Completed on 22 October 2025 at 15:00, 1 day after it arrived.",
        ),
    ],
)
def test_the_status_is_one_sentence(record, sentence):
    assert status_sentence(record, NOW) == sentence


def test_a_day_is_the_person_s_own():
    late = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # after midnight in Istanbul
    assert spoken_day(late, NOW) == "today at 01:30"
    with timezone.override(ZoneInfo("America/New_York")):
        assert spoken_day(late, NOW) == "yesterday at 17:30"


def test_a_day_of_a_clock_change_has_its_own_hours():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        after = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # the hour from 2 to 3 came twice
        assert spoken_day(after, after + timedelta(hours=1)) == "today at 02:30"


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "1 hour"),
        (timedelta(hours=47, minutes=59), "1 day"),
        (timedelta(days=12, hours=23), "12 days"),
    ],
)
def test_a_duration_is_given_in_its_largest_unit(duration, text):
    assert spoken_duration(duration) == text


def test_the_rest_of_the_order_is_counted():
    record, others = returned(arrived=3), [returned(), returned(arrived=30, completed=2)]
    assert order_summary(record, others) == (
        "2 of the 3 returns of order RSO1 have arrived; 1 is completed."
    )
    done = [returned(arrived=9, completed=8), returned(arrived=9, completed=7)]
    assert order_summary(record, done) == (
        "All 3 returns of order RSO1 have arrived; 2 are completed."
    )
    assert order_summary(returned(), [record]) == ("1 of the 2 returns of order RSO1 has arrived.")
    assert order_summary(returned(), [returned()]) == (
        "None of the 2 returns of order RSO1 have arrived."
    )
    assert order_summary(record, []) == ""
    assert order_summary(record, others, more=True) == ""


def order_summary(record, others, *, more=False) -> str:
    return build_card(record, others, NOW, more=more).order_summary


def test_the_zone_is_named_where_it_is_not_the_warehouses():
    assert build_card(returned(), [], NOW).zone == ""
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert build_card(returned(), [], NOW).zone == "Europe/Berlin"
