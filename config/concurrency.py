"""Limits how much one caller does at once in this process, so that threads are left for others.

It is counted in memory, without a query. Other processes count for themselves.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import cast

from django.conf import settings
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from config.memory import return_free_memory

# Long enough for the requests of several tabs that are opened at once, and short enough for the
# others, who wait for a thread meanwhile.
LONGEST_WAIT = 1.0  # seconds
# Requests that take longer than that are stuck, such as those that wait for a silent database.
STUCK_AFTER = 5.0  # seconds
BUSY = gettext_lazy(
    "The returns desk is too busy, or its database does not answer. Nothing was changed. Try again "
    "in a few seconds."
)


class TooManyAtOnceError(Exception):
    """A caller does as much at once as they may. The message is for people."""


class ServerBusyError(TooManyAtOnceError):
    """All threads of this process but one are stuck."""


class Slots:
    """Counts what each caller does now; whoever is over the limit waits a moment."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._starts: dict[Hashable, list[float]] = defaultdict(list)
        self._waiting: Counter[Hashable] = Counter()

    @contextmanager
    def held(
        self,
        key: Hashable,
        limit: int,
        message: str | Promise,
        wait: float,
        refusal: type[TooManyAtOnceError] = TooManyAtOnceError,
    ) -> Iterator[None]:
        """Hold one of the caller's ``limit`` slots for the block.

        Without a free one, wait up to ``wait`` seconds, but not behind work that takes longer than
        that. Whoever waits holds a thread, so not more of a caller's requests may wait than work.
        Raises ``refusal`` with the message.
        """
        with self._changed:
            if self._waiting[key] >= limit:
                raise refusal(message)
            self._waiting[key] += 1
            try:
                if not self._wait_for_slot(key, limit, wait):
                    raise refusal(message)
            finally:
                self._waiting[key] -= 1
                if not self._waiting[key]:
                    del self._waiting[key]
            start = self._enter(key)
        try:
            yield
        finally:
            self._leave(key, start)

    def _wait_for_slot(self, key: Hashable, limit: int, wait: float) -> bool:
        arrived = time.monotonic()
        while len(starts := self._starts.get(key, [])) >= limit:
            left = min(arrived, max(starts)) + wait - time.monotonic()
            if left <= 0:
                return False
            self._changed.wait(left)
        return True

    @contextmanager
    def counted(self, key: Hashable) -> Iterator[None]:
        """Hold a slot for the block, also if none is free."""
        with self._changed:
            start = self._enter(key)
        try:
            yield
        finally:
            self._leave(key, start)

    def _enter(self, key: Hashable) -> float:
        start = time.monotonic()
        self._starts[key].append(start)
        return start

    def _leave(self, key: Hashable, start: float) -> None:
        with self._changed:
            self._starts[key].remove(start)
            if not self._starts[key]:
                del self._starts[key]
            self._changed.notify_all()


SLOTS = Slots()
THREAD = "thread"  # the key of the slots of all requests
LARGE = "large"  # of the slots of large inputs
LARGE_INPUT = 1_000_000  # bytes


def one_thread_left() -> AbstractContextManager[None]:
    """Hold all threads of this process but one at most, so that health checks are answered.

    The last one waits until another is free. Raises ``ServerBusyError`` if they are stuck.
    """
    limit = max(1, settings.REQUEST_THREADS - 1)
    return SLOTS.held(THREAD, limit, BUSY, STUCK_AFTER, ServerBusyError)


@contextmanager
def large_input(size: int) -> Iterator[None]:
    """Hold one of this process's few places for inputs of so many bytes, if that is much.

    What is read of an input takes up to 40 times as much memory as its text. Raises
    ``TooManyAtOnceError``.
    """
    if size < LARGE_INPUT:
        yield
        return
    with SLOTS.held(LARGE, settings.LARGE_INPUTS_AT_ONCE, BUSY, LONGEST_WAIT):
        try:
            yield
        finally:
            return_free_memory()


def answer_with_one_thread_left(answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Return the answer, made while ``one_thread_left``.

    The server sends a stream in the same thread, so it counts as long. Raises ``ServerBusyError``.
    """
    with one_thread_left():
        response = answer()
    return _counted_while_sent(THREAD, response)


def answer_within_limit(
    key: Hashable, limit: int, message: str | Promise, answer: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """Return the answer, made while one of the caller's slots is held.

    A stream counts as long as it is sent. Raises ``TooManyAtOnceError``.
    """
    with SLOTS.held(key, limit, message, LONGEST_WAIT):
        response = answer()
    return _counted_while_sent(key, response)


def _counted_while_sent(key: Hashable, response: HttpResponseBase) -> HttpResponseBase:
    if response.streaming:
        stream = cast("StreamingHttpResponse", response)
        stream.streaming_content = _counted(key, cast("Iterable[bytes]", stream.streaming_content))
    return response


def _counted(key: Hashable, chunks: Iterable[bytes]) -> Iterator[bytes]:
    # Within the generator, so that a stream that is never begun is not counted for ever.
    with SLOTS.counted(key):
        yield from chunks
