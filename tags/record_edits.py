"""Add a tag to one record or remove one, so that it can be undone."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from tags import history, tagging
from tags.models import Tag, TagAction
from tags.undo import undo
from tags.vocabulary import VocabularyError


@dataclass(frozen=True, slots=True)
class Edit:
    """What was done, for people to read, and the action that can be undone, if any."""

    text: str
    action: TagAction | None = None


def add(record: Model, tag: Tag, by: User, permission: str) -> Edit:
    """Add a tag to a record; people with the permission can undo it. See ``tagging.add_tag``."""
    return _recorded(record, by, permission, lambda: tagging.add_tag(record, tag, by))


def remove(record: Model, tag: Tag | None, by: User, permission: str) -> Edit:
    """Remove a tag from a record; people with the permission can undo it."""
    if tag is None:
        return Edit(_("This tag no longer exists."))
    return _recorded(record, by, permission, lambda: tagging.remove_tag(record, tag, by))


def undo_edit(record: Model, action_id: int, by: User) -> Edit:
    """Undo a change of the tags of this record."""
    if not history.has_changed(action_id, record):
        return Edit(_("This change no longer exists."))
    try:
        return Edit(undo(action_id, by))
    except VocabularyError as error:
        return Edit(error.messages[0])


def _recorded(
    record: Model, by: User, permission: str, change_tags: Callable[[], tagging.Change]
) -> Edit:
    with transaction.atomic():
        change = change_tags()
        action = history.record_change(record, change, by, permission) if change.taggings else None
    return Edit(str(change), action)
