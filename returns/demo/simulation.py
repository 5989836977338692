"""A feed that lets parcels be announced, arrive and be completed while the demo is watched."""

import re
import sys
import threading
from datetime import datetime, timedelta
from random import Random

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from returns.demo.believable import FIRST_NUMBER, new_return
from returns.feed.ingest import ingest
from returns.feed.records import ReturnRecord
from returns.models import Return, State

PAUSE = (2.0, 7.0)  # seconds between two records: quick enough to be seen
RETRY_AFTER = 5.0  # seconds
LATELY = timedelta(days=14)
CHOICE = 40
SOURCE = "simulated feed"
NUMBERED = re.compile(r"Return-([0-9]{1,15})")


class SimulatedFeed(threading.Thread):
    """Sends invented records through the same door as the WMS's, until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(name=SOURCE, daemon=True)
        self.random = Random()  # noqa: S311 - invented data
        self.stopping = threading.Event()

    def run(self) -> None:
        """Send a record every few seconds; when the database is away, say so and try again."""
        pause, away = 0.0, False
        while not self.stopping.wait(pause):
            try:
                ingest([next_record(self.random, timezone.now())], source=SOURCE)
                if away:
                    self._say("The database answers again.")
                pause, away = self.random.uniform(*PAUSE), False
            except DatabaseError as error:
                if not away:
                    self._say(f"The feed waits for the database: {str(error).splitlines()[0]}")
                connection.close()
                pause, away = RETRY_AFTER, True
        connection.close()

    def stop(self) -> None:
        """End after the record at hand, and wait for that."""
        self.stopping.set()
        if self.is_alive():
            self.join(timeout=10)

    def _say(self, message: str) -> None:
        if not self.stopping.is_set():
            print(message, file=sys.stderr, flush=True)  # noqa: T201


def next_record(random: Random, now: datetime) -> ReturnRecord:
    """Return what the WMS might send now: a new return, an arrival or a completion."""
    (event,) = random.choices([_new, _announced, _arriving, _completed], [5, 1, 2, 6])
    return event(random, now) or _new(random, now)


def _new(random: Random, now: datetime) -> ReturnRecord:
    return new_return(random, _next_number(), now, arrived=True)


def _announced(random: Random, now: datetime) -> ReturnRecord:
    return new_return(random, _next_number(), now, arrived=False)


def _arriving(random: Random, now: datetime) -> ReturnRecord | None:
    lately = Return.objects.filter(state=State.CREATED, created_at__gt=now - LATELY)
    row = _one_of(random, list(lately.filter(corrections={}).order_by("created_at")[:CHOICE]))
    if row is None:
        return None
    return _record_of(row, now, state=State.ARRIVED.value, arrived_to_warehouse_at=now)


def _completed(random: Random, now: datetime) -> ReturnRecord | None:
    lately = Return.objects.filter(state=State.ARRIVED, arrived_to_warehouse_at__gt=now - LATELY)
    waiting = lately.filter(corrections={}).order_by("arrived_to_warehouse_at")
    row = _one_of(random, list(waiting[:CHOICE]))
    if row is None:
        return None
    return _record_of(row, now, state=State.COMPLETED.value, completed_at=now)


def _one_of(random: Random, rows: list[Return]) -> Return | None:
    return random.choice(rows) if rows else None


def _record_of(row: Return, now: datetime, **changes: object) -> ReturnRecord:
    """Return the row as a record of now, with these changes."""
    same = {name: getattr(row, name) for name in ReturnRecord.__slots__ if name != "tag"}
    return ReturnRecord(**same | {"tag": row.feed_tags or None, "updated_at": now} | changes)


def _next_number() -> int:
    """Return the number after the highest of the newest returns.

    References are given out in the order of creation, so the newest rows hold the highest.
    """
    newest = Return.objects.order_by("-created_at", "-id")[:CHOICE]
    references = newest.values_list("return_reference_number", flat=True)
    numbers = [int(found[1]) for found in map(NUMBERED.fullmatch, references) if found]
    return max(numbers, default=FIRST_NUMBER - 1) + 1
