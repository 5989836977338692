"""The heartbeat of background work: each loop tells the database that it is alive.

It is written from where the loops are, so a process whose loops are all stuck falls silent. A
process has several loops, and whichever moves writes for all of them: so a file that takes an hour
does not look dead, and a loop that is stuck shows by how long it has been at the same job.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection

from config.diagnosis import fingerprint
from config.release import release
from returns.models import Heartbeat, Loop

BEAT_INTERVAL = 10.0  # seconds
# A loop that was not seen for so long is not running.
SEEN_WITHIN = 60  # seconds
# Looking whether there is anything to do is no job: that takes less.
SHORTEST_JOB = 1.0  # seconds
BEAT = """
    INSERT INTO returns_heartbeat AS known
        (id, loop, host, pid, version, fingerprint, started_at, seen_at, doing, doing_since)
    VALUES (
        %(id)s, %(loop)s, %(host)s, %(pid)s, %(version)s, %(fingerprint)s,
        clock_timestamp() - %(age)s * interval '1 second', clock_timestamp(), %(doing)s,
        CASE WHEN %(doing)s <> '' THEN clock_timestamp() - %(doing_for)s * interval '1 second' END
    )
    ON CONFLICT (id) DO UPDATE SET
        seen_at = excluded.seen_at, doing = excluded.doing, doing_since = excluded.doing_since
"""
# A time in the future is from before the clock was set back.
IS_SEEN = """
    SELECT EXISTS (
        SELECT FROM returns_heartbeat WHERE loop = %s AND seen_at
            BETWEEN clock_timestamp() - %s * interval '1 second'
            AND clock_timestamp() + interval '1 minute'
    )
"""


@dataclass
class Pulse:
    """A loop of this process, and the job that it is at; "" while it waits."""

    heart: "Heart"
    loop: Loop
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    began: float = field(default_factory=time.monotonic)
    job: str = ""
    job_began: float = 0.0

    @contextmanager
    def doing(self, job: str) -> Iterator[None]:
        """Tell for the block that the loop is at this job."""
        self.job, self.job_began = job, time.monotonic()
        self.heart.beat()
        try:
            yield
        finally:
            self.job = ""

    def beat(self) -> None:
        """Tell that the loop moves; within a job that takes long, or between two jobs."""
        self.heart.beat()


class Heart:
    """The signs of life of this process, written at most every ``BEAT_INTERVAL``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pulses: list[Pulse] = []
        self._beat_at: float | None = None

    @contextmanager
    def beating(self, loop: Loop) -> Iterator[Pulse]:
        """Give the pulse of a loop. Its row is deleted when the loop ends, however it does."""
        pulse = Pulse(self, loop)
        with self._lock:
            self._pulses.append(pulse)
            self._beat_at = None
        try:
            self.beat()
            yield pulse
        finally:
            with self._lock:
                self._pulses.remove(pulse)
            _forget([pulse])

    def beat(self) -> None:
        """Write the rows of all loops if that is due. Without a database, nothing happens."""
        if connection.in_atomic_block:  # whose rows nobody would see before its end
            return
        with self._lock:
            now = time.monotonic()
            if self._beat_at is not None and now - self._beat_at < BEAT_INTERVAL:
                return
            self._beat_at = now
            rows = [_row(pulse, now) for pulse in self._pulses]
        _write(rows)

    def stop(self) -> None:
        """Delete the rows of loops that are still at a job, before the process ends."""
        with self._lock:
            pulses = list(self._pulses)
        _forget(pulses)


def is_running(loop: Loop) -> bool:
    """Tell whether any process has been seen in the last minute that runs such a loop."""
    with connection.cursor() as cursor:
        cursor.execute(IS_SEEN, [loop.value, SEEN_WITHIN])
        (is_seen,) = cursor.fetchone()
    return bool(is_seen)


def are_running(*loops: Loop) -> bool:
    """Tell whether each of these loops is running, as ``is_running`` does."""
    return all(map(is_running, loops))


def _row(pulse: Pulse, now: float) -> dict[str, Any]:
    is_at_job = now - pulse.job_began >= SHORTEST_JOB
    return {
        "id": pulse.id,
        "loop": pulse.loop.value,
        "host": socket.gethostname()[:100],
        "pid": os.getpid(),
        "version": release(),
        "fingerprint": fingerprint(),
        "age": now - pulse.began,
        "doing": pulse.job if is_at_job else "",
        "doing_for": now - pulse.job_began,
    }


def _write(rows: Sequence[dict[str, Any]]) -> None:
    # A sign of life must not stop the work: the job that comes next meets the same error.
    try:
        with connection.cursor() as cursor:
            for row in rows:
                cursor.execute(BEAT, row)
    except DatabaseError:
        _close_if_unusable()


def _forget(pulses: Sequence[Pulse]) -> None:
    try:
        Heartbeat.objects.filter(pk__in=[pulse.id for pulse in pulses]).delete()
    except DatabaseError:  # the row is seen to be old, and goes with the retention
        _close_if_unusable()


def _close_if_unusable() -> None:
    if not connection.is_usable():
        connection.close()
