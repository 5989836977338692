"""The one way in: what a push, a pull or a file holds becomes records, and these are written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from returns.feed.ingest import IngestSummary, TagConflict, Written, ingest
from returns.feed.items import Item
from returns.feed.records import RecordError, ReturnRecord, parse_record

OnReject = Callable[[Item, RecordError], None]


@dataclass
class Taken:
    """What became of the items; every one is created, updated, unchanged or rejected.

    ``newest`` is the latest ``updatedAt`` of the records, ``written`` the rows of the latest batch
    alone.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    rejected: int = 0
    newest: datetime | None = None
    tag_conflicts: list[TagConflict] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)

    @property
    def unchanged(self) -> int:
        """Items that say nothing new."""
        return self.read - self.created - self.updated - self.rejected

    def __str__(self) -> str:
        return (
            f"read {self.read}, created {self.created}, updated {self.updated}, "
            f"unchanged {self.unchanged}, rejected {self.rejected}"
        )


def take(
    items: Iterable[Item],
    *,
    source: str,
    on_reject: OnReject,
    on_batch: Callable[[Taken], None] | None = None,
    dry_run: bool = False,
) -> Taken:
    """Write what the items say, batch by batch, and return what became of them.

    ``source`` names the writer on the timeline. ``on_reject`` gets each item that is left out and
    the reason, ``on_batch`` what became of everything so far, after each batch.
    """
    intake = _Intake(on_reject, on_batch)
    ingest(
        intake.records(items),
        source=source,
        dry_run=dry_run,
        on_batch=intake.note,
        on_progress=intake.forget,
    )
    return intake.taken


class _Intake:
    """Knows the items whose records are on their way to the database."""

    def __init__(self, on_reject: OnReject, on_batch: Callable[[Taken], None] | None) -> None:
        self.taken = Taken()
        self._on_reject = on_reject
        self._on_batch = on_batch
        self._position = 0
        self._waiting: dict[int, Item] = {}
        self._newest: datetime | None = None

    def records(self, items: Iterable[Item]) -> Iterator[ReturnRecord]:
        for item in items:
            try:
                if item.error:
                    raise item.error
                record = parse_record(item.raw or {})
            except RecordError as error:
                self.taken.read += 1
                self._reject(item, error)
                continue
            self._waiting[self._position] = item
            self._position += 1
            self._newest = max(self._newest or record.updated_at, record.updated_at)
            yield record

    def note(self, batch: IngestSummary) -> None:
        self.taken.read += batch.read
        self.taken.created += batch.created
        self.taken.updated += batch.updated
        self.taken.tag_conflicts += batch.tag_conflicts
        self.taken.written = batch.written
        self.taken.newest = self._newest
        for rejection in batch.rejected:
            self._reject(self._waiting[rejection.position], rejection.error)

    def forget(self, count: int) -> None:
        for position in [position for position in self._waiting if position < count]:
            del self._waiting[position]
        if self._on_batch:
            self._on_batch(self.taken)

    def _reject(self, item: Item, error: RecordError) -> None:
        self.taken.rejected += 1
        self._on_reject(item, error)
