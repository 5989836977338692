"""The requests that are being answered by this process, by thread.

Log lines name the request of their thread, and the metrics count the threads. Nothing else may
read it: what a request is about is passed on as an argument.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connections
from django.http import HttpRequest

from config.concurrency import STUCK_AFTER

# Of one request; those beyond are counted, but not traced one by one.
MAX_KEPT_QUERIES = 100


class Query(NamedTuple):
    """A query: its SQL with placeholders, never with values. Times are in seconds, since 1970."""

    sql: str
    began_at: float
    seconds: float


@dataclass(eq=False)
class RunningRequest:
    """A request, and what it has cost so far."""

    id: str
    request: HttpRequest
    keeps_queries: bool = False
    began_at: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)
    queries: int = 0
    database_seconds: float = 0.0
    kept_queries: list[Query] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Return how long it has taken until now."""
        return time.monotonic() - self.began

    def count_query(
        self, execute: Callable[..., Any], sql: object, params: Any, many: bool, context: Any
    ) -> Any:
        """Execute a statement for the request; a wrapper of Django's connections."""
        began_at, began = time.time(), time.monotonic()
        try:
            return execute(sql, params, many, context)
        finally:
            seconds = time.monotonic() - began
            self.queries += 1
            self.database_seconds += seconds
            if self.keeps_queries and len(self.kept_queries) < MAX_KEPT_QUERIES:
                text = sql if isinstance(sql, str) else type(sql).__name__
                self.kept_queries.append(Query(text, began_at, seconds))


_BY_THREAD: dict[int, RunningRequest] = {}


@contextmanager
def running(request: RunningRequest) -> Iterator[None]:
    """Note for the block that this thread answers the request, and count its queries."""
    thread = threading.get_ident()
    outer = _BY_THREAD.get(thread)
    _BY_THREAD[thread] = request
    try:
        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(request.count_query))
            yield
    finally:
        if outer is None:
            del _BY_THREAD[thread]
        else:
            _BY_THREAD[thread] = outer


def running_in_thread(thread: int | None) -> RunningRequest | None:
    """Return the request that a thread answers; None if it answers none."""
    return None if thread is None else _BY_THREAD.get(thread)


def busy_and_stuck() -> tuple[int, int]:
    """Return how many threads answer requests, and how many of them have done so for too long."""
    ages = [each.seconds for each in [*_BY_THREAD.values()]]
    return len(ages), sum(age > STUCK_AFTER for age in ages)
