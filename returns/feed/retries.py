"""Rejected records are tried again after something was mended, or set aside."""

import json

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from returns.feed.intake import Taken
from returns.feed.items import JSON, Item
from returns.feed.runs import recorded
from returns.models import Fate, RejectedRecord, Way

MAY_CHANGE = "returns.change_feedrun"
MOST_AT_ONCE = 5_000


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


def set_aside(found: QuerySet[RejectedRecord], person: User) -> int:
    """Let the records that wait do so no longer; return how many there were."""
    return found.filter(fate=Fate.WAITING).update(fate=Fate.ASIDE, settled_by=person)


def take_back(found: QuerySet[RejectedRecord]) -> int:
    """Let records that were set aside wait again; return how many there were."""
    return found.filter(fate=Fate.ASIDE).update(fate=Fate.WAITING, settled_by=None)
