# ruff: noqa: S608 - built from our own parts alone
"""Shares threads out among the subscriptions for which something waits.

Each is served by one thread at a time. Those that fail, or answer slowly, get at most half of the
threads, so that the others go on however many of them there are.
"""

import logging
import threading
import time
from dataclasses import dataclass, field

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from config.memory import with_room
from returns.models import Subscription
from returns.outgoing.contents import ReportWriter
from returns.outgoing.delivering import IS_DUE, IS_FIRST, serve
from returns.outgoing.digests import IS_GATHERED

logger = logging.getLogger(__name__)

ROUND_SECONDS = 0.5  # after which it looks for other subscriptions while some are served
FAULT_PAUSE = 30.0  # seconds without a subscription after an error of the program or the database
SELECT_DUE = f"""
    SELECT subscription.id, subscription.failures > 0 FROM returns_subscription subscription
    WHERE {IS_DUE} AND {IS_GATHERED} AND EXISTS (
        SELECT FROM returns_delivery delivery
        WHERE delivery.subscription_id = subscription.id AND {IS_FIRST}
    )
    ORDER BY subscription.id
"""


@dataclass
class Dispatcher:
    """The threads of this process that send, and which subscriptions they serve."""

    stopping: threading.Event
    write_report: ReportWriter | None = None
    threads: int = field(default_factory=lambda: settings.OUTGOING_THREADS)
    served: dict[int, bool] = field(default_factory=dict)  # and whether it is in trouble
    slow: set[int] = field(default_factory=set)
    paused: dict[int, float] = field(default_factory=dict)
    last: int = 0
    finished: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run_round(self) -> bool:
        """Let free threads serve what is due; tell whether any thread is at work.

        It returns when a thread has finished, or soon.
        """
        self.finished.clear()
        self._start_due()
        with self.lock:
            is_at_work = bool(self.served)
        if is_at_work:
            self.finished.wait(ROUND_SECONDS)
        return is_at_work

    def _start_due(self) -> None:
        with self.lock:
            if len(self.served) >= self.threads:
                return
        with connection.cursor() as cursor:
            cursor.execute(SELECT_DUE)
            due = cursor.fetchall()
        # In turn: the one after the last that got a thread is the first.
        due.sort(key=lambda row: (row[0] <= self.last, row[0]))
        for pk, is_failing in due:
            self._start(pk, is_troubled=is_failing or pk in self.slow)

    def _start(self, pk: int, *, is_troubled: bool) -> None:
        with self.lock:
            troubled = sum(self.served.values())
            is_full = len(self.served) >= self.threads
            if is_troubled and troubled >= max(1, self.threads // 2):
                is_full = True
            if is_full or pk in self.served or self.paused.get(pk, 0) > time.monotonic():
                return
            self.served[pk] = is_troubled
            self.last = pk
        thread = threading.Thread(
            target=with_room, args=(self._serve, pk), name="webhooks", daemon=True
        )
        thread.start()

    def _serve(self, pk: int) -> None:
        try:
            done = serve(pk, self.stopping, self.write_report)
            (self.slow.add if done.is_slow else self.slow.discard)(pk)
            if not done.sent:  # another process serves it
                self.paused[pk] = time.monotonic() + ROUND_SECONDS
        except Subscription.DoesNotExist:  # deleted meanwhile
            self._pause(pk)
        except DatabaseError as error:
            self._pause(pk)
            logger.warning("Subscription %s is served later: %s", pk, type(error).__name__)
        except Exception:
            self._pause(pk)
            logger.exception("Subscription %s could not be served.", pk)
        finally:
            connection.close()
            with self.lock:
                del self.served[pk]
            self.finished.set()

    def _pause(self, pk: int) -> None:
        self.paused[pk] = time.monotonic() + FAULT_PAUSE
