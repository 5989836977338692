"""Pulling from another Returns API, from where the last pull ended; one pull at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from django.db.models import F, Max
from django.db.models.functions import Least

from returns.database.locks import Lock, try_lock, while_held
from returns.feed.client import Client
from returns.feed.intake import IntakeResult
from returns.feed.items import Item, item_from_json
from returns.feed.records import RecordError
from returns.feed.remote_errors import RemoteApiError
from returns.feed.runs import STOPPED, Run, record_run
from returns.feed.walk import WalkStep, walk
from returns.models import FeedRun, Way

# A record becomes visible a little later than its updatedAt: clocks differ, and a transaction shows
# its changes when it ends.
WATERMARK_OVERLAP = timedelta(minutes=5)


class AlreadyRunningError(Exception):
    """Another process is pulling from this address."""


@dataclass
class PullResult:
    """The number of records of a pull by result."""

    read: int = 0
    created: int = 0
    updated: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        return str(IntakeResult(self.read, self.created, self.updated, self.rejected))


def sync(
    client: Client,
    *,
    since: datetime | None = None,
    on_reject: Callable[[Item, RecordError], None] | None = None,
    should_continue: Callable[[], bool] = lambda: True,
) -> PullResult:
    """Pull the records updated since the last pull, or since a time, and return the result.

    What was imported before a failure stays, and the next pull continues from there.
    ``should_continue`` is called after each page. Raises ``RemoteApiError`` and
    ``AlreadyRunningError``.
    """
    with try_lock(Lock.PULL, crc32(client.origin.encode())) as lock:
        if lock is None:
            raise AlreadyRunningError(f"Another process is already pulling from {client.origin}.")
        should_continue = while_held(lock, should_continue)
        start = since or watermark(client.origin)
        with record_run(Way.PULL, client.origin, from_time=start) as run:
            for step in walk(client, start):
                _import_step(run, step, on_reject)
                if not should_continue():
                    raise RemoteApiError(STOPPED)
        row = run.row
        return PullResult(row.read, row.created, row.updated, row.rejected)


def watermark(origin: str) -> datetime | None:
    """Return the ``updatedAt`` from which to pull: a little before the latest one imported.

    A record dated in the future does not move it beyond the start of the run that imported it.
    """
    runs = FeedRun.objects.filter(way=Way.PULL, origin=origin, to_time__isnull=False)
    reached = runs.aggregate(at=Max(Least(F("to_time"), F("began_at"))))["at"]
    return reached - WATERMARK_OVERLAP if reached else None


def _import_step(
    run: Run, step: WalkStep, on_reject: Callable[[Item, RecordError], None] | None = None
) -> None:
    numbered = enumerate(step.items, start=run.row.read + 1)
    items = [item_from_json(f"record {number}", entry) for number, entry in numbered]
    run.import_items(items, on_reject=on_reject)
    if step.reached:
        run.advance_to(step.reached)
