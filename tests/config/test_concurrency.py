"""One caller holds some of the threads of a process at most; a moment of waiting is fine."""

import threading
import time

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from config import concurrency
from config.concurrency import SLOTS, Slots, TooManyAtOnceError, answer_within_limit

ENOUGH = 5  # seconds
MESSAGE = "Too many."


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch):
    monkeypatch.setattr(concurrency, "LONGEST_WAIT", 0.1)


def hold_in_thread(slots: Slots, key: str) -> threading.Event:
    """Hold a slot until the returned event is set."""
    is_held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with slots.held(key, 2, MESSAGE, 0):
            is_held.set()
            release.wait(ENOUGH)

    threading.Thread(target=hold, daemon=True).start()
    assert is_held.wait(ENOUGH)
    return release


def test_a_caller_over_the_limit_is_refused_and_others_are_not():
    slots = Slots()
    releases = [hold_in_thread(slots, "caller") for _ in range(2)]
    with pytest.raises(TooManyAtOnceError, match=MESSAGE), slots.held("caller", 2, MESSAGE, 0.05):
        pass
    with slots.held("other", 2, MESSAGE, 0):
        pass
    for release in releases:
        release.set()


def test_a_caller_waits_for_work_that_ends_soon():
    slots = Slots()
    releases = [hold_in_thread(slots, "caller") for _ in range(2)]
    threading.Timer(0.1, releases[0].set).start()
    with slots.held("caller", 2, MESSAGE, ENOUGH):
        pass
    releases[1].set()


def test_nobody_waits_behind_work_that_takes_long():
    slots = Slots()
    releases = [hold_in_thread(slots, "caller") for _ in range(2)]
    time.sleep(0.2)
    started = time.monotonic()
    with pytest.raises(TooManyAtOnceError), slots.held("caller", 2, MESSAGE, 0.2):
        pass
    assert time.monotonic() - started < 0.1
    for release in releases:
        release.set()


def test_no_more_of_a_caller_wait_than_work():
    """Whoever waits holds a thread, too."""
    slots, waited, began = Slots(), [], threading.Barrier(3)
    releases = [hold_in_thread(slots, "caller") for _ in range(2)]

    def wait() -> None:
        began.wait(ENOUGH)
        with slots.held("caller", 2, MESSAGE, ENOUGH):
            waited.append(1)

    threads = [threading.Thread(target=wait) for _ in range(2)]
    for thread in threads:
        thread.start()
    began.wait(ENOUGH)
    while slots._waiting["caller"] < 2:
        time.sleep(0.01)
    started = time.monotonic()
    with pytest.raises(TooManyAtOnceError), slots.held("caller", 2, MESSAGE, ENOUGH):
        pass
    assert time.monotonic() - started < 1
    for release in releases:
        release.set()
    for thread in threads:
        thread.join(ENOUGH)
    assert waited == [1, 1]


@pytest.mark.django_db
def test_a_stream_counts_until_it_has_been_sent():
    answer = answer_within_limit(
        "streaming", 1, MESSAGE, lambda: StreamingHttpResponse([b"a", b"b"])
    )
    next(iter(answer.streaming_content))
    with pytest.raises(TooManyAtOnceError), SLOTS.held("streaming", 1, MESSAGE, 0):
        pass
    answer.close()
    with SLOTS.held("streaming", 1, MESSAGE, 0):
        pass


def test_a_stream_that_nobody_reads_counts_no_longer_than_its_answer():
    answer_within_limit("unread", 1, MESSAGE, lambda: StreamingHttpResponse([b"a"]))
    assert answer_within_limit("unread", 1, MESSAGE, HttpResponse).status_code == 200


def test_a_failure_frees_the_slot():
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            answer_within_limit("failing", 1, MESSAGE, lambda: 1 / 0)
