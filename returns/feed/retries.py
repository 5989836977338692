"""Retry rejected records, fix them, or set them aside.

Only records from files are fixed here. Pulled and pushed records are fixed in the other system.
"""

import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from config.text import to_storable_text
from config.written_dates import in_numbers
from returns.feed.dates import parse_date
from returns.feed.intake import IntakeResult
from returns.feed.item_fields import ITEM_CELLS, LINE_ITEMS_NAME, name_of_cell, place_in_list
from returns.feed.item_lines import LINE_REFERENCE, LINE_SKU
from returns.feed.items import JSON, Item
from returns.feed.labels import field_label
from returns.feed.parsing import parse_record
from returns.feed.reasons import in_words
from returns.feed.records import (
    API_NAMES,
    KNOWN_FIELDS,
    UNSTRIPPED_COLUMNS,
    UPDATED_FIELD,
    RecordError,
)
from returns.feed.rejected import settle, to_ascii_json
from returns.feed.runs import record_run
from returns.feed.spelling import READ_WORD, TIME_CELLS, parse_cell
from returns.feed.waiting import FIXABLE_WAYS, lost_values
from returns.models import Fate, FeedRun, RejectedRecord, Way
from tags.deadlocks import retry_deadlocks

MAY_CHANGE_FEED = "returns.change_feedrun"
MAX_RETRIED_AT_ONCE = 5_000
# Where the records of such a run come from; see ``origin_text``.
BY_RETRY, BY_FIX = "retried", "fixed"
# Fields whose value fits on one line.
FIXABLE_FIELDS = KNOWN_FIELDS - {API_NAMES[name] for name in UNSTRIPPED_COLUMNS}


def origin_text(run: FeedRun) -> str:
    """Return where the records of a run come from, as people read it."""
    if run.way == Way.RETRY and run.by:
        if run.origin == BY_RETRY:
            return _("Rejected records, retried by %(person)s") % {"person": run.by}
        if run.origin == BY_FIX:
            return _("Rejected record, fixed by %(person)s") % {"person": run.by}
    return run.origin


def retry(rejects: QuerySet[RejectedRecord], person: User) -> IntakeResult:
    """Import up to 5,000 of the waiting records again; those that are rejected again keep waiting.

    Raises ``ValidationError`` if none of them can be retried.
    """
    waiting = rejects.filter(fate=Fate.WAITING, is_record=True)
    if not waiting.exists():
        raise ValidationError(_("None of these records can be retried."))
    records = list(waiting.select_related("run").order_by("pk")[:MAX_RETRIED_AT_ONCE])
    rejected_again: set[int] = set()
    with record_run(Way.RETRY, BY_RETRY, by=person) as run:
        result = run.import_items(
            map(_item, records), on_reject=lambda item, _error: rejected_again.add(item.original)
        )
    imported = {row.pk for row in records} - rejected_again
    taken = RejectedRecord.objects.filter(pk__in=imported)
    retry_deadlocks(lambda: settle(taken, fate=Fate.IMPORTED, settled_by=person))
    return result


def _item(row: RejectedRecord) -> Item:
    raw = json.loads(row.written)
    error = lost_values(raw) if row.run.way in FIXABLE_WAYS else None
    return Item(row.place, JSON, raw=raw, error=error, original=row.pk)


def wrong_value(row: RejectedRecord) -> str | None:
    """Return the value of the wrong field as text; None if it cannot be fixed here."""
    if not row.is_record or row.run.way not in FIXABLE_WAYS:
        return None
    holder = _holder(json.loads(row.written), row.field)
    if holder is None:
        return None
    value = holder.get(_name_within(row.field), "")
    return to_storable_text(value if isinstance(value, str) else to_ascii_json(value))


