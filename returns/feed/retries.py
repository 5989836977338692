"""Rejected records are tried again after something was mended, mended here, or set aside.

Only what people brought in files is mended here: of what is pulled or pushed, the other system
has the say.
"""

import json
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from returns.feed.intake import Taken
from returns.feed.items import JSON, Item
from returns.feed.records import API_NAMES, AS_WRITTEN, KNOWN, RecordError, parse_record
from returns.feed.runs import as_written, recorded, storable
from returns.feed.spelling import value_of
from returns.models import Fate, RejectedRecord, Way

MAY_CHANGE = "returns.change_feedrun"
MOST_AT_ONCE = 5_000
# One that was mended and is still wrong belongs to the run of that.
MENDED = (Way.FILE, Way.RETRY)
UPDATED = API_NAMES["updated_at"]
# What fits on one line.
FIELDS = KNOWN - {API_NAMES[name] for name in AS_WRITTEN}


def try_again(found: QuerySet[RejectedRecord], person: User) -> Taken:
    """Take up to 5,000 of the records that wait once more; what is still wrong waits on.

    Raises ``ValidationError`` when none can be tried.
    """
    waiting = found.filter(fate=Fate.WAITING, is_record=True)
    if not waiting.exists():
        raise ValidationError("None of these can be tried again.")
    tried = list(waiting.order_by("pk")[:MOST_AT_ONCE])
    still: set[int] = set()
    with recorded(Way.RETRY, f"rejected records, by {person}", by=person) as run:
        taken = run.take(map(_item, tried), on_reject=lambda item, _: still.add(item.written))
    came = {row.pk for row in tried} - still
    RejectedRecord.objects.filter(pk__in=came).update(fate=Fate.TAKEN, settled_by=person)
    return taken


def _item(row: RejectedRecord) -> Item:
    return Item(row.place, JSON, raw=json.loads(row.written), written=row.pk)


def wrong_value(row: RejectedRecord) -> str | None:
    """Return what a record says in the field that is wrong; None where it is not mended here."""
    if not row.is_record or row.run.way not in MENDED or row.field not in FIELDS:
        return None
    value = json.loads(row.written).get(row.field, "")
    return storable(value if isinstance(value, str) else as_written(value))


def mend(found: QuerySet[RejectedRecord], text: str, person: User) -> Taken:
    """Take a record once more with another value, written as in CSV, in the field that is wrong.

    Where then another field is wrong, it waits on as it was mended. Raises ``ValidationError``
    when the record cannot be mended here, and for a value that is wrong too.
    """
    row = found.filter(fate=Fate.WAITING).select_related("run").first()
    if row is None or wrong_value(row) is None:
        raise ValidationError("This record cannot be mended here.")
    raw = _mended(row, text.strip())
    with recorded(Way.RETRY, f"mended record, by {person}", by=person) as run:
        taken = run.take([Item(row.place, JSON, raw=raw, written=raw)])
    fate = Fate.OVERTAKEN if taken.rejected else Fate.TAKEN
    RejectedRecord.objects.filter(pk=row.pk).update(fate=fate, settled_by=person)
    return taken


def _mended(row: RejectedRecord, text: str) -> dict[str, object]:
    raw: dict[str, object] = json.loads(row.written)
    before = raw.get(row.field)
    try:
        raw[row.field] = value_of(row.field, text, ZoneInfo(settings.TIME_ZONE))
        # Where no column said it, this time was also that of the update.
        if before and raw.get(UPDATED) == before:
            raw[UPDATED] = raw[row.field]
        parse_record(raw)
    except RecordError as error:
        if error.field == row.field:
            raise ValidationError(str(error)) from None
    return raw


def set_aside(found: QuerySet[RejectedRecord], person: User) -> int:
    """Let the records that wait do so no longer; return how many there were."""
    return found.filter(fate=Fate.WAITING).update(fate=Fate.ASIDE, settled_by=person)


def take_back(found: QuerySet[RejectedRecord]) -> int:
    """Let records that were set aside wait again; return how many there were."""
    return found.filter(fate=Fate.ASIDE).update(fate=Fate.WAITING, settled_by=None)
