"""People are told at the bell, by e-mail and in chats: once, in their language, without tricks."""

import json
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from returns.models import (
    Channel,
    Delivery,
    EventType,
    Notice,
    Occasion,
    Preferences,
    Return,
    Subscription,
)
from returns.outgoing import editing, telling
from returns.outgoing.delivering import serve
from returns.outgoing.dispatching import SELECT_DUE
from returns.outgoing.noting import MAX_ATTEMPTS
from returns.outgoing.spreading import spread_next
from tests.factories import make_return, make_returns
from tests.mail_server import mail_server
from tests.receiver import running
from tests.returns.outgoing.subscribing import notify

pytestmark = pytest.mark.django_db
GOING_ON = threading.Event()


def send(subscription: Subscription) -> None:
    while spread_next():
        pass
    serve(subscription.pk, GOING_ON)
    subscription.refresh_from_db()


def make_due(subscription: Subscription) -> None:
    long_ago = Now() - timedelta(minutes=1)
    Delivery.objects.filter(subscription=subscription).update(try_at=long_ago)
    Subscription.objects.filter(pk=subscription.pk).update(retry_at=None)


@pytest.fixture
def mailed(agent, settings) -> User:
    """Return a person with an e-mail address, on a desk that sends mail."""
    agent.email = "agent@desk.example"
    agent.save()
    settings.HAS_MAIL = True
    settings.DEFAULT_FROM_EMAIL = "Desk <desk@desk.example>"
    return agent


def use(settings, server) -> None:
    settings.MAILERS = server.as_mailers()


# The bell


def test_one_return_leads_to_it_and_some_to_exactly_these(agent, as_agent):
    entry = notify(agent, Occasion.MATCH, name="DHL", parameters={"carrier": ["DHL"]})
    one = make_return("Return-1", cargo_carrier="DHL")
    send(entry)
    notice = Notice.objects.get()
    assert (str(notice.text), notice.path) == ("DHL: Return-1", one.get_absolute_url())
    some = make_returns([{"cargo_carrier": "DHL"}] * 3)
    make_return(cargo_carrier="UPS")
    send(entry)
    notice = Notice.objects.latest("pk")
    assert str(notice.text) == "DHL: 3 new returns"
    page = as_agent.get(notice.path)
    assert [row.record.pk for row in page.context["list"].rows] == [each.pk for each in some[::-1]]


def test_many_returns_make_one_notice_with_the_list(agent):
    entry = notify(agent, Occasion.MATCH, name="DHL", parameters={"carrier": ["DHL"]})
    make_returns([{"cargo_carrier": "DHL"}] * 60)
    send(entry)
    notice = Notice.objects.get()
    assert str(notice.text) == "DHL: 60 new returns"
    assert notice.path == "/returns/?carrier=DHL"
    send(entry)
    assert Notice.objects.count() == 1


def test_events_of_many_kinds_are_one_message(agent):
    entry = notify(agent, Occasion.EVENT, types=[EventType.CREATED, EventType.ARRIVED])
    make_returns([{"state": "ArrivedToWarehouse"}] * 7)
    send(entry)
    assert str(Notice.objects.get().text).endswith(": 14 messages (created: 7, arrived: 7)")
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}
    assert Delivery.objects.values("lead").distinct().count() == 1


def test_nothing_is_sent_before_it_is_quiet_or_ten_minutes_have_passed(agent):
    entry = notify(agent, Occasion.MATCH)
    make_return()
    while spread_next():
        pass

    def is_due() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(SELECT_DUE)
            return bool(cursor.fetchall())

    assert not is_due()
    Delivery.objects.update(made_at=Now() - timedelta(seconds=16))
    assert is_due()
    make_return()
    while spread_next():
        pass
    assert not is_due()
    first = Delivery.objects.filter(subscription=entry).order_by("pk")[0]
    Delivery.objects.filter(pk=first.pk).update(made_at=Now() - timedelta(minutes=11))
    assert is_due()


def test_whoever_may_no_longer_see_returns_is_told_nothing(agent):
    entry = notify(agent, Occasion.MATCH)
    make_return("Return-9")
    agent.groups.clear()
    send(entry)
    assert not entry.is_on
    assert "Return-9" not in str(list(Notice.objects.values_list("text", flat=True)))


def test_a_crash_between_told_and_noted_tells_it_once(agent, monkeypatch):
    entry = notify(agent, Occasion.MATCH)
    make_return()

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("returns.outgoing.delivering.note", crash)
        with pytest.raises(RuntimeError):
            send(entry)
    make_return()
    send(entry)
    assert Notice.objects.count() == 1
    send(entry)
    assert Notice.objects.count() == 2


# E-mail


def test_a_mail_has_both_forms_links_and_a_way_to_end_it(mailed, settings, client):
    Preferences.objects.update_or_create(user=mailed, defaults={"language": "de"})
    with mail_server() as server:
        use(settings, server)
        entry = notify(mailed, Occasion.MATCH, Channel.EMAIL, name="DHL")
        make_return("Return-1")
        send(entry)
    (mail,) = server.mails
    assert mail["To"] == "agent@desk.example"
    assert "DHL: Return-1" in mail["Subject"]
    plain = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    for text in (plain, html):
        assert "https://desk.example/returns/Return-1/" in text
    assert '<html lang="de">' in html
    assert "<img" not in html
    assert "src=" not in html
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>").removeprefix("https://desk.example")
    assert client.get(link).status_code == 200
    entry.refresh_from_db()
    assert entry.is_on  # a GET ends nothing
    answer = client.post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    entry.refresh_from_db()
    assert not entry.is_on
    assert client.post(link[:-3] + "xyz/").status_code == 404


