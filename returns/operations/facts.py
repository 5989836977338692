"""What there is to know about the running desk, read at one moment; every server finds the same.

The page for admins, the metrics and the deep check of readiness all show these facts. Each is read
from an index or from a small table, within a time limit, so it is cheap at a million returns; what
takes too long is None. Without a database, the facts are empty.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from config.errors import first_line
from config.schema import unapplied_migrations
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.models import Loop
from returns.operations.disks import Disk, disks
from returns.operations.heartbeat import SEEN_WITHIN
from returns.operations.queues import MAX_WAITING, QUEUES, Queue
from returns.operations.replication import bytes_behind, has_replica
from returns.operations.statements import (
    SELECT_CONNECTIONS,
    SELECT_DATABASE,
    SELECT_FAILING_SUBSCRIPTIONS,
    SELECT_FEED,
    SELECT_REJECTED,
    SELECT_RULES,
    SELECT_SIZE,
    SELECT_SOURCES,
    SELECT_WORKERS,
)

# For one statement, and for all of them together.
FACT_MILLISECONDS, FACTS_SECONDS = 1_000, 4.0
# A step of the short work that takes longer is stuck; a file may take hours.
STUCK_STEP_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Worker:
    """A loop of a process that works in the background; ages are in seconds."""

    loop: Loop
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime
    seen_seconds: float
    job: str
    job_seconds: float | None

    @property
    def is_alive(self) -> bool:
        """Tell whether it was seen in the last minute."""
        return -60 <= self.seen_seconds <= SEEN_WITHIN

    @property
    def is_stuck(self) -> bool:
        """Tell whether it is alive, but has been at one short step for too long."""
        is_at_step = self.loop == Loop.STEPS and bool(self.job)
        return self.is_alive and is_at_step and (self.job_seconds or 0) > STUCK_STEP_SECONDS


@dataclass(frozen=True, slots=True)
class FeedSourceLag:
    """Where records come from: the address of a pull; "" for all that is pushed together."""

    way: str
    origin: str
    seconds: float | None


@dataclass
class Facts:
    """All facts. ``problem`` says why the database is away, in the words of the log."""

    is_up: bool = False
    problem: str = ""
    server_version: str = ""
    is_standby: bool = False
    database_size: int | None = None
    connections: dict[str, int] = field(default_factory=dict)
    max_connections: int | None = None
    waiting_migrations: int | None = None
    workers: list[Worker] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)
    feed_seconds: float | None = None
    sources: list[FeedSourceLag] = field(default_factory=list)
    rejected: int | None = None
    failing_rules: int | None = None
    stopped_rules: int | None = None
    # In a row, by the number of the subscription.
    subscription_failures: dict[str, int] = field(default_factory=dict)
    disks: list[Disk] = field(default_factory=list)
    has_replica: bool = False
    replica_bytes_behind: int | None = None

    @property
    def is_feed_silent(self) -> bool:
        """Tell whether the feed was read once, but has not been for ``FEED_SILENT_MINUTES``."""
        limit = settings.FEED_SILENT_MINUTES * 60
        return self.feed_seconds is not None and self.feed_seconds > limit

    def missing_loops(self) -> list[Loop]:
        """Return the loops of the background work that no process runs."""
        alive = {worker.loop for worker in self.workers if worker.is_alive}
        return [loop for loop in (Loop.STEPS, Loop.FILES, Loop.OUTGOING) if loop not in alive]

    def stuck_workers(self) -> list[Worker]:
        """Return the loops that have been at one short step for too long."""
        return [worker for worker in self.workers if worker.is_stuck]


class _Reader:
    """Reads facts until the time for all of them is over."""

    def __init__(self) -> None:
        self.end = time.monotonic() + FACTS_SECONDS

    def rows(self, sql: str) -> list[tuple[Any, ...]] | None:
        """Return the rows of a statement; None if it takes too long."""
        left = int(1000 * (self.end - time.monotonic()))
        if left <= 0:
            return None
        try:
            with time_limit(min(left, FACT_MILLISECONDS)), connection.cursor() as cursor:
                cursor.execute(sql)
                rows: list[tuple[Any, ...]] = cursor.fetchall()
                return rows
        except QueryTimeoutError:
            return None

    def row(self, sql: str, width: int) -> tuple[Any, ...]:
        """Return the first row of a statement; as many Nones if there is none in time."""
        rows = self.rows(sql)
        return rows[0] if rows else (None,) * width


def read_facts() -> Facts:
    """Return the facts of now. Raises nothing: a database that is away is a fact."""
    facts = Facts(disks=disks())
    try:
        facts.waiting_migrations = unapplied_migrations()
        facts.is_up = True
        if not facts.waiting_migrations:  # the tables may differ otherwise
            _read_tables(facts, _Reader())
    except DatabaseError as error:
        facts.is_up, facts.problem = False, first_line(error)
        connection.close()
    return facts


def _read_tables(facts: Facts, reader: _Reader) -> None:
    version, standby, most = reader.row(SELECT_DATABASE, 3)
    facts.server_version, facts.is_standby, facts.max_connections = version or "", standby, most
    facts.connections = dict(reader.rows(SELECT_CONNECTIONS) or [])
    facts.workers = [
        Worker(Loop(loop), *others) for loop, *others in reader.rows(SELECT_WORKERS) or []
    ]
    facts.queues = [Queue(kind, *reader.row(kind.sql, 2)) for kind in QUEUES]
    (facts.feed_seconds,) = reader.row(SELECT_FEED, 1)
    facts.sources = [FeedSourceLag(*row) for row in reader.rows(SELECT_SOURCES) or []]
    (facts.rejected,) = reader.row(SELECT_REJECTED.format(most=MAX_WAITING + 1), 1)
    facts.failing_rules, facts.stopped_rules = reader.row(SELECT_RULES, 2)
    facts.subscription_failures = dict(reader.rows(SELECT_FAILING_SUBSCRIPTIONS) or [])
    facts.has_replica, facts.replica_bytes_behind = has_replica(), bytes_behind()
    (facts.database_size,) = reader.row(SELECT_SIZE, 1)
