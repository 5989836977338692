"""Messages arrive at least once, in order for each return, and nobody is hammered."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from returns.models import Delivery, DeliveryStatus, Notice, OutgoingEvent, Return
from returns.outgoing import delivering, replaying
from returns.outgoing.delivering import serve
from returns.outgoing.noting import MAX_ATTEMPTS, PAUSES
from returns.outgoing.spreading import spread_next
from returns.people.roles import ADMIN
from tests.factories import make_return, make_returns
from tests.receiver import running
from tests.returns.outgoing.subscribing import subscribe

pytestmark = pytest.mark.django_db
GOING_ON = threading.Event()


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]


def send(subscription) -> None:
    """Spread what happened, and serve the subscription once."""
    while spread_next():
        pass
    serve(subscription.pk, GOING_ON)
    subscription.refresh_from_db()


def make_due(subscription) -> None:
    """Let the time of all pauses be over."""
    long_ago = Now() - timedelta(minutes=1)
    Delivery.objects.filter(subscription=subscription).update(try_at=long_ago)
    type(subscription).objects.filter(pk=subscription.pk).update(retry_at=None, minute_at=None)


def types_of(receiver) -> list[str]:
    return [body.split(b'"')[3].decode() for _, body in receiver.ledger]


def test_everything_arrives_in_order_and_once():
    with running() as receiver:
        subscription = subscribe(receiver.address)
        make_return(state="Completed")
        send(subscription)
        send(subscription)
    assert types_of(receiver) == ["return.created", "return.arrived", "return.completed"]
    assert len(set(receiver.ids)) == 3
    assert set(Delivery.objects.values_list("status", "answer")) == {("sent", 204)}


def test_a_failed_message_holds_up_its_return_and_no_other():
    with running("failing", statuses=[400]) as receiver:
        subscription = subscribe(receiver.address, "return.created", "return.arrived")
        first, second = make_returns([{"state": "ArrivedToWarehouse"}] * 2)
        send(subscription)
        waiting = Delivery.objects.filter(status=DeliveryStatus.WAITING)
        assert set(waiting.values_list("record_id", flat=True)) == {first.pk}
        assert waiting.count() == 2
        make_due(subscription)
        send(subscription)
    assert [first.pk, second.pk] == [first.pk, first.pk + 1]
    assert types_of(receiver) == [
        # The first one is refused, the second return goes on.
        *("return.created", "return.created", "return.arrived"),
        *("return.created", "return.arrived"),
    ]
    assert receiver.ids[0] == receiver.ids[3]


def test_a_receiver_in_trouble_is_probed_by_one_message_at_a_time():
    with running("failing", statuses=[500, 500]) as receiver:
        subscription = subscribe(receiver.address, "return.created")
        make_returns([{}] * 5)
        send(subscription)
        assert (len(receiver.ledger), subscription.failures) == (1, 1)
        send(subscription)
        assert len(receiver.ledger) == 1  # it pauses
        make_due(subscription)
        send(subscription)
        assert (len(receiver.ledger), subscription.failures) == (2, 2)
        make_due(subscription)
        send(subscription)
    assert (len(receiver.ledger), subscription.failures) == (7, 0)


def test_pauses_grow_to_about_15_attempts_in_three_days():
    assert list(PAUSES) == sorted(PAUSES)
    assert MAX_ATTEMPTS == 15
    assert 70 * 3600 < sum(PAUSES) < 74 * 3600


def test_after_the_last_attempt_it_is_set_aside_and_says_why():
    with running("failing", statuses=[500] * 20) as receiver:
        subscription = subscribe(receiver.address, "return.created")
        make_return()
        for _ in range(MAX_ATTEMPTS):
            assert subscription.is_on
            send(subscription)
            make_due(subscription)
    assert len(receiver.ledger) == MAX_ATTEMPTS
    assert not subscription.is_on
    assert "status 500" in subscription.off_because
    assert len(set(receiver.ids)) == 1


def test_a_receiver_that_is_gone_is_set_aside_at_once():
    with running("failing", statuses=[410]) as receiver:
        subscription = subscribe(receiver.address, "return.created")
        make_return()
        send(subscription)
    assert not subscription.is_on
    assert "410" in subscription.off_because
    notice = Notice.objects.get(person=subscription.owner)
    assert subscription.name in notice.text
    assert "410" in notice.text
    assert notice.path == reverse("subscription", args=[subscription.pk])


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_to_wait_is_left_alone_for_so_long(status):
    with running("failing", statuses=[status], headers={"Retry-After": "7200"}) as receiver:
        subscription = subscribe(receiver.address, "return.created")
        make_return()
        send(subscription)
    assert subscription.retry_at > timezone.now() + timedelta(seconds=7000)


def test_no_more_than_the_rate_is_sent_in_a_minute():
    with running() as receiver:
        subscription = subscribe(receiver.address, "return.created", rate=3)
        make_returns([{}] * 5)
        send(subscription)
        send(subscription)
        assert len(receiver.ledger) == 3
        make_due(subscription)
        send(subscription)
    assert len(receiver.ledger) == 5


def test_a_crash_between_sent_and_noted_sends_the_same_message_again(monkeypatch):
    def crash(*_, **__):
        raise KeyboardInterrupt

    with running() as receiver:
        subscription = subscribe(receiver.address, "return.created")
        make_return()
        monkeypatch.setattr(delivering, "note", crash)
        with pytest.raises(KeyboardInterrupt):
            send(subscription)
        monkeypatch.undo()
        send(subscription)
    assert len(receiver.ledger) == 2
    assert len(set(receiver.ids)) == 1
    assert receiver.ledger[0][1] == receiver.ledger[1][1]


def test_an_owner_who_may_no_longer_send_sends_nothing(make_person):
    person = make_person("leaver", ADMIN)
    with running() as receiver:
        subscription = subscribe(receiver.address, owner=person)
        make_return()
        person.groups.clear()
        send(subscription)
        assert receiver.ledger == []
    assert not subscription.is_on


def test_secrets_of_another_key_set_it_aside(settings):
    with running() as receiver:
        subscription = subscribe(receiver.address)
        make_return()
        settings.SECRET_KEY = "another key of many different characters, of 50 and more"
        send(subscription)
        assert receiver.ledger == []
    assert "SECRET_KEY" in subscription.off_because


def test_a_span_is_sent_again_with_the_same_ids_in_order():
    with running() as receiver:
        subscription = subscribe(receiver.address)
        make_return(state="Completed")
        send(subscription)
        now = timezone.now()
        hour = timedelta(hours=1)
        assert replaying.replay(subscription, now - 2 * hour, now - hour) == 0
        assert replaying.replay(subscription, now - hour, now + hour) == 3
        send(subscription)
    assert receiver.ids[:3] == receiver.ids[3:]


def test_one_message_is_sent_again_and_a_test_too():
    with running() as receiver:
        subscription = subscribe(receiver.address, "return.created")
        make_return()
        send(subscription)
        assert replaying.replay_one(subscription, Delivery.objects.get().pk) == 1
        replaying.send_test(subscription, "test.ping")
        replaying.send_test(subscription, "return.tagged")
        send(subscription)
    assert types_of(receiver) == ["return.created", "return.created", "test.ping", "return.tagged"]
    assert b'"test":true' in receiver.ledger[-1][1]


def test_what_a_redaction_left_is_sent_and_of_a_deleted_return_nothing():
    with running() as receiver:
        subscription = subscribe(receiver.address, "return.created")
        first, second = make_returns([{"notes": "A name"}, {}])
        while spread_next():
            pass
        OutgoingEvent.objects.update(body="")
        Return.objects.filter(pk=first.pk).update(notes="")
        Return.objects.filter(pk=second.pk).delete()
        send(subscription)
    assert len(receiver.ledger) == 1
    assert b"A name" not in receiver.ledger[0][1]
    assert Delivery.objects.get(record_id=second.pk).status == DeliveryStatus.DROPPED


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_nothing_twice():
    with running() as receiver:
        subscription = subscribe(receiver.address, "return.created")
        make_returns([{}] * 20)
        while spread_next():
            pass

        def work() -> None:
            serve(subscription.pk, GOING_ON)
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        serve(subscription.pk, GOING_ON)
    assert len(receiver.ids) == len(set(receiver.ids)) == 20
    assert receiver.most_at_once == 1


def test_work_within_a_transaction_of_somebody_else_is_not_seen():
    subscription = subscribe("https://shop.example/hook")
    with transaction.atomic():
        make_return()
        transaction.set_rollback(True)
    assert not spread_next()
    assert not Delivery.objects.filter(subscription=subscription).exists()
