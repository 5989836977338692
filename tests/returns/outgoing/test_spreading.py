"""Which events become deliveries of which subscriptions."""

import json

import pytest
from django.db import connection

from returns.models import Delivery, OutgoingEvent, Return
from returns.outgoing import filtering
from returns.outgoing.spreading import spread_next
from returns.privacy.redaction import redact_return
from tests.factories import make_return, make_returns, make_tag, put_tag
from tests.returns.outgoing.subscribing import subscribe

pytestmark = pytest.mark.django_db


def spread() -> None:
    while spread_next():
        pass


def sent_to(subscription) -> list[tuple[str, int]]:
    rows = Delivery.objects.filter(subscription=subscription).order_by("id")
    return list(rows.values_list("event__type", "record_id"))


def test_a_subscription_gets_what_matches_its_filter_and_its_types(vocabulary):
    tag = make_tag("urgent-refund")
    urgent = subscribe("https://a.example/", "return.created", parameters={"tag": [tag.pk]})
    arrivals = subscribe("https://b.example/", "return.arrived", parameters={"carrier": ["DHL"]})
    first, second = make_returns([{"cargo_carrier": "DHL", "state": "ArrivedToWarehouse"}, {}])
    put_tag(second, "urgent-refund")
    spread()
    assert sent_to(urgent) == [("return.created", second.pk)]
    assert sent_to(arrivals) == [("return.arrived", first.pk)]
    # Nobody asked for the others.
    assert OutgoingEvent.objects.count() == 2


def test_the_body_is_what_the_api_says_with_the_tags(vocabulary):
    subscribe("https://a.example/", "return.tagged")
    record = make_return("Return-1", notes="Torn.")
    put_tag(record, "books")
    spread()
    body = json.loads(OutgoingEvent.objects.get().body)
    assert body["type"] == "return.tagged"
    assert body["details"] == {"tag": "books"}
    data = body["data"]
    assert (data["returnReferenceNumber"], data["notes"], data["tag"]) == (
        *("Return-1", "Torn.", "books"),
    )


def test_two_subscriptions_get_equal_messages_with_one_id():
    subscribe("https://a.example/", "return.created")
    subscribe("https://b.example/", "return.created")
    make_return()
    spread()
    assert OutgoingEvent.objects.count() == 1
    assert Delivery.objects.count() == 2


def test_spreading_again_makes_nothing_twice():
    subscribe()
    make_return()
    spread()
    OutgoingEvent.objects.update(spread_at=None)
    spread()
    assert Delivery.objects.count() == 1


def test_a_subscription_whose_filter_is_no_longer_valid_is_set_aside():
    wrong = subscribe("https://a.example/", parameters={"tag": [987654]})
    right = subscribe("https://b.example/")
    record = make_return()
    spread()
    wrong.refresh_from_db()
    assert not wrong.is_on
    assert "filter" in wrong.off_because
    assert sent_to(right) == [("return.created", record.pk)]


def test_a_return_that_was_deleted_meanwhile_is_left_out():
    subscribe()
    record = make_return()
    Return.objects.filter(pk=record.pk).delete()
    spread()
    assert Delivery.objects.count() == 0


def test_a_redaction_takes_the_words_out_of_messages(admin):
    subscribe("https://a.example/", "return.created")
    record = make_return("Return-1", notes="A name of a shopper.")
    spread()
    assert "shopper" in OutgoingEvent.objects.get().body
    redact_return(record, "Return-1", "Asked for.", admin)
    assert OutgoingEvent.objects.get().body == ""


@pytest.mark.django_db(transaction=True)
def test_a_subscription_whose_filter_takes_too_long_is_set_aside(vocabulary, monkeypatch):
    monkeypatch.setattr(filtering, "MATCH_MILLISECONDS", 30)
    slow = subscribe("https://a.example/", parameters={"tag": [make_tag("books").pk]})
    make_return()
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE returns_returntag")
        spread()
    finally:
        other.close()
    slow.refresh_from_db()
    assert not slow.is_on
    assert "takes too long" in slow.off_because
