"""The single entry point for records: items of a push, a pull or a file are parsed and written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from returns.feed.accepted import SentEntry
from returns.feed.ahead import Pace
from returns.feed.digests import current_key
from returns.feed.ingest import IngestSummary, TagConflict, WrittenRow, ingest
from returns.feed.items import Item
from returns.feed.parsing import parse_time
from returns.feed.reasons import Why
from returns.feed.records import RecordError, ReturnRecord, kept
from returns.feed.rejected import reference_of
from returns.feed.repeats import RowRepeats
from returns.models import FeedRun

OnReject = Callable[[Item, RecordError], None]


@dataclass
class IntakeResult:
    """The number of items by result: each is created, updated, unchanged or rejected.

    ``newest`` is the latest ``updatedAt`` of the records, ``unknown_tags`` the names of tags that
    are new in the vocabulary, ``differing_rows`` the places of rows of one return that differ, by
    return, ``left_out`` the places of rows that are no records, with the reasons; ``written`` are
    the rows of the latest batch only, and ``older`` the places of its items that are older than
    what was known.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    rejected: int = 0
    newest: datetime | None = None
    tag_conflicts: list[TagConflict] = field(default_factory=list)
    unknown_tags: list[str] = field(default_factory=list)
    differing_rows: dict[str, list[str]] = field(default_factory=dict)
    left_out: list[tuple[str, Why]] = field(default_factory=list)
    written: list[WrittenRow] = field(default_factory=list)
    older: list[str] = field(default_factory=list)

    @property
    def unchanged(self) -> int:
        """Return the number of items that changed nothing."""
        return self.read - self.created - self.updated - self.rejected

    def __str__(self) -> str:
        return (
            f"read {self.read}, created {self.created}, updated {self.updated}, "
            f"unchanged {self.unchanged}, rejected {self.rejected}"
        )


def import_items(
    items: Iterable[Item],
    *,
    source: str,
    on_reject: OnReject,
    on_batch: Callable[[IntakeResult], None] | None = None,
    run: FeedRun | None = None,
    dry_run: bool = False,
    pace: Pace | None = None,
) -> IntakeResult:
    """Parse and write the items, batch by batch, and return the result.

    ``source`` is the writer shown on the timeline, ``run`` the run that stores what changes.
    ``on_reject`` is called with each rejected item and the reason, ``on_batch`` with the result so
    far after each batch. ``pace`` is for who reads items ahead.
    """
    intake = _Intake(on_reject, on_batch, pace or Pace())
    ingest(
        intake.records(items),
        source=source,
        run=run,
        dry_run=dry_run,
        on_batch=intake.add_batch,
        on_progress=intake.release,
    )
    return intake.result


class _Intake:
    """Keeps the items whose records are being written, so that a rejection can name its item."""

    def __init__(
        self,
        on_reject: OnReject,
        on_batch: Callable[[IntakeResult], None] | None,
        pace: Pace,
    ) -> None:
        self.result = IntakeResult()
        self.repeated = 0  # in this batch
        self._pace = pace
        self._key = current_key()
        self._on_reject = on_reject
        self._on_batch = on_batch
        self._repeats = RowRepeats(self.result.differing_rows)
        self._position = 0
        self._waiting: dict[int, Item] = {}
        self._newest: datetime | None = None

    def records(self, items: Iterable[Item]) -> Iterator[SentEntry]:
        for item in items:
            if item.left_out:
                self.result.left_out.append((item.place, item.left_out))
                continue
            self._waiting[self._position] = item
            self._position += 1
            yield _Sent(self, item, item.digest_of(self._key))

    def parse(self, item: Item) -> ReturnRecord | None:
        """Return the record of an item; None if it was rejected."""
        try:
            record = item.parse()
            self._repeats.check(item, record)
        except RecordError as error:
            self._reject(item, kept(error))
            return None
        self.see_update(record.updated_at)
        return record

    def see_update(self, at: datetime) -> None:
        self._newest = max(self._newest or at, at)

    def add_batch(self, batch: IngestSummary) -> None:
        self.result.read += batch.read
        self.result.created += batch.created
        self.result.updated += batch.updated
        self.result.tag_conflicts += batch.tag_conflicts
        self.result.unknown_tags += batch.unknown_tags
        self.result.written = batch.written
        self.result.older = [self._waiting[position].place for position in batch.older]
        self.result.newest = self._newest
        self._pace.is_repeating = 2 * self.repeated > batch.read
        self.repeated = 0
        for rejection in batch.rejected:
            self._reject(self._waiting[rejection.position], rejection.error)

    def release(self, count: int) -> None:
        for position in [position for position in self._waiting if position < count]:
            del self._waiting[position]
        if self._on_batch:
            self._on_batch(self.result)

    def _reject(self, item: Item, error: RecordError) -> None:
        self.result.rejected += 1
        self._on_reject(item, error)


class _Sent:
    """An item that may have been accepted before."""

    __slots__ = ("_intake", "_item", "digest", "reference")

    def __init__(self, intake: _Intake, item: Item, digest: bytes) -> None:
        self._intake, self._item = intake, item
        self.reference, self.digest = reference_of(item), digest

    def repeat(self) -> None:
        self._intake.repeated += 1
        if at := parse_time(self._item.raw or {}, "updated_at"):
            self._intake.see_update(at)

    def parse(self) -> ReturnRecord | None:
        return self._intake.parse(self._item)
