"""What is told in one message: nothing is lost, hidden, or told under the name of another one."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from returns.models import (
    Channel,
    Delivery,
    EventType,
    Notice,
    Occasion,
    OccasionType,
    OutgoingEvent,
    Return,
    Subscription,
)
from returns.outgoing import beginnings, editing, occasions, replaying
from returns.outgoing.dispatching import SELECT_DUE
from returns.outgoing.noting import MAX_ATTEMPTS
from returns.outgoing.posting import post
from tests.factories import make_return, make_returns, make_tag, put_tag
from tests.mail_server import mail_server
from tests.receiver import running
from tests.returns.outgoing.subscribing import (
    change_channel,
    make_due,
    notify,
    send,
    spread,
    subscribe,
)

pytestmark = pytest.mark.django_db
PEOPLE = [Channel.BELL, Channel.EMAIL, Channel.CHAT]
REFUSALS = [400, 413, 422]


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]


@pytest.fixture
def mailed(manager, settings) -> User:
    """Return a person with an e-mail address, on a desk that sends mail."""
    manager.email = "manager@desk.example"
    manager.save()
    settings.HAS_MAIL = True
    settings.DEFAULT_FROM_EMAIL = "Desk <desk@desk.example>"
    return manager


def texts_of(receiver) -> list[str]:
    bodies = [json.loads(body) for _, body in receiver.ledger]
    return [body["text"] for body in bodies if "text" in body]


# The channel changes


def test_after_a_failed_digest_a_program_gets_each_message(manager):
    with running("failing", statuses=[500]) as receiver:
        entry = notify(manager, Occasion.EVENT, Channel.CHAT, types=["return.created"])
        Subscription.objects.filter(pk=entry.pk).update(failures=13)
        editing.change(entry, editing.version_of(entry))  # nothing is changed by this
        change_channel(entry, Channel.CHAT, receiver.address)
        make_returns([{}] * 3)
        send(entry)
        assert entry.failures
        change_channel(entry, Channel.WEBHOOK, receiver.address)
        assert (entry.failures, entry.retry_at) == (0, None)
        send(entry)
    assert len(receiver.ledger) == 1 + 3
    rows = Delivery.objects.values_list("status", "attempts", "lead")
    assert list(rows) == [("sent", 1, None)] * 3


@pytest.mark.parametrize("channel", [Channel.BELL, Channel.CHAT])
def test_after_a_failed_message_people_are_told_of_each(manager, channel):
    with running("failing", statuses=[500, 500, 500]) as receiver:
        entry = subscribe(receiver.address, "return.created", owner=manager)
        make_returns([{}] * 3)
        for _ in range(3):
            send(entry)
            make_due(entry)
        change_channel(entry, channel, receiver.address if channel == Channel.CHAT else "")
        send(entry)
    told = texts_of(receiver) if channel == Channel.CHAT else [str(Notice.objects.get().text)]
    assert "3 messages" in told[0]
    assert set(Delivery.objects.values_list("status", "attempts")) == {("sent", 1)}


@pytest.mark.parametrize("status", REFUSALS)
def test_one_refused_message_of_a_former_digest_is_noted_alone(manager, status):
    with running("failing", statuses=[500, status]) as receiver:
        entry = notify(
            *(manager, Occasion.EVENT, Channel.CHAT),
            types=["return.created"],
            address=receiver.address,
        )
        make_returns([{}] * 3)
        send(entry)
        change_channel(entry, Channel.WEBHOOK, receiver.address)
        send(entry)
    assert sorted(Delivery.objects.values_list("status", flat=True)) == ["sent", "sent", "waiting"]


# A chat refuses


@pytest.mark.parametrize("status", REFUSALS)
def test_a_chat_that_refuses_is_left_alone_even_if_something_new_comes(manager, status):
    with running("failing", statuses=[status] * 20) as receiver:
        entry = notify(manager, Occasion.MATCH, Channel.CHAT, address=receiver.address)
        for _ in range(5):
            make_return()
            send(entry)
        assert (len(receiver.ledger), entry.failures) == (1, 1)
        assert entry.retry_at > timezone.now()


def test_what_was_tried_waits_for_its_time_and_goes_alone(manager):
    with running("failing", statuses=[400]) as receiver:
        entry = notify(manager, Occasion.MATCH, Channel.CHAT, name="Shop", address=receiver.address)
        make_return("Return-1")
        send(entry)
        Subscription.objects.filter(pk=entry.pk).update(retry_at=None)
        make_return("Return-2")
        send(entry)
        make_due(entry)
        send(entry)
    heads = [text.split("\n")[0] for text in texts_of(receiver)]
    assert heads == ["Shop: Return-1", "Shop: Return-2", "Shop: Return-1"]


def test_what_was_tried_is_due_without_being_quiet(manager):
    entry = notify(manager, Occasion.MATCH)
    make_return()
    spread()
    Delivery.objects.update(lead=Delivery.objects.get().pk)
    with connection.cursor() as cursor:
        cursor.execute(SELECT_DUE)
        assert [row[0] for row in cursor.fetchall()] == [entry.pk]


# After the last attempt


@pytest.mark.parametrize("channel", [Channel.CHAT, Channel.WEBHOOK])
@pytest.mark.parametrize("status", [400, 500])
def test_switched_on_again_everything_has_all_its_attempts(manager, channel, status):
    with running("failing", statuses=[status] * 40) as receiver:
        entry = notify(
            *(manager, Occasion.EVENT, channel),
            types=["return.created"],
            address=receiver.address,
        )
        make_return()
        for _ in range(MAX_ATTEMPTS):
            assert entry.is_on
            send(entry)
            make_due(entry)
        assert not entry.is_on
        editing.switch(entry, on=True)
        for _ in range(MAX_ATTEMPTS):
            send(entry)
            Subscription.objects.filter(pk=entry.pk).update(retry_at=None)
            Delivery.objects.update(try_at=Now())
        assert len(receiver.ledger) == 2 * MAX_ATTEMPTS


def test_switched_on_again_it_is_sent_at_once(manager):
    with running("failing", statuses=[400]) as receiver:
        entry = subscribe(receiver.address, "return.created", owner=manager)
        make_return()
        send(entry)
        editing.switch(entry, on=False)
        editing.switch(entry, on=True)
        send(entry)
    assert Delivery.objects.get().status == "sent"


def test_it_says_whether_one_message_or_everything_was_refused():
    with running("failing", statuses=[400] * MAX_ATTEMPTS) as receiver:
        entry = subscribe(receiver.address, "return.created")
        make_return()
        for _ in range(MAX_ATTEMPTS):
            send(entry)
            make_due(entry)
    assert entry.off_because == "One message was refused 15 times. Last problem: status 400"
    assert "15 times" in Notice.objects.get(person=entry.owner).text


@pytest.mark.parametrize("status", REFUSALS)
def test_a_chat_that_refuses_everything_accepted_nothing(manager, status):
    with running("failing", statuses=[status] * MAX_ATTEMPTS) as receiver:
        entry = notify(manager, Occasion.MATCH, Channel.CHAT, address=receiver.address)
        make_return()
        for _ in range(MAX_ATTEMPTS):
            send(entry)
            make_due(entry)
    assert f"accepted nothing for three days. Last problem: status {status}" in entry.off_because


# Tests


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("type_", ["test.ping", "return.tagged"])
def test_a_test_swallows_no_news(agent, is_first, type_):
    entry = notify(agent, Occasion.MATCH, name="Shop")
    if is_first:
        replaying.send_test(entry, type_)
    make_return("Return-1")
    spread()
    if not is_first:
        replaying.send_test(entry, type_)
    make_return("Return-2")
    for _ in range(3):
        send(entry)
    said = [str(each) for each in Notice.objects.order_by("pk").values_list("text", flat=True)]
    test, news = "Shop: this is a test", "Shop: 2 new returns"
    assert said == ([test, news] if is_first else [news, test])
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}


def test_a_report_swallows_no_news(agent):
    entry = notify(agent, Occasion.TIMED, name="Shop", options={"every": "day", "at": "09:00"})
    post(entry, OccasionType.COUNT, {"count": 3, "above": 2})
    post(entry, OccasionType.TIMED, {"report": "flow"})
    send(entry)
    assert str(Notice.objects.get().text) == "Shop: 3 returns match, more than 2"
    assert Delivery.objects.filter(status="waiting").count() == 1


# Several types


def test_a_digest_says_of_each_return_what_happened(manager, vocabulary):
    make_tag("urgent")
    make_tag("books")
    with running() as receiver:
        entry = notify(
            *(manager, Occasion.EVENT, Channel.CHAT),
            name="Shop",
            types=["return.created", "return.tagged", "feed.rejected"],
            address=receiver.address,
        )
        record = make_return("Mf-00001")
        put_tag(record, "urgent", manager)
        put_tag(record, "books", manager)
        for number in (3, 4):
            post(entry, EventType.REJECTED, {"run": 1, "rejected": number})
        send(entry)
    head, *lines, _link = texts_of(receiver)[0].split("\n")
    assert head == (
        "Shop: 5 messages (records of the feed were rejected: 7, created: 1, a tag is added: 2)"
    )
    assert lines == [
        "Records of the feed were rejected: 7",
        "Mf-00001 · Created · created · a tag is added: urgent · a tag is added: books",
    ]


def test_news_of_the_feed_leads_to_its_page(mailed, settings):
    with mail_server() as server:
        settings.MAILERS = server.as_mailers()
        entry = notify(
            *(mailed, Occasion.EVENT, Channel.EMAIL),
            types=["return.created", "feed.rejected", "feed.silent"],
        )
        make_return("Return-1")
        spread()
        post(entry, EventType.SILENT, {"readAt": "2026-03-02T08:15:22Z"})
        post(entry, EventType.REJECTED, {"run": 1, "rejected": 2})
        send(entry)
    plain = server.mails[0].get_body(("plain",)).get_content()
    plain = plain.replace("\r\n", "\n")
    feed = f"https://desk.example{reverse('feed')}"
    assert f"- Records of the feed were rejected: 2\n  {feed}\n" in plain
    assert "- The feed is silent since 2 Mar 2026, " in plain
    assert "https://desk.example/returns/Return-1/" in plain


@pytest.mark.parametrize("number", [1, 2])
def test_names_of_tags_are_said_if_there_is_one_type_alone(manager, vocabulary, number):
    make_tag("urgent")
    with running() as receiver:
        entry = notify(
            *(manager, Occasion.EVENT, Channel.CHAT),
            types=["return.tagged"],
            address=receiver.address,
        )
        for record in make_returns([{}] * number):
            put_tag(record, "urgent", manager)
        send(entry)
    assert texts_of(receiver)[0].count("a tag is added: urgent") >= number


def test_of_many_tags_of_a_return_the_first_are_said(manager, vocabulary):
    for number in range(8):
        make_tag(f"tag-{number}")
    with running() as receiver:
        entry = notify(
            *(manager, Occasion.EVENT, Channel.CHAT),
            types=["return.tagged"],
            address=receiver.address,
        )
        record = make_return()
        for number in range(8):
            put_tag(record, f"tag-{number}", manager)
        send(entry)
    line = texts_of(receiver)[0].split("\n")[1]
    assert line.endswith("a tag is added: tag-4 · and 3 more")


@pytest.mark.parametrize("type_", [*list(EventType)[1:], *OccasionType])
def test_each_type_is_said_in_words(agent, type_):
    entry = notify(agent, Occasion.EVENT, name="Shop", types=["return.created"])
    make_return("Return-1")
    spread()
    details = {"tag": "urgent", "rule": "Damaged", "rejected": 2, "count": 3, "above": 2}
    record = Return.objects.get()
    is_of_return = type_.value.startswith(("return", "item", "comment", "deadline", "rule"))
    post(entry, type_, details, [record.pk if is_of_return else 0])
    send(entry)
    said = str(Notice.objects.get().text)
    assert said.startswith("Shop: 2 messages (created: ")
    assert type_.value not in said


def test_a_rule_and_a_match_are_both_told(agent):
    entry = notify(agent, Occasion.MATCH, name="Shop")
    record = make_return("Return-1")
    spread()
    post(entry, OccasionType.RULE, {"rule": "Damaged"}, [record.pk])
    send(entry)
    said = str(Notice.objects.get().text)
    assert said == "Shop: 2 messages (begins to match: 1, a rule matches: 1)"


# Sent again


def test_each_message_has_its_own_id_which_is_that_of_all_its_attempts(mailed, settings):
    with mail_server("451 Later") as server:
        settings.MAILERS = server.as_mailers()
        entry = notify(mailed, Occasion.MATCH, Channel.EMAIL, name="Shop")
        make_return("Return-1")
        send(entry)
        key = Delivery.objects.get().made_at
        for _ in range(2):
            make_due(entry)
            send(entry)
        assert Delivery.objects.get().made_at == key
        replaying.replay_one(entry, Delivery.objects.get().pk)
        make_return("Return-2")
        for _ in range(2):
            make_due(entry)
            send(entry)
        replaying.replay_one(entry, Delivery.objects.order_by("pk")[0].pk)
        make_due(entry)
        send(entry)
    subjects = [mail["Subject"].split(": ")[-1] for mail in server.mails]
    assert subjects == ["Return-1", "Return-1", "Return-2", "Return-1"]
    assert len({mail["Message-ID"] for mail in server.mails}) == 4


def test_two_attempts_of_one_message_have_one_id(mailed, settings, monkeypatch):
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError

    with mail_server() as server:
        settings.MAILERS = server.as_mailers()
        entry = notify(mailed, Occasion.MATCH, Channel.EMAIL)
        make_return("Return-1")
        with monkeypatch.context() as patched:
            patched.setattr("returns.outgoing.delivering.note", crash)
            with pytest.raises(RuntimeError):
                send(entry)
        make_return("Return-2")
        send(entry)
    assert len(server.mails) == 2
    assert len({mail["Message-ID"] for mail in server.mails}) == 1


def test_what_was_told_together_is_sent_again_together(mailed, settings):
    with mail_server() as server:
        settings.MAILERS = server.as_mailers()
        entry = notify(mailed, Occasion.MATCH, Channel.EMAIL, name="Shop")
        for _ in range(2):
            make_return()
            spread()
        send(entry)
        replaying.replay_one(entry, Delivery.objects.order_by("pk")[0].pk)
        make_return()
        make_due(entry)
        send(entry)
    assert server.mails[1]["Subject"].endswith("Shop: 2 new returns")


def test_the_bell_loses_no_news_when_something_is_told_again(agent):
    entry = notify(agent, Occasion.MATCH, name="Shop")
    make_return("Return-1")
    send(entry)
    replaying.replay_one(entry, Delivery.objects.get().pk)
    make_return("Return-2")
    send(entry)
    send(entry)
    said = [str(each) for each in Notice.objects.order_by("pk").values_list("text", flat=True)]
    assert said == ["Shop: Return-1", "Shop: Return-1", "Shop: Return-2"]


@pytest.mark.parametrize(("one", "other"), list(pairwise([*PEOPLE, Channel.BELL])))
def test_after_a_change_of_the_channel_it_is_another_message(mailed, settings, one, other):
    settings.MAILERS = {}
    entry = notify(mailed, Occasion.MATCH, one, address="https://chat.example/")
    make_return()
    spread()
    Delivery.objects.update(lead=Delivery.objects.get().pk, attempts=2)
    before = Delivery.objects.get().made_at
    change_channel(entry, other, "https://chat.example/")
    row = Delivery.objects.get()
    assert (row.lead, row.attempts) == (None, 0)
    assert row.made_at > before


# Numbers


@pytest.mark.parametrize("channel", [Channel.BELL, Channel.WEBHOOK])
@pytest.mark.parametrize("occasion", [Occasion.COUNT, Occasion.TIMED])
def test_a_number_above_the_greatest_is_one_more(manager, monkeypatch, occasion, channel):
    for module in (beginnings, occasions):
        monkeypatch.setattr(module, "MAX_COUNT", 2)
    entry = notify(
        *(manager, occasion, channel),
        options={"above": 1, "every": "day", "at": "09:00"},
        address="https://shop.example/",
    )
    make_returns([{}] * 5)
    Subscription.objects.filter(pk=entry.pk).update(next_at=Now() - timedelta(seconds=1))
    occasions.look_next()
    assert OutgoingEvent.objects.get().details["count"] == 3


@pytest.mark.parametrize(
    ("type_", "details", "said"),
    [
        ("list.timed", {"count": 100_001}, "more than 100,000 returns match"),
        ("list.timed", {"count": 100_000}, "100,000 returns match"),
        ("list.timed", {"count": 1}, "1 return matches"),
        ("list.count", {"count": 100_001, "above": 5}, "more than 100,000 returns match"),
        ("list.count", {"count": 1, "above": 0}, "1 return matches, more than 0"),
    ],
)
def test_a_number_above_the_greatest_is_said_so(agent, type_, details, said):
    entry = notify(agent, Occasion.MATCH, name="Shop")
    post(entry, type_, details)
    send(entry)
    assert str(Notice.objects.get().text) == f"Shop: {said}"
