"""Merging the records of a batch, one after the other, so that batches of any size end the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from config.stored_texts import stored_text, to_stored
from returns.feed.merging import (
    Known,
    Stamp,
    has_needed_time,
    merge,
    newest_stamp,
    stamp_of,
)
from returns.feed.reasons import quoted
from returns.feed.records import Problem, RecordError, ReturnRecord, combined, kept
from returns.feed.sent_tags import BatchTags
from returns.feed.stored_rows import StoredRow
from returns.feed.waiting import WaitingRecord


@dataclass(slots=True)
class Rejection:
    """A record that was not written, and why. ``position`` is its index among the records given.

    ``waiting`` is set for a record that had been rejected before, and has no position. ``stamp``
    says how new a record is that lacks a time.
    """

    record: ReturnRecord
    error: RecordError
    position: int
    waiting: WaitingRecord | None = None
    stamp: Stamp = field(init=False)

    def __post_init__(self) -> None:
        self.stamp = stamp_of(self.record)


class BatchMerge:
    """Merges records with what is known of their returns.

    ``known`` is what is known of each return afterwards, ``imported`` are records that had waited
    for a time that others have brought, ``refused`` the records that were rejected, and ``older``
    the positions of those that are older than what is known.
    ``redacted`` is when returns were redacted that have been deleted since.
    """

    def __init__(
        self,
        stored: Mapping[str, StoredRow],
        waiting: Mapping[str, Sequence[WaitingRecord]],
        tags: BatchTags,
        redacted: Mapping[str, datetime],
    ) -> None:
        self.known: dict[str, Known | None] = {}
        self.older: dict[str, list[int]] = {}
        self.imported: dict[str, list[WaitingRecord]] = {}
        self.refused: dict[str, list[Rejection]] = {
            reference: [Rejection(each.record, each.error, -1, each) for each in some]
            for reference, some in waiting.items()
        }
        self._stored = stored
        self._tags = tags
        self._redacted = redacted

    def add(self, position: int, record: ReturnRecord) -> None:
        """Merge a record, and then those of the same return that have waited for its times."""
        reference = record.return_reference_number
        if reference not in self.known:
            row = self._stored.get(reference)
            self.known[reference] = row.known if row else None
        before = self.known[reference]
        try:
            self._accept(record)
        except RecordError as error:
            self.refused.setdefault(reference, []).append(Rejection(record, kept(error), position))
        else:
            if before is not None and _is_older(record, before):
                self.older.setdefault(reference, []).append(position)
            while reference in self.refused and self._accept_one_that_waits(reference):
                pass

    def _accept_one_that_waits(self, reference: str) -> bool:
        refused, known = self.refused[reference], self.known[reference]
        newest = newest_stamp(known) if known else None
        for at, each in enumerate(refused):
            if each.error.field != "state":
                continue
            # Merging all of them after each record would take too long.
            if known and newest and each.stamp > newest and not has_needed_time(known, each.record):
                continue
            try:
                self._accept(each.record)
            except RecordError as error:
                if _stored(error) != _stored(each.error):
                    each.error = kept(error)
            else:
                del refused[at]
                if each.waiting:
                    self.imported.setdefault(reference, []).append(each.waiting)
                return True
        return False

    def _accept(self, record: ReturnRecord) -> None:
        """Merge a record with what is known of its return, or raise ``RecordError``.

        A record whose source is not the one that is stored, or the first one, is rejected.
        """
        reference = record.return_reference_number
        before = self.known[reference]
        problems: list[Problem] = []
        if before and record.source != before.facts["source"] and "source" not in record.absent:
            problems += _wrong_source(before.facts["source"], record).problems
        new = self._tags.new_names(record, before) if record.tag else []
        count, redacted_at = self._tags.count_with(reference, new), self._redacted.get(reference)
        try:
            after = merge(before, record, new, count, redacted_at)
        except RecordError as error:
            problems += error.problems
        if problems:
            raise combined(problems)
        if new:
            self._tags.accept(reference, new)
        self.known[reference] = after


def _is_older(record: ReturnRecord, known: Known) -> bool:
    """Tell whether a record is older than the newest one of its return."""
    # Most records that add nothing are the newest ones again; this alone is quick.
    if (record.updated_at, record.state) == (known.facts["updated_at"], known.facts["state"]):
        return False
    return stamp_of(record) < newest_stamp(known)


def _stored(error: RecordError) -> list[tuple[str, str]]:
    return [(field, to_stored(why)) for field, why in error.problems]


def _wrong_source(owner: str, record: ReturnRecord) -> RecordError:
    why = stored_text(
        "%(source)s, but %(reference)s is already recorded by %(owner)s",
        source=quoted(record.source),
        reference=record.return_reference_number,
        owner=quoted(owner),
    )
    return RecordError("source", why)
