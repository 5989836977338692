"""Pull what another Returns API has: from where the last pull came to, one at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from django.db.models import F, Max
from django.db.models.functions import Least

from returns.database.locks import Lock, locked
from returns.feed.client import Client, FarSideError
from returns.feed.intake import Taken
from returns.feed.items import Item, item_of
from returns.feed.records import RecordError
from returns.feed.runs import Run, recorded
from returns.feed.walk import Step, walk
from returns.models import FeedRun, Way

# A record is seen by others a little later than its updatedAt says: clocks differ, and what is
# written within a transaction shows when that ends.
OVERLAP = timedelta(minutes=5)


class AlreadyRunningError(Exception):
    """Somebody pulls from there at this moment."""


@dataclass
class Pulled:
    """What became of the records of a pull."""

    read: int = 0
    created: int = 0
    updated: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        return str(Taken(self.read, self.created, self.updated, self.rejected))


def sync(
    client: Client,
    *,
    since: datetime | None = None,
    on_reject: Callable[[Item, RecordError], None] | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Pulled:
    """Take what the far side has since the last pull, or since a time, and say what became of it.

    What came in before a failure stays, and the next pull goes on from there. ``goes_on`` is
    asked after each page. Raises ``FarSideError``, ``AlreadyRunningError``.
    """
    with locked(Lock.PULL, crc32(client.origin.encode())) as is_ours:
        if not is_ours:
            raise AlreadyRunningError(f"Another process pulls from {client.origin} at this moment.")
        start = since or watermark(client.origin)
        with recorded(Way.PULL, client.origin, from_time=start) as run:
            for step in walk(client, start):
                _take(run, step, on_reject)
                if not goes_on():
                    raise FarSideError("Stopped by hand.")
        row = run.row
        return Pulled(row.read, row.created, row.updated, row.rejected)


def watermark(origin: str) -> datetime | None:
    """Return the ``updatedAt`` from which to ask: a little before what was reached.

    A record from the future does not carry it beyond the moment at which that was read.
    """
    runs = FeedRun.objects.filter(way=Way.PULL, origin=origin, to_time__isnull=False)
    reached = runs.aggregate(at=Max(Least(F("to_time"), F("began_at"))))["at"]
    return reached - OVERLAP if reached else None


def _take(
    run: Run, step: Step, on_reject: Callable[[Item, RecordError], None] | None = None
) -> None:
    numbered = enumerate(step.items, start=run.row.read + 1)
    items = [item_of(f"record {number}", entry) for number, entry in numbered]
    run.take(items, on_reject=on_reject)
    if step.reached:
        run.reached(step.reached)
