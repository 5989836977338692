"""Write what the WMS says of returns: the only place where its facts enter the database.

A record wins over what is stored when it is greater in one total order, so the records of a
return may come in any order, and again, and end the same. What an admin corrected is compared,
and kept, by the value that the WMS had sent.
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

from returns.feed.records import RecordError, ReturnRecord, tag_names
from returns.feed.statements import COLUMNS, COPY, MAKE_STAGE, STORED, UPSERT
from returns.models import ReturnTag
from tags import tagging, vocabulary
from tags.deadlocks import retry_deadlocks

Batch = Sequence[tuple[int, ReturnRecord]]
_facts = attrgetter(*COLUMNS)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that was not written, and why; ``position`` counts the records given, from 0."""

    record: ReturnRecord
    error: RecordError
    position: int


class TagConflict(NamedTuple):
    """Two tags of an exclusive group met on a return: the higher-ranked one was kept."""

    reference: str
    kept: str
    dropped: str


class Stored(NamedTuple):
    """What a return's row says before the batch."""

    source: str
    feed_tags: str


class Written(NamedTuple):
    """A row that the batch wrote."""

    pk: int
    reference: str
    feed_tags: str
    created: bool


@dataclass(frozen=True)
class IngestSummary:
    """What became of the records; every one is created, updated, unchanged or rejected.

    Of several records of one return that come in the same batch one is written; the others
    count as unchanged. A record is also "updated" when only its tags differ.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    tags_added: int = 0
    tag_conflicts: list[TagConflict] = field(default_factory=list)
    # Of one batch alone: of all there may be more than fit.
    written: list[Written] = field(default_factory=list)

    @property
    def unchanged(self) -> int:
        """Records that say nothing new."""
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
    """Write the records, one transaction for each batch, and say what became of them.

    ``source`` names the writer on the timeline, such as "feed" or "file". A record whose return
    is another system's is rejected, and so is one that the database refuses; the others go in.
    A dry run is one transaction, rolled back at its end. ``on_progress`` gets the number of
    records done after each batch, ``on_batch`` what became of it just before that.
    """
    summary = IngestSummary()
    with pghistory.context(source=source), transaction.atomic() if dry_run else nullcontext():
        if dry_run:
            _tell_triggers_that_nothing_stays()
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


def _tell_triggers_that_nothing_stays() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL returns.dry_run = 'on'")


def _write(batch: Batch) -> IngestSummary:
    """Write a batch; one that the database refuses is halved until the culprit stands alone."""
    try:
        return retry_deadlocks(lambda: _write_at_once(batch))
    except (DataError, IntegrityError) as refusal:
        if len(batch) == 1:
            reason = f"refused by the database: {str(refusal).splitlines()[0]}"
            rejection = Rejection(batch[0][1], RecordError("record", reason), batch[0][0])
            return IngestSummary(read=1, rejected=[rejection])
    middle = len(batch) // 2
    return _write(batch[:middle]) + _write(batch[middle:])


@transaction.atomic
def _write_at_once(batch: Batch) -> IngestSummary:
    references = [record.return_reference_number for _, record in batch]
    stored = _stored(references)
    accepted, rejected = _split_by_source(batch, {ref: row.source for ref, row in stored.items()})
    written = _upsert(accepted)
    rejected += _overtaken(accepted, stored.keys() | {row.reference for row in written})
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


def _stored(references: list[str]) -> dict[str, Stored]:
    with connection.cursor() as cursor:
        cursor.execute(STORED, [references])
        return {reference: Stored(*row) for reference, *row in cursor.fetchall()}


def _split_by_source(
    batch: Batch, owners: dict[str, str]
) -> tuple[list[tuple[int, ReturnRecord]], list[Rejection]]:
    """A return belongs to the system that is stored with it, or else to the first one seen."""
    accepted, rejected = [], []
    for position, record in batch:
        owner = owners.setdefault(record.return_reference_number, record.source)
        if record.source == owner:
            accepted.append((position, record))
        else:
            rejected.append(Rejection(record, _belongs_to(owner, record), position))
    return accepted, rejected


def _overtaken(accepted: Batch, known: set[str]) -> list[Rejection]:
    """Records of returns that another import created meanwhile, from another system."""
    rest = [entry for entry in accepted if entry[1].return_reference_number not in known]
    if not rest:
        return []
    stored = _stored([record.return_reference_number for _, record in rest])
    return _split_by_source(rest, {ref: row.source for ref, row in stored.items()})[1]


def _belongs_to(owner: str, record: ReturnRecord) -> RecordError:
    reference = record.return_reference_number
    reason = f"{record.source!r}, but {reference} is already recorded by {owner!r}"
    return RecordError("source", reason)


def _upsert(accepted: Batch) -> list[Written]:
    with connection.cursor() as cursor:
        cursor.execute(MAKE_STAGE)
        cursor.execute("TRUNCATE feed_staged")
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:
            for position, record in accepted:
                copy.write_row(_row(position, record))
        # The timeline's triggers keep the plan of their first batch; that of an empty one is
        # quadratic in a full one.
        cursor.execute("DISCARD PLANS")
        cursor.execute(UPSERT)
        return [Written(*row) for row in cursor.fetchall()]


def _row(position: int, record: ReturnRecord) -> list[Any]:
    # Most are texts, and asking whether something is a mapping takes long.
    values = [
        value if isinstance(value, str) or not isinstance(value, Mapping) else dumps(value)
        for value in _facts(record)
    ]
    return [position, record.return_reference_number, *values, record.tag or ""]


def _tags_differ(row: Written, stored: dict[str, Stored]) -> bool:
    before = stored.get(row.reference)
    return row.feed_tags != (before.feed_tags if before else "")


def _add_tags(rows: list[Written]) -> tagging.TagsAdded:
    names = {row.pk: tag_names(row.feed_tags) for row in rows}
    tags = vocabulary.find_or_create({name for some in names.values() for name in some})
    pairs = [(pk, tags[name].pk) for pk, some in names.items() for name in some]
    return tagging.add_many(ReturnTag, pairs)


def _conflicts(tags: tagging.TagsAdded, written: list[Written]) -> list[TagConflict]:
    references = {row.pk: row.reference for row in written} if tags.conflicts else {}
    return [TagConflict(references[c.entity_id], c.kept, c.dropped) for c in tags.conflicts]
