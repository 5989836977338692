"""The page of a subscription says what became of each message, and of each attempt once."""

import pytest
from django.urls import reverse
from django.utils import timezone

from returns.models import Channel, Delivery, Occasion
from returns.outgoing import replaying
from tests.factories import make_return, make_returns
from tests.receiver import running
from tests.returns.outgoing.subscribing import change_channel, notify, send, spread, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]


def test_what_is_sent_again_says_nothing_of_the_old_answer(as_manager, manager):
    with running() as receiver:
        entry = subscribe(receiver.address, "return.created", owner=manager)
        make_return()
        send(entry)
    page = reverse("subscription", args=[entry.pk])
    assert "status 204" in as_manager.get(page).text
    replaying.replay_one(entry, Delivery.objects.get().pk)
    text = as_manager.get(page).text
    assert f'id="delivery-{Delivery.objects.get().pk}"' in text
    assert "status 204" not in text
    assert "0 attempts" not in text


def test_a_refusal_of_a_chat_is_on_its_page(as_manager, manager):
    with running("failing", statuses=[400]) as receiver:
        entry = notify(manager, Occasion.MATCH, Channel.CHAT, address=receiver.address)
        make_return()
        send(entry)
    assert "status 400" in as_manager.get(reverse("subscription", args=[entry.pk])).text


def test_what_was_sent_one_by_one_is_listed_one_by_one(as_manager, manager):
    with running("failing", statuses=[500]) as receiver:
        entry = notify(
            *(manager, Occasion.EVENT, Channel.CHAT),
            types=["return.created"],
            address=receiver.address,
        )
        make_returns([{}] * 3)
        send(entry)
        change_channel(entry, Channel.WEBHOOK, receiver.address)
        send(entry)
    page = as_manager.get(reverse("subscription", args=[entry.pk])).text
    assert page.count('id="delivery-') == 3


def test_a_digest_is_one_line_of_the_page_whatever_its_channel_is_now(as_manager, manager):
    entry = notify(manager, Occasion.EVENT, types=["return.created"])
    make_returns([{}] * 3)
    send(entry)
    change_channel(entry, Channel.WEBHOOK, "https://shop.example/")
    page = as_manager.get(reverse("subscription", args=[entry.pk])).text
    assert page.count('id="delivery-') == 1
    assert "with 2 others" in page


@pytest.mark.parametrize("channel", [Channel.BELL, Channel.WEBHOOK])
def test_the_page_reads_its_messages_in_as_many_queries(
    as_manager, manager, django_assert_max_num_queries, channel
):
    entry = notify(
        *(manager, Occasion.EVENT, channel),
        types=["return.created"],
        address="https://shop.example/",
    )
    make_returns([{}] * 40)
    spread()
    Delivery.objects.update(tried_at=timezone.now(), status="sent", attempts=1)
    with django_assert_max_num_queries(20):
        as_manager.get(reverse("subscription", args=[entry.pk]))
