"""Rejected records that wait for a time: they are imported once another record has brought it."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from returns.feed.cells import restore
from returns.feed.item_fields import ITEM_NUMBERS, LINE_ITEMS_NAME, name_in_list
from returns.feed.parsing import parse_record
from returns.feed.records import Problem, RecordError, ReturnRecord, combined
from returns.feed.rejected import settle, to_short_text
from returns.models import Fate, RejectedRecord, Way

# A record that was fixed but is rejected again belongs to the run of that retry.
FIXABLE_WAYS = (Way.FILE, Way.RETRY)


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """A rejected record that was not written because its return lacked a time."""

    pk: int
    record: ReturnRecord
    error: RecordError


def load_waiting(references: Collection[str]) -> dict[str, list[WaitingRecord]]:
    """Return the records of these returns that wait for a time, in the order of arrival."""
    waiting = RejectedRecord.objects.filter(fate=Fate.WAITING)
    if not references or not waiting.exists():
        return {}
    lacking = waiting.filter(reference__in=references, is_record=True, field="state")
    rows = lacking.select_related("run").order_by("pk")
    records: dict[str, list[WaitingRecord]] = {}
    for row in rows:
        raw = json.loads(row.written)
        try:
            record = parse_record(raw)
        except RecordError:
            continue
        if record.return_reference_number == row.reference and not (
            row.run.way in FIXABLE_WAYS and lost_values(raw)
        ):
            each = WaitingRecord(row.pk, record, RecordError(row.field, row.reason))
            records.setdefault(row.reference, []).append(each)
    return records


def update_reasons(refused: Iterable[tuple[WaitingRecord, RecordError]]) -> None:
    """Store why records are still rejected, if the reason is now another one."""
    for waiting, error in refused:
        if error is not waiting.error:
            rows = RejectedRecord.objects.filter(pk=waiting.pk)
            rows.update(field=to_short_text(error.field), reason=error.why)


def settle_imported(imported: Collection[WaitingRecord]) -> None:
    """Mark records as imported."""
    if imported:
        rows = RejectedRecord.objects.filter(pk__in=[each.pk for each in imported])
        settle(rows.filter(fate=Fate.WAITING), fate=Fate.IMPORTED)


def lost_values(raw: dict[str, object]) -> RecordError | None:
    """Return an error for values that a spreadsheet destroyed; they are stored as they were."""
    problems: list[Problem] = []
    for name, value in raw.items():
        try:
            restore(name, value if isinstance(value, str) else "")
        except RecordError as error:
            problems += error.problems
    lines = raw.get(LINE_ITEMS_NAME)
    for place, line in enumerate(lines if isinstance(lines, list) else ()):
        problems += _lost_of_line(place, line)
    return combined(problems) if problems else None


def _lost_of_line(place: int, line: object) -> Iterator[Problem]:
    values = line if isinstance(line, dict) else {}
    for name in ITEM_NUMBERS:
        try:
            value = values.get(name.rpartition(".")[2])
            restore(name, value if isinstance(value, str) else "")
        except RecordError as error:
            yield name_in_list(name, place), error.why


def store_outcome(
    imported: Collection[WaitingRecord], refused: Collection[tuple[WaitingRecord, RecordError]]
) -> None:
    """Mark records as imported, and store why others are still rejected.

    All of them are locked first, in the order in which others lock them, so that nobody waits in a
    ring. Must be called once in a transaction.
    """
    changed = [each for each, error in refused if error is not each.error]
    if not imported and not changed:
        return
    rows = RejectedRecord.objects.filter(pk__in=[each.pk for each in (*imported, *changed)])
    list(rows.order_by("digest").select_for_update().values_list("pk"))
    settle_imported(imported)
    update_reasons(refused)