def test_a_refusal_and_a_dead_server_are_tried_again_with_the_same_id(mailed, settings):
    with mail_server("451 Later", "550 Never") as server:
        use(settings, server)
        entry = notify(mailed, Occasion.MATCH, Channel.EMAIL)
        make_return()
        send(entry)
        ids = [Delivery.objects.get().lead]
        assert entry.failures == 1
        assert "did not accept" in Delivery.objects.get().problem
        make_return()  # what comes meanwhile is another message
        make_due(entry)
        send(entry)
        assert entry.failures == 2
        make_due(entry)
        send(entry)
        assert entry.failures == 0
    assert len(server.mails) == 1
    assert Delivery.objects.filter(status="waiting").count() == 1
    first = Delivery.objects.order_by("pk")[0]
    assert ids == [first.pk]
    assert str(first.event.message_id) in server.mails[0]["Message-ID"]
    make_due(entry)
    send(entry)  # nobody listens there any more
    assert entry.failures == 1


def test_after_the_last_attempt_its_owner_is_told_at_the_bell(mailed, settings):
    with mail_server(*["550 Never"] * MAX_ATTEMPTS) as server:
        use(settings, server)
        entry = notify(mailed, Occasion.MATCH, Channel.EMAIL)
        make_return()
        for _ in range(MAX_ATTEMPTS):
            make_due(entry)
            send(entry)
    assert not entry.is_on
    assert entry.name in Notice.objects.get(person=mailed).text


def test_what_others_wrote_breaks_neither_headers_nor_html(mailed, settings):
    trick = "Return-1\r\nBcc: thief@evil.example\r\n<script>alert(1)</script>"
    with mail_server() as server:
        use(settings, server)
        entry = notify(
            mailed, Occasion.MATCH, Channel.EMAIL, name="x\r\nBcc: thief@evil.example <b>"
        )
        record = make_return()
        Return.objects.filter(pk=record.pk).update(cargo_carrier="<img src=x>")
        Return.objects.filter(pk=record.pk).update(return_reference_number=trick)
        send(entry)
    (mail,) = server.mails
    assert mail["Bcc"] is None
    assert mail.get_all("To") == ["agent@desk.example"]
    html = mail.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;img" in html


def test_without_an_address_it_is_set_aside(mailed, settings):
    entry = notify(mailed, Occasion.MATCH, Channel.EMAIL)
    mailed.email = ""
    mailed.save()
    make_return()
    send(entry)
    assert not entry.is_on
    assert "no e-mail address" in entry.off_because


# Chat


def test_a_chat_gets_one_text_without_markup_of_others(manager, settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    with running() as receiver:
        entry = notify(manager, Occasion.MATCH, Channel.CHAT, name="DHL", address=receiver.address)
        make_return("Return-1", cargo_carrier="<!channel> [x](http://evil.example)")
        send(entry)
    ((_headers, body),) = receiver.ledger
    data = json.loads(body)
    assert list(data) == ["text"]
    assert data["text"].startswith("DHL: Return-1\n")
    assert data["text"].endswith("\nhttps://desk.example/returns/Return-1/")
    assert "&lt;!channel&gt; ［x］(http:\u200b//evil.example)" in data["text"]


def test_a_chat_that_is_slow_or_refuses_is_tried_again(manager, settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    with running("failing", statuses=[500]) as receiver:
        entry = notify(manager, Occasion.MATCH, Channel.CHAT, address=receiver.address)
        make_return()
        send(entry)
        assert entry.failures == 1
        make_due(entry)
        send(entry)
    assert entry.failures == 0
    assert len(receiver.ledger) == 2


def test_the_address_of_a_chat_is_encrypted(manager, settings):
    address = "https://chat.example/hooks/T0/B0/not-to-be-read"
    entry = notify(manager, Occasion.MATCH, Channel.CHAT, address=address)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM returns_subscription s")
        ((stored,),) = cursor.fetchall()
    assert "not-to-be-read" not in stored
    assert entry.address == "https://chat.example"
    assert editing.address_of(entry) == address

    settings.SECRET_KEY = "another key of many different characters, of 50 and more"
    make_return()
    send(entry)
    assert not entry.is_on
    assert "Enter it again" in entry.off_because


def test_a_manager_who_becomes_an_agent_sends_nothing_to_chats(manager):
    entry = notify(manager, Occasion.MATCH, Channel.CHAT, address="https://chat.example/")
    manager.groups.clear()
    make_return()
    send(entry)
    assert not entry.is_on


@pytest.mark.parametrize(
    ("channel", "seconds"), [(each, rest.total_seconds()) for each, rest in telling.RESTS.items()]
)
def test_each_channel_rests_after_a_message(channel, seconds):
    assert (seconds > 0) == (channel != Channel.BELL)


def test_the_page_of_one_follows_what_was_sent(agent, as_agent):
    entry = notify(agent, Occasion.MATCH)
    page = reverse("subscription", args=[entry.pk])
    make_returns([{}] * 3)
    send(entry)
    part = as_agent.get(page, {"poll": ""}).text
    assert "<html" not in part
    assert f'id="delivery-{Delivery.objects.first().pk}"' in part
