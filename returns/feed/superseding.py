"""Rejected records that others have made needless, whatever the order and the batches they came in.

A rejected record is superseded once a record of the same return that is as new says what was wrong
in it. If the rejected one has no valid time of its update, any record that arrives later is newer.
Records whose tags found no room wait until all of their tags have come, and those of another system
until that return is gone.
"""

import json
from contextlib import suppress
from itertools import batched

from returns.feed.arrivals import Arrivals
from returns.feed.merging import Known, said_at
from returns.feed.parsing import parse_record, parse_time
from returns.feed.records import API_NAMES, RecordError, split_tags
from returns.feed.rejected import settle
from returns.feed.stored_rows import load_stored
from returns.models import Fate, RejectedRecord
from tags.deadlocks import retry_deadlocks

ROWS_AT_ONCE = 500
COLUMNS = {api_name: column for column, api_name in API_NAMES.items()}


def supersede_rejects(arrivals: Arrivals) -> None:
    """Mark rejected records of these returns that wait needlessly as superseded."""
    waiting = RejectedRecord.objects.filter(fate=Fate.WAITING)
    if not waiting.exists():
        return
    ids = waiting.filter(reference__in=arrivals.references).values_list("pk", flat=True)
    superseded: list[int] = []
    for some in batched(ids, ROWS_AT_ONCE):
        rows = RejectedRecord.objects.filter(pk__in=some).defer("reason")
        stored = load_stored({row.reference for row in rows})
        known = {reference: row.known for reference, row in stored.items()}
        superseded += (
            row.pk for row in rows if _is_superseded(row, known.get(row.reference), arrivals)
        )
    if superseded:
        needless = waiting.filter(pk__in=superseded)
        retry_deadlocks(lambda: settle(needless, fate=Fate.SUPERSEDED))


def _is_superseded(row: RejectedRecord, known: Known | None, arrivals: Arrivals) -> bool:
    if not row.is_record:
        return False  # also one that was cut, and whose update nobody knows
    raw, time = json.loads(row.written), None
    wrong_field = row.field.partition("[")[0]  # of lineItems[2].sku, the line items
    with suppress(RecordError):
        time = parse_time(raw, "updated_at")
    if time is None:
        fields = arrivals.later_fields(row)
        return bool(fields) and (wrong_field in fields or wrong_field not in COLUMNS)
    if known is None or row.field == "source":
        return False
    record = None
    with suppress(RecordError):
        record = parse_record(raw)
    if row.field == "tag":
        return record is not None and set(known.tags).issuperset(split_tags(record.tag or ""))
    if row.field == "state" and record:
        return False  # it is merged as soon as it can be; see ``waiting``
    return said_at(known, COLUMNS.get(wrong_field, "")) >= time