def fix_value(rejects: QuerySet[RejectedRecord], text: str, person: User) -> IntakeResult:
    """Import a record again with another value, written as in CSV, for the wrong field.

    If another field is wrong as well, the fixed record waits in place of this one. Raises
    ``ValidationError`` if the record cannot be fixed here, or if the new value is wrong too.
    """
    row = rejects.filter(fate=Fate.WAITING).select_related("run").first()
    if row is None or wrong_value(row) is None:
        raise ValidationError(_("This record cannot be fixed here."))
    raw = _with_value(row, text.strip())
    with record_run(Way.RETRY, BY_FIX, by=person) as run:
        item = Item(row.place, JSON, raw=raw, error=lost_values(raw), original=raw)
        result = run.import_items([item])
    fate = Fate.SUPERSEDED if result.rejected else Fate.IMPORTED
    RejectedRecord.objects.filter(pk=row.pk).update(fate=fate, settled_by=person)
    return result


def _holder(raw: dict[str, Any], field: str) -> dict[str, Any] | None:
    """Return what has a field: the record, or one of its line items; None if it is not fixed here.

    The name of the field of a line item is ``lineItems[2].sku``.
    """
    place = place_in_list(field)
    if place is None:
        return raw if field in FIXABLE_FIELDS else None
    lines = raw.get(LINE_ITEMS_NAME)
    line = lines[place] if isinstance(lines, list) and place < len(lines) else None
    return line if isinstance(line, dict) and name_of_cell(field) in ITEM_CELLS else None


def _name_within(field: str) -> str:
    return field.rpartition(".")[2]


def _with_value(row: RejectedRecord, text: str) -> dict[str, object]:
    raw: dict[str, object] = json.loads(row.written)
    cell = name_of_cell(row.field)
    try:
        _put(raw, row.field, parse_cell(cell, text, ZoneInfo(settings.TIME_ZONE)))
        parse_record(raw)
    except RecordError as error:
        problems = dict(error.problems)
        if reason := problems.get(row.field) or problems.get(cell):
            problem = f"{field_label(row.field)}: {in_words(reason, {})}"
            if cell in TIME_CELLS and not _is_time(cell, text):
                problem = _("%(problem)s. Write it as %(example)s, or as 2026-11-28 14:05.") % {
                    "problem": problem,
                    "example": f"{in_numbers(date(2026, 11, 28))} 14:05",
                }
            raise ValidationError(problem) from None
    return raw


def _put(raw: dict[str, Any], field: str, value: str) -> None:
    """Put a value in the place of the wrong one, and of what the file's rows made of that."""
    holder, name = _holder(raw, field), _name_within(field)
    if holder is None:
        return
    before, holder[name] = holder.get(name), value
    if holder is raw:
        # The file had no column for updates, so this time was taken for the update too.
        if before and raw.get(UPDATED_FIELD) in (before if isinstance(before, list) else [before]):
            raw[UPDATED_FIELD] = value
        return
    for line in raw[LINE_ITEMS_NAME]:
        # One word means the same in all rows.
        if name_of_cell(field) in READ_WORD and line.get(name) == before:
            line[name] = value
    reference = str(holder.get(LINE_REFERENCE, ""))
    if name == LINE_SKU and before and reference.startswith(f"{before}#"):
        holder[LINE_REFERENCE] = f"{value}{reference.removeprefix(str(before))}"


def _is_time(field: str, text: str) -> bool:
    try:
        return parse_date(field, text) is not None
    except RecordError:
        return False


def set_aside(rejects: QuerySet[RejectedRecord], person: User) -> int:
    """Set waiting records aside; return how many."""
    waiting = rejects.filter(fate=Fate.WAITING)
    return retry_deadlocks(lambda: settle(waiting, fate=Fate.ASIDE, settled_by=person))


def put_back(rejects: QuerySet[RejectedRecord]) -> int:
    """Return records that were set aside to the waiting ones; return how many."""
    aside = rejects.filter(fate=Fate.ASIDE)
    return retry_deadlocks(lambda: settle(aside, fate=Fate.WAITING, settled_by=None))
