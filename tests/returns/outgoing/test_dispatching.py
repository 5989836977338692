"""Threads are shared out: a receiver that is slow or away takes at most half of them."""

import threading
import time

import pytest

from returns import background
from returns.models import Delivery, DeliveryStatus, Subscription
from returns.outgoing.dispatching import Dispatcher
from returns.outgoing.spreading import spread_next
from tests.factories import make_return, make_returns
from tests.receiver import running
from tests.returns.outgoing.subscribing import subscribe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]


def wait_for(condition, seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_those_in_trouble_take_at_most_half_of_the_threads():
    with running("slow") as slow, running() as good:
        for _ in range(4):
            subscribe(slow.address, "return.created")
        Subscription.objects.update(failures=1)
        subscribe(good.address, "return.created")
        make_return()
        while spread_next():
            pass
        dispatcher = Dispatcher(threading.Event(), threads=4)
        wait_for(lambda: dispatcher.run_round() and good.ledger)
        wait_for(lambda: slow.at_once == 2)
        dispatcher.run_round()
        assert slow.at_once == 2
        slow.stopped.set()
        slow.kind = "good"
        wait_for(lambda: not dispatcher.served or dispatcher.run_round() is False)


def test_the_background_work_sends_everything_until_it_is_done():
    with running() as receiver:
        for _ in range(3):
            subscribe(receiver.address, "return.created")
        make_returns([{}] * 10)
        dispatcher = Dispatcher(threading.Event())
        while background.run_short_jobs() or background.send_messages(dispatcher):
            pass
    assert len(receiver.ledger) == 30
    assert not Delivery.objects.filter(status=DeliveryStatus.WAITING).exists()
