"""Rejected records that others have made needless, whatever the order and the batches they came in.

A rejected record is superseded once a record of the same return that is as new says what was wrong
in it. If the rejected one has no valid time of its update, any record that arrives later is newer.
Records whose tags found no room wait until all of their tags have come, and those of another system
until that return is gone.
"""

import json
from contextlib import suppress
from datetime import datetime

from returns.feed.arrivals import Arrivals
from returns.feed.merging import Known
from returns.feed.parsing import parse_record, parse_time
from returns.feed.records import API_NAMES, RecordError, split_tags
from returns.feed.rejected import settle
from returns.feed.stored_rows import load_stored
from returns.models import Fate, RejectedRecord

COLUMNS = {api_name: column for column, api_name in API_NAMES.items()}


def supersede_rejects(arrivals: Arrivals) -> None:
    """Mark rejected records of these returns that wait needlessly as superseded."""
    waiting = RejectedRecord.objects.filter(fate=Fate.WAITING)
    if not waiting.exists():
        return
    rows = list(waiting.filter(reference__in=arrivals.references))
    stored = load_stored({row.reference for row in rows})
    superseded = [
        row.pk
        for row in rows
        if _is_superseded(
            row, stored[row.reference].known if row.reference in stored else None, arrivals
        )
    ]
    if superseded:
        settle(waiting.filter(pk__in=superseded), fate=Fate.SUPERSEDED)


def _is_superseded(row: RejectedRecord, known: Known | None, arrivals: Arrivals) -> bool:
    raw = json.loads(row.written) if row.is_record else {}
    time = None
    with suppress(RecordError):
        time = parse_time(raw, "updated_at")
    if time is None:
        fields = arrivals.later_fields(row)
        return bool(fields) and (row.field in fields or row.field not in COLUMNS)
    if known is None or row.field == "source":
        return False
    if row.field in ("state", "tag"):
        with suppress(RecordError):
            record = parse_record(raw)
            # A record that lacks a time is merged as soon as it can be; see ``waiting``.
            return row.field == "tag" and set(known.tags).issuperset(split_tags(record.tag or ""))
    return _said_at(row.field, known) >= time


def _said_at(field: str, known: Known) -> datetime:
    """Return when the field was updated last."""
    updated_at: datetime = (known.facts | known.corrected)["updated_at"]
    stamp = known.stamps.get(COLUMNS.get(field, ""))
    return stamp[0] if stamp else updated_at
