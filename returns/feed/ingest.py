"""Writing records to the database. Nothing else writes the facts of returns, except corrections.

What each record adds is decided by ``merging``; only returns that change are locked and written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, fields, replace
from itertools import batched
from operator import attrgetter
from typing import NamedTuple

import pghistory
from django.db import DataError, IntegrityError, connection, transaction
from psycopg.errors import NotNullViolation

from config.stored_texts import stored_text
from returns.feed.accepted import AcceptedRecords, SentEntry, without_accepted
from returns.feed.batches import BatchMerge, Rejection
from returns.feed.fact_changes import differences
from returns.feed.merging import Known
from returns.feed.records import RecordError, ReturnRecord
from returns.feed.redacting import find_redacted
from returns.feed.sent_tags import BatchTags
from returns.feed.statements import (
    COPY_TO_STAGING,
    CREATE_STAGING_TABLE,
    LOCK_STORED_RETURNS,
    STAGED,
    UPSERT,
    UPSERT_AND_STORE_CHANGES,
)
from returns.feed.stored_rows import StoredRow, load_stored, staging_row
from returns.feed.waiting import WaitingRecord, load_waiting, store_outcome
from returns.models import FeedRun
from tags import tagging
from tags.deadlocks import retry_deadlocks

Batch = Sequence[tuple[int, ReturnRecord]]


class TagConflict(NamedTuple):
    """Two tags of an exclusive group were sent for a return; the higher-ranked one was kept."""

    reference: str
    kept: str
    dropped: str


class WrittenRow(NamedTuple):
    """A row that the batch inserted or updated.

    ``before`` and ``after`` are what was known of the return; ``before`` is None if it is new.
    ``version`` is that of the row now.
    """

    pk: int
    reference: str
    before: Known | None
    after: Known
    version: str

    @property
    def is_new(self) -> bool:
        """Tell whether the return was not known before."""
        return self.before is None

    @property
    def is_visible(self) -> bool:
        """Tell whether anything changed that people see."""
        return self.before is None or bool(self.new_tags or differences(self.before, self.after))

    @property
    def new_tags(self) -> tuple[str, ...]:
        """Return the names of tags that were not sent before."""
        return self.after.tags[len(self.before.tags) if self.before else 0 :]


@dataclass(frozen=True)
class IngestSummary:
    """The number of records by result: each is created, updated, unchanged or rejected.

    If a batch has several records of one return, they are written as one, and the others count as
    unchanged. A record with new tags alone counts as updated.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    tags_added: int = 0
    tag_conflicts: list[TagConflict] = field(default_factory=list)
    # Names that are new in the vocabulary.
    unknown_tags: list[str] = field(default_factory=list)
    # The rows of one batch, and the positions of its records that are older than what is known; the
    # total summary has none, because they might not fit into memory.
    written: list[WrittenRow] = field(default_factory=list)
    older: list[int] = field(default_factory=list)

    @property
    def unchanged(self) -> int:
        """Return the number of records that changed nothing."""
        return self.read - self.created - self.updated - len(self.rejected)

    def __add__(self, other: "IngestSummary") -> "IngestSummary":
        return IngestSummary(
            *(getattr(self, f.name) + getattr(other, f.name) for f in fields(self))
        )


def ingest(
    records: Iterable[ReturnRecord | SentEntry],
    *,
    source: str,
    run: FeedRun | None = None,
    batch_size: int = 5000,
    dry_run: bool = False,
    on_progress: Callable[[int], None] | None = None,
    on_batch: Callable[[IngestSummary], None] | None = None,
) -> IngestSummary:
    """Write the records, one transaction per batch, and return a summary.

    Entries that were accepted before are not even parsed, and others when their batch is written.
    ``source`` is the writer shown on the timeline, such as "feed" or "file". What changes is stored
    with the run, if one is given, in the same transactions. A record is rejected
    if its return belongs to another system or if the database refuses it; the others are written. A
    dry run is one transaction that is rolled back. ``on_batch`` is called with the summary of each
    batch, then ``on_progress`` with the number of records so far.
    """
    summary = IngestSummary()
    context = {"source": source} | ({"run": run.pk} if run else {})
    with pghistory.context(**context), transaction.atomic() if dry_run else nullcontext():
        if dry_run:
            _mark_dry_run()
        for batch in batched(enumerate(records), batch_size):
            pending, digests = without_accepted(batch)
            result = IngestSummary(read=len(batch) - len(pending))
            if pending:
                # A dry run would lock what is kept of the records until its end.
                result += _write(pending, run, {} if dry_run else digests)
            summary += replace(result, written=[], older=[])
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


