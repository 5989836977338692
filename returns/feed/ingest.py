"""Writing records to the database. Nothing else writes the facts of returns, except corrections.

Records have a total order, and the greatest record of a return wins. So records may arrive in any
order, any number of times, with the same result. A fact that an admin corrected is compared by the
value that the WMS sent, and the correction is kept.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, fields, replace
from itertools import batched
from json import dumps
from operator import attrgetter
from typing import Any, NamedTuple

import pghistory
from django.db import DataError, IntegrityError, connection, transaction

from returns.feed.records import RecordError, ReturnRecord, split_tags
from returns.feed.statements import (
    COPY_TO_STAGING,
    CREATE_STAGING_TABLE,
    INGEST_COLUMNS,
    SELECT_STORED_RETURNS,
    UPSERT,
)
from returns.models import ReturnTag
from tags import tagging, vocabulary
from tags.deadlocks import retry_deadlocks

Batch = Sequence[tuple[int, ReturnRecord]]
_fact_values = attrgetter(*INGEST_COLUMNS)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that was not written, and why. ``position`` is its index among the records given."""

    record: ReturnRecord
    error: RecordError
    position: int


class TagConflict(NamedTuple):
    """Two tags of an exclusive group were sent for a return; the higher-ranked one was kept."""

    reference: str
    kept: str
    dropped: str


class StoredRow(NamedTuple):
    """The values of a return before the batch is written."""

    source: str
    feed_tags: str


class WrittenRow(NamedTuple):
    """A row that the batch inserted or updated."""

    pk: int
    reference: str
    feed_tags: str
    created: bool


