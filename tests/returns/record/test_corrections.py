"""A correction changes what is shown and keeps what the WMS had sent."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError

from returns.models import State
from returns.record.corrections import correct
from tests.factories import make_return

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, 0, 0, 56, tzinfo=UTC)
AFTERNOON = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
NOON_TEXT = "2026-03-01T12:00:00.000056+00:00"


def test_correction_keeps_what_the_wms_had_sent(admin):
    record = make_return(notes="too smal")
    assert correct(record, {"notes": "too small"}, by=admin) == ["notes"]
    assert (record.notes, record.corrections) == ("too small", {"notes": "too smal"})


def test_second_correction_keeps_the_older_value_of_the_wms(admin):
    record = make_return(tracking_id="111")
    correct(record, {"tracking_id": "222"}, by=admin)
    correct(record, {"tracking_id": "333"}, by=admin)
    assert (record.tracking_id, record.corrections) == ("333", {"tracking_id": "111"})


def test_going_back_to_the_value_of_the_wms_ends_the_correction(admin):
    record = make_return(tracking_id="111")
    correct(record, {"tracking_id": "222"}, by=admin)
    correct(record, {"tracking_id": "111"}, by=admin)
    assert record.corrections == {}


def test_state_and_its_times_are_corrected_as_one(admin):
    record = make_return(state=State.ARRIVED, arrived_to_warehouse_at=NOON)
    correct(record, {"state": State.COMPLETED, "completed_at": AFTERNOON}, by=admin)
    assert record.corrections == {
        "state": "ArrivedToWarehouse",
        "arrived_to_warehouse_at": NOON_TEXT,
        "completed_at": None,
    }


def test_state_and_times_stay_corrected_until_all_are_back(admin):
    record = make_return(state=State.COMPLETED, arrived_to_warehouse_at=NOON, completed_at=NOON)
    correct(record, {"arrived_to_warehouse_at": None, "completed_at": AFTERNOON}, by=admin)
    correct(record, {"arrived_to_warehouse_at": NOON}, by=admin)
    assert record.corrections.keys() == {"state", "arrived_to_warehouse_at", "completed_at"}
    correct(record, {"completed_at": NOON}, by=admin)
    assert record.corrections == {}


def test_same_value_again_writes_nothing(admin):
    record = make_return(notes="worn")
    assert correct(record, {"notes": "worn"}, by=admin) == []
    assert not record.events.exists()


def test_timeline_names_who_corrected(admin):
    record = make_return(notes="a")
    correct(record, {"notes": "b"}, by=admin)
    event = record.events.get()
    assert event.changes == {"notes": [], "corrections": [[], ["notes"]]}
    assert event.pgh_context["user"] == admin.pk
    assert event.pgh_context["source"] == "correction"


def test_what_others_wrote_meanwhile_stays(admin):
    record = make_return(notes="a", tracking_id="111")
    other = type(record).objects.get(pk=record.pk)
    correct(other, {"tracking_id": "222"}, by=admin)
    correct(record, {"notes": "b"}, by=admin)
    assert (record.notes, record.tracking_id) == ("b", "222")


def test_state_without_its_time_is_refused(admin):
    record = make_return()
    with pytest.raises(IntegrityError, match="return_state_matches_timestamps"):
        correct(record, {"state": State.COMPLETED}, by=admin)


@pytest.mark.parametrize("field", ["return_reference_number", "source", "corrections"])
def test_what_identifies_a_return_is_not_corrected(admin, field):
    with pytest.raises(ValueError, match=field):
        correct(make_return(), {field: "x"}, by=admin)
