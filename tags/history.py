"""What people did to the vocabulary and to many records at once, kept so that it can be undone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.contrib.auth.models import User
from django.utils import timezone

from config import versions
from config.text import shorten
from tags.models import Tag, TagAction, TagActionRow, TagGroup
from tags.tagging import Person

DAYS_TO_UNDO = 30
LISTED = 50

# What of a word can change. The slots follow.
KEPT = {
    Tag: (
        *("name", "group_id", "position", "description", "raises", "retired_at"),
        *("synonym_of_id", "is_forgotten"),
    ),
    TagGroup: ("name", "color", "position", "exclusive", "required_when", "description"),
}
type Row = dict[str, Any]


class RowChange(TypedDict):
    """A tag or a group before and after an action; None where there is none."""

    kind: str
    id: int
    before: Row | None
    after: Row | None


def kind_of(word: Tag | TagGroup) -> str:
    """Return what tells a tag from a group in the history."""
    return str(type(word)._meta.model_name)


def row_of(word: Tag | TagGroup) -> Row:
    """Return what can change of a tag or a group, as JSON can hold it."""
    values = {name: getattr(word, name) for name in KEPT[type(word)]}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def version_of(word: Tag | TagGroup) -> str:
    """Return what tells this state of a tag or a group from any other."""
    return versions.version_of(row_of(word))


def change_of(word: Tag | TagGroup, before: Row | None, after: Row | None) -> RowChange:
    """Return the change of one tag or group for ``record``."""
    return {"kind": kind_of(word), "id": word.pk, "before": before, "after": after}


def record(words: str, changes: Sequence[RowChange], by: Person) -> TagAction:
    """Keep an action, within the transaction that does it.

    Of actions that can no longer be undone only the words are kept.
    """
    TagActionRow.objects.filter(action__done_at__lt=oldest_undoable()).delete()
    person = by if isinstance(by, User) else None
    return TagAction.objects.create(
        words=shorten(words, 500), changes=list(changes), done_by=person
    )


def reword(action: TagAction, words: str) -> None:
    """Say anew what an action does, while it goes on."""
    action.words = shorten(words, 500)
    action.save(update_fields=["words"])


def mark_undone(action: TagAction, by: Person, words: str) -> None:
    """Keep who undid an action, and what that did."""
    action.undone_at, action.undone_by = timezone.now(), by if isinstance(by, User) else None
    action.undo_words = shorten(words, 500)
    action.save(update_fields=["undone_at", "undone_by", "undo_words"])


def reword_undo(action: TagAction, words: str) -> None:
    """Say anew what undoing an action did, while it goes on."""
    action.undo_words = shorten(words, 500)
    action.save(update_fields=["undo_words"])


def oldest_undoable() -> datetime:
    """Return the moment since which actions can be undone."""
    return timezone.now() - timedelta(days=DAYS_TO_UNDO)


def can_be_undone(action: TagAction) -> bool:
    """Tell whether an action is young enough, and was not undone."""
    return action.undone_at is None and action.done_at >= oldest_undoable()


def actions(
    count: int = LISTED, word: Tag | TagGroup | None = None, before: int | None = None
) -> list[TagAction]:
    """Return the latest actions, those of one tag or group where it is given.

    ``before``: only those that were done before the action with this id.
    """
    found = TagAction.objects.select_related("done_by", "undone_by", "bulk")
    found = found.defer("bulk__entity_ids")
    if word:
        found = found.filter(changes__contains=[{"kind": kind_of(word), "id": word.pk}])
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found[:count])


def is_by(action_id: int, person: User) -> bool:
    """Tell whether the person did this action."""
    return TagAction.objects.filter(pk=action_id, done_by=person).exists()
