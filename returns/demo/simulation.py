"""A simulated feed: parcels are announced, arrive and are completed while the demo runs."""

import re
import sys
import threading
from datetime import datetime, timedelta
from random import Random

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from returns.demo.contents import Contents
from returns.demo.generator import FIRST_NUMBER, generate_new_record
from returns.feed.item_parsing import line_item_payload
from returns.feed.items import item_from_json
from returns.feed.records import API_NAMES, ReturnRecord
from returns.feed.runs import record_run
from returns.models import Return, State, Way
from returns.models.facts import FACTS_BY_COLUMN
from returns.models.line_items import to_line_items

RECORD_PAUSE = (2.0, 7.0)  # seconds between two records
RECONNECT_PAUSE = 5.0  # seconds
RECENT = timedelta(days=14)
CANDIDATES = 40
SOURCE = "simulated feed"
NUMBERED_REFERENCE = re.compile(r"Return-([0-9]{1,15})")


class SimulatedFeed(threading.Thread):
    """Pushes invented records as the WMS would, until it is stopped."""

    def __init__(self) -> None:
        super().__init__(name=SOURCE, daemon=True)
        self.random = Random()  # noqa: S311 - invented data
        self.stopping = threading.Event()

    def run(self) -> None:
        """Send a record every few seconds; if the database is away, say so and retry."""
        pause, is_away = 0.0, False
        while not self.stopping.wait(pause):
            try:
                push_record(next_record(self.random, timezone.now()))
                if is_away:
                    self._say("The database is back.")
                pause, is_away = self.random.uniform(*RECORD_PAUSE), False
            except DatabaseError as error:
                if not is_away:
                    self._say(f"The feed is waiting for the database: {str(error).splitlines()[0]}")
                connection.close()
                pause, is_away = RECONNECT_PAUSE, True
        connection.close()

    def stop(self) -> None:
        """Stop after the current record, and wait for it."""
        self.stopping.set()
        if self.is_alive():
            self.join(timeout=10)

    def _say(self, message: str) -> None:
        if not self.stopping.is_set():
            print(message, file=sys.stderr, flush=True)  # noqa: T201


def push_record(record: ReturnRecord) -> None:
    """Import a record as a push of its own, so that the feed counts as read."""
    values = {field: getattr(record, name) for name, field in API_NAMES.items()}
    texts = {field: _to_json(value) for field, value in values.items()}
    with record_run(Way.PUSH, SOURCE) as run:
        run.import_items(
            [item_from_json("record", {**texts, **record.unknown_fields})], source=SOURCE
        )


def _to_json(value: object) -> object:
    if isinstance(value, tuple):
        return [line_item_payload(line) for line in value]
    return value.isoformat() if isinstance(value, datetime) else value


def next_record(random: Random, now: datetime) -> ReturnRecord:
    """Return a record that the WMS might send now: a new return, an arrival or a completion."""
    (event,) = random.choices([_new, _announced, _arriving, _completed], [5, 1, 2, 6])
    return event(random, now) or _new(random, now)


def _new(random: Random, now: datetime) -> ReturnRecord:
    return generate_new_record(random, _next_number(), now, arrived=True)


def _announced(random: Random, now: datetime) -> ReturnRecord:
    return generate_new_record(random, _next_number(), now, arrived=False)


def _arriving(random: Random, now: datetime) -> ReturnRecord | None:
    lately = Return.objects.filter(state=State.CREATED, created_at__gt=now - RECENT)
    row = _pick(random, list(lately.filter(corrections={}).order_by("created_at")[:CANDIDATES]))
    if row is None:
        return None
    return _updated_record(row, now, state=State.ARRIVED.value, arrived_to_warehouse_at=now)


def _completed(random: Random, now: datetime) -> ReturnRecord | None:
    lately = Return.objects.filter(state=State.ARRIVED, arrived_to_warehouse_at__gt=now - RECENT)
    waiting = lately.filter(corrections={}).order_by("arrived_to_warehouse_at")
    row = _pick(random, list(waiting[:CANDIDATES]))
    if row is None:
        return None
    inspected = Contents(row.pk, now).inspect(to_line_items(row.line_items), now)
    return _updated_record(
        row, now, state=State.COMPLETED.value, completed_at=now, line_items=inspected
    )


def _pick(random: Random, rows: list[Return]) -> Return | None:
    return random.choice(rows) if rows else None


def _updated_record(row: Return, now: datetime, **changes: object) -> ReturnRecord:
    """Return the row as a record that was updated now, with these changes."""
    same = {name: getattr(row, name) for name in (*FACTS_BY_COLUMN, "unknown_fields")}
    same["line_items"] = to_line_items(row.line_items)
    return ReturnRecord(**same | {"tag": row.feed_tags or None, "updated_at": now} | changes)


def _next_number() -> int:
    """Return the number after the highest one of the newest returns.

    References are numbered in the order of creation, so the newest rows have the highest numbers.
    """
    newest = Return.objects.order_by("-created_at", "-id")[:CANDIDATES]
    references = newest.values_list("return_reference_number", flat=True)
    numbers = [int(match[1]) for match in map(NUMBERED_REFERENCE.fullmatch, references) if match]
    return max(numbers, default=FIRST_NUMBER - 1) + 1