@dataclass(frozen=True)
class IngestSummary:
    """The number of records by result: each is created, updated, unchanged or rejected.

    If a batch has several records of one return, one is written and the others count as unchanged.
    A record whose tags alone differ counts as updated.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    tags_added: int = 0
    tag_conflicts: list[TagConflict] = field(default_factory=list)
    # The rows of one batch; the total summary has none, because they might not fit into memory.
    written: list[WrittenRow] = field(default_factory=list)

    @property
    def unchanged(self) -> int:
        """Return the number of records that changed nothing."""
        return self.read - self.created - self.updated - len(self.rejected)

    def __add__(self, other: "IngestSummary") -> "IngestSummary":
        return IngestSummary(
            *(getattr(self, f.name) + getattr(other, f.name) for f in fields(self))
        )


def ingest(
    records: Iterable[ReturnRecord],
    *,
    source: str,
    batch_size: int = 5000,
    dry_run: bool = False,
    on_progress: Callable[[int], None] | None = None,
    on_batch: Callable[[IngestSummary], None] | None = None,
) -> IngestSummary:
    """Write the records, one transaction per batch, and return a summary.

    ``source`` is the writer shown on the timeline, such as "feed" or "file". A record is rejected
    if its return belongs to another system or if the database refuses it; the others are written. A
    dry run is one transaction that is rolled back. ``on_batch`` is called with the summary of each
    batch, then ``on_progress`` with the number of records so far.
    """
    summary = IngestSummary()
    with pghistory.context(source=source), transaction.atomic() if dry_run else nullcontext():
        if dry_run:
            _mark_dry_run()
        for batch in batched(enumerate(records), batch_size):
            result = _write(batch)
            summary += replace(result, written=[])
            if on_batch:
                on_batch(result)
            if on_progress:
                on_progress(summary.read)
        if dry_run:
            transaction.set_rollback(True)
    return summary


def _mark_dry_run() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL returns.dry_run = 'on'")


def _write(batch: Batch) -> IngestSummary:
    """Write a batch. If the database refuses it, split it until the wrong record is alone."""
    try:
        return retry_deadlocks(lambda: _write_whole(batch))
    except (DataError, IntegrityError) as refusal:
        if len(batch) == 1:
            reason = f"refused by the database: {str(refusal).splitlines()[0]}"
            rejection = Rejection(batch[0][1], RecordError("record", reason), batch[0][0])
            return IngestSummary(read=1, rejected=[rejection])
    middle = len(batch) // 2
    return _write(batch[:middle]) + _write(batch[middle:])


@transaction.atomic
def _write_whole(batch: Batch) -> IngestSummary:
    references = [record.return_reference_number for _, record in batch]
    stored = _load_stored(references)
    accepted, rejected = _split_by_source(batch, {ref: row.source for ref, row in stored.items()})
    written = _upsert(accepted)
    rejected += _rejected_by_race(accepted, stored.keys() | {row.reference for row in written})
    tags = _add_tags([row for row in written if _tags_differ(row, stored)])
    created = sum(row.created for row in written)
    return IngestSummary(
        read=len(batch),
        created=created,
        updated=len(written) - created,
        rejected=rejected,
        tags_added=tags.added,
        tag_conflicts=_conflicts(tags, written),
        written=written,
    )


def _load_stored(references: list[str]) -> dict[str, StoredRow]:
    with connection.cursor() as cursor:
        cursor.execute(SELECT_STORED_RETURNS, [references])
        return {reference: StoredRow(*row) for reference, *row in cursor.fetchall()}


def _split_by_source(
    batch: Batch, owners: dict[str, str]
) -> tuple[list[tuple[int, ReturnRecord]], list[Rejection]]:
    """Reject records whose source is not the one stored, or the first one in the batch."""
    accepted, rejected = [], []
    for position, record in batch:
        owner = owners.setdefault(record.return_reference_number, record.source)
        if record.source == owner:
            accepted.append((position, record))
        else:
            rejected.append(Rejection(record, _wrong_source(owner, record), position))
    return accepted, rejected


def _rejected_by_race(accepted: Batch, known: set[str]) -> list[Rejection]:
    """Return rejections for returns that another import created meanwhile with another source."""
    rest = [entry for entry in accepted if entry[1].return_reference_number not in known]
    if not rest:
        return []
    stored = _load_stored([record.return_reference_number for _, record in rest])
    return _split_by_source(rest, {ref: row.source for ref, row in stored.items()})[1]


def _wrong_source(owner: str, record: ReturnRecord) -> RecordError:
    reference = record.return_reference_number
    reason = f"{record.source!r}, but {reference} is already recorded by {owner!r}"
    return RecordError("source", reason)


def _upsert(accepted: Batch) -> list[WrittenRow]:
    with connection.cursor() as cursor:
        cursor.execute(CREATE_STAGING_TABLE)
        cursor.execute("TRUNCATE feed_staged")
        with connection.wrap_database_errors, cursor.copy(COPY_TO_STAGING) as copy:
            for position, record in accepted:
                copy.write_row(_staging_row(position, record))
        # The triggers of the timeline cache the plan of their first batch. If that was empty, the
        # plan takes quadratic time for a full one.
        cursor.execute("DISCARD PLANS")
        cursor.execute(UPSERT)
        return [WrittenRow(*row) for row in cursor.fetchall()]


def _staging_row(position: int, record: ReturnRecord) -> list[Any]:
    # Most values are strings, and isinstance(value, Mapping) is slow.
    values = [
        value if isinstance(value, str) or not isinstance(value, Mapping) else dumps(value)
        for value in _fact_values(record)
    ]
    return [position, record.return_reference_number, *values, record.tag or ""]


def _tags_differ(row: WrittenRow, stored: dict[str, StoredRow]) -> bool:
    stored_row = stored.get(row.reference)
    return row.feed_tags != (stored_row.feed_tags if stored_row else "")


def _add_tags(rows: list[WrittenRow]) -> tagging.TagsAdded:
    names = {row.pk: split_tags(row.feed_tags) for row in rows}
    tags = vocabulary.find_or_create({name for some in names.values() for name in some})
    pairs = [(pk, tags[name].pk) for pk, some in names.items() for name in some]
    return tagging.add_many(ReturnTag, pairs)


def _conflicts(tags: tagging.TagsAdded, written: list[WrittenRow]) -> list[TagConflict]:
    references = {row.pk: row.reference for row in written} if tags.conflicts else {}
    return [TagConflict(references[c.entity_id], c.kept, c.dropped) for c in tags.conflicts]
