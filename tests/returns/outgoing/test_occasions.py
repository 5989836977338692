"""What begins to match, passes a number, comes at a time or is silent is told once."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models.functions import Now
from django.utils import timezone

from returns.models import (
    Channel,
    Delivery,
    FeedRun,
    MatchedReturn,
    Occasion,
    OutgoingEvent,
    Return,
    Subscription,
)
from returns.outgoing import editing, matches
from returns.outgoing.delivering import body_of
from returns.outgoing.occasions import look_next
from returns.outgoing.spreading import spread_next
from tests.factories import make_return, make_returns, make_tag, put_tag
from tests.returns.outgoing.subscribing import notify, subscribe

pytestmark = pytest.mark.django_db


def spread() -> None:
    while spread_next():
        pass


def look(subscription: Subscription) -> None:
    """Let its next look be due, and look."""
    Subscription.objects.filter(pk=subscription.pk).update(next_at=Now() - timedelta(seconds=1))
    look_next()
    subscription.refresh_from_db()


def told(subscription: Subscription) -> list[dict]:
    events = OutgoingEvent.objects.filter(delivery__subscription=subscription).order_by("id")
    return [event.details for event in events]


def test_a_return_that_begins_to_match_is_told_and_one_that_matches_already_is_not(agent):
    make_return(cargo_carrier="DHL")
    entry = notify(agent, Occasion.MATCH, parameters={"carrier": ["DHL"]})
    other = make_return(cargo_carrier="UPS")
    spread()
    assert told(entry) == []
    Return.objects.filter(pk=other.pk).update(cargo_carrier="DHL")
    spread()
    assert told(entry) == [{"count": 1}]
    assert Delivery.objects.get().record_id == other.pk
    # It changes, and matches as before.
    Return.objects.filter(pk=other.pk).update(notes="x")
    spread()
    assert len(told(entry)) == 1
    # It leaves, and comes back.
    Return.objects.filter(pk=other.pk).update(cargo_carrier="UPS")
    spread()
    Return.objects.filter(pk=other.pk).update(cargo_carrier="DHL")
    spread()
    assert len(told(entry)) == 2


def test_a_tag_makes_it_match_too(agent, vocabulary):
    record = make_return()
    tag = make_tag("books")
    entry = notify(agent, Occasion.MATCH, parameters={"tag": [tag.pk]})
    put_tag(record, "books", agent)
    spread()
    assert told(entry) == [{"count": 1}]


def test_many_at_once_are_one_event_for_people_and_one_each_for_programs(agent):
    entry = notify(agent, Occasion.MATCH)
    program = subscribe("https://shop.example/", name="Program", occasion=Occasion.MATCH)
    records = make_returns([{}] * 30)
    spread()
    first = [record.pk for record in records[: matches.MAX_NAMED]]
    assert told(entry) == [{"count": 30, "records": first}]
    deliveries = Delivery.objects.filter(subscription=program)
    assert deliveries.count() == 30
    assert '"type":"return.matched"' in body_of(deliveries[0].event)
    assert records[0].return_reference_number in body_of(deliveries.order_by("id")[0].event)


def test_what_time_alone_makes_match_is_found_by_looking(agent):
    at = timezone.now() - timedelta(hours=9, minutes=59)
    record = make_return(state="ArrivedToWarehouse", created_at=at, arrived_to_warehouse_at=at)
    entry = notify(agent, Occasion.MATCH, parameters={"waiting_over": ["10"]})
    look(entry)
    assert told(entry) == []
    Return.objects.filter(pk=record.pk).update(arrived_to_warehouse_at=at - timedelta(minutes=2))
    OutgoingEvent.objects.all().delete()
    look(entry)
    look(entry)
    assert told(entry) == [{"count": 1}]
    assert timedelta(0) < entry.next_at - timezone.now() < timedelta(minutes=6)


def test_what_began_to_match_while_it_was_off_is_no_news(agent):
    entry = notify(agent, Occasion.MATCH, parameters={"carrier": ["DHL"]})
    editing.switch(entry, on=False)
    assert not MatchedReturn.objects.exists()
    make_return(cargo_carrier="DHL")
    spread()
    editing.switch(entry, on=True)
    spread()
    look(entry)
    assert told(entry) == []
    assert MatchedReturn.objects.count() == 1


def test_a_filter_that_matches_too_many_is_refused(agent, monkeypatch):
    make_returns([{}] * 3)
    monkeypatch.setattr(matches, "MAX_OF_FILTER", 2)
    with pytest.raises(ValidationError, match="Narrow its filter"):
        notify(agent, Occasion.MATCH)
    assert not Subscription.objects.exists()


def test_a_number_is_told_when_it_is_passed_and_again_only_after_it_was_below(agent):
    entry = notify(agent, Occasion.COUNT, parameters={"carrier": ["DHL"]}, options={"above": 2})
    records = make_returns([{"cargo_carrier": "DHL"}] * 3)
    look(entry)
    look(entry)
    assert told(entry) == [{"count": 3, "above": 2}]

    def take(number: int) -> None:
        ids = [record.pk for record in records[:number]]
        Return.objects.filter(pk__in=ids).update(cargo_carrier="UPS")
        Return.objects.exclude(pk__in=ids).update(cargo_carrier="DHL")
        look(entry)

    take(1)  # two are not fewer than two
    take(0)
    assert len(told(entry)) == 1
    take(2)
    take(0)
    assert len(told(entry)) == 2


def test_a_number_that_is_passed_already_is_no_news(agent):
    make_returns([{}] * 2)
    entry = notify(agent, Occasion.COUNT, options={"above": 1})
    look(entry)
    assert told(entry) == []


def test_a_time_that_nobody_worked_at_is_told_once_and_late(agent):
    make_return()
    entry = notify(agent, Occasion.TIMED, options={"every": "day", "at": "09:00"})
    week_ago = timezone.now() - timedelta(days=7)
    Subscription.objects.filter(pk=entry.pk).update(next_at=week_ago)
    look_next()
    look_next()
    assert told(entry) == [{"count": 1}]
    entry.refresh_from_db()
    assert timezone.now() < entry.next_at < timezone.now() + timedelta(hours=25)


def test_each_silence_is_told_once(agent):
    entry = notify(agent, Occasion.SILENCE, options={"minutes": 30})
    at = timezone.now() - timedelta(hours=5)
    run = FeedRun.objects.create(
        way="pull", origin="https://wms.example", outcome="done", began_at=at, ended_at=at
    )
    look(entry)
    look(entry)
    assert len(told(entry)) == 1
    FeedRun.objects.filter(pk=run.pk).update(ended_at=at + timedelta(hours=2))
    look(entry)
    assert len(told(entry)) == 2


def test_a_wrong_filter_sets_it_aside(agent):
    entry = notify(agent, Occasion.COUNT, options={"above": 2})
    Subscription.objects.filter(pk=entry.pk).update(parameters={"state": ["Lost"]})
    look(entry)
    assert not entry.is_on
    assert "no longer valid" in entry.off_because


def test_nothing_is_looked_at_that_is_off(agent):
    entry = notify(agent, Occasion.COUNT, Channel.BELL, options={"above": 0})
    editing.switch(entry, on=False)
    make_return()
    look(entry)
    assert told(entry) == []
