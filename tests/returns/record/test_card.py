"""The phone card: the state of a return in words that can be read out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from returns.models import Return, State
from returns.record.card import card_of, on_day, says, spoken

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
    ("record", "words"),
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
            "Announced on 3 November at 15:00, 22 days ago. The parcel has not arrived yet.",
        ),
        (
            returned(created=0),
            "Announced today at 15:00, less than a minute ago. The parcel has not arrived yet.",
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
            "Completed yesterday at 15:00. When it arrived is not known.",
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
def test_the_state_is_said_in_one_breath(record, words):
    assert says(record, NOW) == words


def test_a_day_is_the_person_s_own():
    late = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # after midnight in Istanbul
    assert on_day(late, NOW) == "today at 01:30"
    with timezone.override(ZoneInfo("America/New_York")):
        assert on_day(late, NOW) == "yesterday at 17:30"


def test_a_day_of_a_clock_change_has_its_own_hours():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        after = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # the hour from 2 to 3 came twice
        assert on_day(after, after + timedelta(hours=1)) == "today at 02:30"


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "1 hour"),
        (timedelta(hours=47, minutes=59), "1 day"),
        (timedelta(days=12, hours=23), "12 days"),
    ],
)
def test_a_duration_is_said_in_its_largest_unit(duration, words):
    assert spoken(duration) == words


def test_the_rest_of_the_order_is_counted():
    record, others = returned(arrived=3), [returned(), returned(arrived=30, completed=2)]
    said = card_of(record, others, NOW).of_the_order
    assert said == "2 of the 3 returns of order RSO1 have arrived, 1 of them completed."
    none = card_of(returned(), [returned()], NOW).of_the_order
    assert none == "None of the 2 returns of order RSO1 has arrived."
    assert card_of(record, [], NOW).of_the_order == ""
    assert card_of(record, others, NOW, more=True).of_the_order == ""


def test_the_zone_is_named_where_it_is_not_the_warehouses():
    assert card_of(returned(), [], NOW).zone == ""
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert card_of(returned(), [], NOW).zone == "Europe/Berlin"