def _write(batch: Batch, run: FeedRun | None, digests: Mapping[str, bytes]) -> IngestSummary:
    """Write a batch. If the database refuses it, split it until the wrong record is alone."""
    try:
        return retry_deadlocks(lambda: _write_whole(batch, run, digests))
    except (DataError, IntegrityError) as refusal:
        if isinstance(refusal.__cause__, NotNullViolation):
            raise  # no record is to blame: the tables are newer than this process
        if len(batch) == 1:
            why = stored_text(
                "refused by the database: %(problem)s", problem=str(refusal).splitlines()[0]
            )
            rejection = Rejection(batch[0][1], RecordError("record", why), batch[0][0])
            return IngestSummary(read=1, rejected=[rejection])
    middle = len(batch) // 2
    return _write(batch[:middle], run, digests) + _write(batch[middle:], run, digests)


@transaction.atomic
def _write_whole(batch: Batch, run: FeedRun | None, digests: Mapping[str, bytes]) -> IngestSummary:
    waiting = load_waiting({record.return_reference_number for _, record in batch})
    tags = BatchTags()
    written: list[WrittenRow] = []
    rejected: list[Rejection] = []
    imported: list[WaitingRecord] = []
    older: list[int] = []
    accepted = AcceptedRecords(batch, digests)
    pending = batch
    while pending:
        stored = load_stored({record.return_reference_number for _, record in pending})
        merged = _merge(pending, stored, waiting, tags)
        changed = {
            reference: each
            for reference, each in merged.known.items()
            if each and (reference not in stored or each is not stored[reference].known)
        }
        # Only what changes is locked, and what has changed meanwhile is merged again.
        locked = load_stored(changed.keys() & stored.keys(), LOCK_STORED_RETURNS)
        current = {
            reference: each
            for reference, each in changed.items()
            if _version(reference, locked) == _version(reference, stored)
        }
        rows = _upsert(current, stored, run)
        done = merged.known.keys() - changed.keys() | {row.reference for row in rows}
        written += rows
        rejected += [each for reference in done for each in merged.refused.get(reference, ())]
        imported += [each for reference in done for each in merged.imported.get(reference, ())]
        older += [position for reference in done for position in merged.older.get(reference, ())]
        plain = done - merged.refused.keys() - merged.older.keys() - waiting.keys()
        for reference in plain & stored.keys() - changed.keys():
            accepted.add(reference, stored[reference])
        for row in rows:
            if row.reference in plain:
                accepted.add(row.reference, StoredRow(row.pk, row.version, row.after))
        pending = [each for each in pending if each[1].return_reference_number not in done]
    added, unknown_tags = tags.add(
        {row.pk: row.new_tags for row in written if row.new_tags},
        {row.pk for row in written if row.is_new},
        run.tag_action if run else None,
    )
    accepted.keep()
    store_outcome(imported, [(each.waiting, each.error) for each in rejected if each.waiting])
    created = sum(row.is_new for row in written)
    return IngestSummary(
        read=len(batch),
        created=created,
        updated=sum(row.is_visible for row in written) - created,
        rejected=sorted(
            (each for each in rejected if not each.waiting), key=attrgetter("position")
        ),
        tags_added=added.added,
        tag_conflicts=_conflicts(added, written),
        unknown_tags=unknown_tags,
        written=written,
        older=older,
    )


def _merge(
    batch: Batch,
    stored: Mapping[str, StoredRow],
    waiting: Mapping[str, Sequence[WaitingRecord]],
    tags: BatchTags,
) -> BatchMerge:
    waited = (each.record for some in waiting.values() for each in some)
    tags.look_up([*(record for _, record in batch), *waited], stored)
    new = {record.return_reference_number for _, record in batch} - stored.keys()
    merged = BatchMerge(stored, waiting, tags, find_redacted(new))
    for position, record in batch:
        merged.add(position, record)
    return merged


def _version(reference: str, rows: Mapping[str, StoredRow]) -> str:
    return rows[reference].version if reference in rows else ""


def _upsert(
    changed: Mapping[str, Known], stored: Mapping[str, StoredRow], run: FeedRun | None
) -> list[WrittenRow]:
    if not changed:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CREATE_STAGING_TABLE)
        cursor.execute(f"TRUNCATE {STAGED}")
        with connection.wrap_database_errors, cursor.copy(COPY_TO_STAGING) as copy:
            for reference, known in changed.items():
                pk = stored[reference].pk if reference in stored else None
                copy.write_row(staging_row(pk, known))
        # The triggers of the timeline cache the plan of their first batch. If that was empty, the
        # plan takes quadratic time for a full one.
        cursor.execute("DISCARD PLANS")
        if run:
            cursor.execute(UPSERT_AND_STORE_CHANGES, [run.pk])
        else:
            cursor.execute(UPSERT)
        rows = cursor.fetchall()
    before = {reference: row.known for reference, row in stored.items()}
    return [
        WrittenRow(pk, reference, before.get(reference), changed[reference], version)
        for pk, reference, version in rows
    ]


def _conflicts(tags: tagging.TagsAdded, written: list[WrittenRow]) -> list[TagConflict]:
    references = {row.pk: row.reference for row in written} if tags.conflicts else {}
    return [TagConflict(references[c.entity_id], c.kept, c.dropped) for c in tags.conflicts]
