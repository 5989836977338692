"""The returns that a person opened last, on whatever device."""

from django.contrib.auth.models import User

from returns.models import Return
from returns.people.person import get_preferences, save_preferences

MAX_RECENT = 8


def note_opened(record_id: int, person: User) -> None:
    """Store that a person has opened a return. Nothing is written if it is the last one already."""
    recent = get_preferences(person).recent
    if recent[:1] != [record_id]:
        others = [pk for pk in recent if pk != record_id]
        save_preferences(person, {"recent": [record_id, *others][:MAX_RECENT]})


def recent_returns(person: User) -> list[Return]:
    """Return the returns that a person opened last, the last one first."""
    recent = get_preferences(person).recent
    records = Return.objects.in_bulk(recent)
    return [records[pk] for pk in recent if pk in records]
