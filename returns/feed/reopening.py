"""Rejected records that had waited for a time wait again once the import of that time is undone."""

import json
from collections.abc import Collection
from contextlib import suppress

from returns.feed.merging import Known, merge
from returns.feed.parsing import parse_record
from returns.feed.records import RecordError, split_tags
from returns.feed.rejected import settle
from returns.feed.stored_rows import load_stored
from returns.models import Fate, FeedRun, RejectedRecord


def reopen_rejects(run: FeedRun, references: Collection[str]) -> None:
    """Let records of others wait again whose facts were undone together with those of the run.

    Must be called in the transaction that restores or deletes the returns with these references.
    Records that people have settled and those that the run itself has rejected stay as they are.
    """
    imported = RejectedRecord.objects.filter(fate=Fate.IMPORTED, settled_by=None)
    waited = imported.filter(is_record=True, field="state").exclude(run=run)
    rows = list(waited.filter(reference__in=references).defer("reason"))
    stored = load_stored({row.reference for row in rows})
    lost = [
        row.pk
        for row in rows
        if row.reference not in stored or not _is_known(row, stored[row.reference].known)
    ]
    if lost:
        settle(imported.filter(pk__in=lost), fate=Fate.WAITING)


def _is_known(row: RejectedRecord, known: Known) -> bool:
    """Tell whether a record would add nothing: it had been imported before the run."""
    with suppress(RecordError):
        record = parse_record(json.loads(row.written))
        has_tags = set(known.tags).issuperset(split_tags(record.tag or ""))
        return has_tags and merge(known, record) is known
    return False
