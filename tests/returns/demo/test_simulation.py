"""The simulated feed moves parcels on, through the door that the WMS's records use."""

import time
from datetime import timedelta
from random import Random

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from returns.demo import simulation
from returns.models import FeedRun, Outcome, Return, State, Way
from tests.factories import make_return


def send(event, now=None) -> Return | None:
    now = now or timezone.now()
    record = event(Random(1), now)
    if record is None:
        return None
    simulation.push_record(record)
    return Return.objects.get(return_reference_number=record.return_reference_number)


@pytest.mark.django_db
def test_a_parcel_arrives(vocabulary):
    waiting = make_return(state=State.CREATED, notes="Zu klein", tracking_id="1Z99")
    arrived = send(simulation._arriving)
    assert (arrived.pk, arrived.state) == (waiting.pk, State.ARRIVED)
    assert (arrived.notes, arrived.tracking_id) == ("Zu klein", "1Z99")


@pytest.mark.django_db
def test_a_parcel_is_completed(vocabulary):
    waiting = make_return(state=State.ARRIVED)
    completed = send(simulation._completed)
    assert (completed.pk, completed.state) == (waiting.pk, State.COMPLETED)
    assert completed.arrived_to_warehouse_at == waiting.arrived_to_warehouse_at


@pytest.mark.django_db
@pytest.mark.parametrize("event", [simulation._arriving, simulation._completed])
def test_very_old_parcels_stay_where_they_are(event):
    long_ago = timezone.now() - timedelta(days=90)
    make_return(state=State.CREATED, created_at=long_ago)
    make_return(state=State.ARRIVED, created_at=long_ago)
    assert send(event) is None


@pytest.mark.django_db
def test_a_corrected_return_is_left_to_people():
    make_return(state=State.ARRIVED, corrections={"notes": "as sent"})
    assert send(simulation._completed) is None


@pytest.mark.django_db
def test_new_returns_take_the_next_number(vocabulary):
    make_return("Return-20417")
    assert send(simulation._new).return_reference_number == "Return-20418"
    assert send(simulation._announced).return_reference_number == "Return-20419"


@pytest.mark.django_db
def test_each_record_is_a_push_that_was_read_to_its_end(vocabulary):
    assert send(simulation._new)
    run = FeedRun.objects.get()
    assert (run.way, run.origin, run.outcome) == (Way.PUSH, simulation.SOURCE, Outcome.DONE)
    assert (run.read, run.created, run.rejected) == (1, 1, 0)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_feed_goes_on_when_the_database_comes_back(vocabulary, monkeypatch, capsys):
    monkeypatch.setattr(simulation, "RECORD_PAUSE", (0.01, 0.02))
    monkeypatch.setattr(simulation, "RECONNECT_PAUSE", 0.05)
    feed = simulation.SimulatedFeed()
    feed.start()
    try:
        wait_for_more_than(3)
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
        wait_for_more_than(Return.objects.count() + 3)
    finally:
        feed.stop()
    assert not feed.is_alive()
    if not settings.DATABASE_POOLER:  # which gives it another connection unnoticed
        assert "The feed is waiting for the database" in capsys.readouterr().err


def wait_for_more_than(count: int) -> None:
    deadline = time.monotonic() + 20
    while Return.objects.count() <= count:
        assert time.monotonic() < deadline
        time.sleep(0.02)
