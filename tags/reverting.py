"""Revert recorded changes of tags and groups."""

from datetime import datetime
from typing import Any

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from config.shipped_names import group_label, tag_label
from tags.conflicts import database_errors_as, group_name_conflict, name_conflict
from tags.editing import lock, lock_slot, synonyms_of
from tags.history import EntryChange, Snapshot, kind_of, snapshot
from tags.models import Tag, TagGroup
from tags.vocabulary import VocabularyError


def revert(change: EntryChange) -> None:
    """Restore the fields of a tag or group that a change set, or undo its creation or deletion.

    Raises ``VocabularyError`` if they have changed again since, or cannot be restored.
    """
    before, after = change["before"], change["after"]
    model: Any = next(model for model in (Tag, TagGroup) if change["kind"] == kind_of(model()))
    stored = lock(model, change["id"])
    if (stored is None) != (after is None):
        label = tag_label if model is Tag else group_label
        raise _changed_since(label((after or before or {})["name"]))
    entry = stored or model(pk=change["id"])
    with database_errors_as(lambda error: _conflict(entry, error)):
        if before is None:
            _delete_created(entry, after)
        else:
            _restore(entry, before, after)


def _changed_since(name: str) -> VocabularyError:
    text = _("“%(name)s” has changed since. Undo the later changes first.")
    return VocabularyError(text % {"name": name})


def _delete_created(entry: Any, after: Snapshot | None) -> None:
    """Delete a tag or group that a change created, if it has not changed since."""
    now = snapshot(entry)
    # Changes recorded by an earlier version may lack a field.
    if any(now[name] != value for name, value in (after or {}).items()) or synonyms_of(entry):
        raise _changed_since(str(entry))
    entry.delete()


def _restore(entry: Any, before: Snapshot, after: Snapshot | None) -> None:
    now = snapshot(entry)
    changed = [name for name in before if after is None or before[name] != after[name]]
    if after and any(now[name] != after[name] for name in changed):
        raise _changed_since(str(entry))
    for name in changed:
        value = before[name]
        is_time = name == "retired_at" and value
        setattr(entry, name, datetime.fromisoformat(value) if is_time else value)
    if isinstance(entry, Tag):
        entry.slot, entry.synonym_slot = _current_slots(entry)
    entry.save(force_insert=after is None)


def _current_slots(tag: Tag) -> tuple[int | None, int | None]:
    """Return ``slot`` and ``synonym_slot``, as the group or the tag of the synonym has them now."""
    if tag.synonym_of_id:
        return None, lock_slot(tag.synonym_of_id)
    group = lock(TagGroup, tag.group_id)
    if group is None:
        text = _("The group of “%(tag)s” has been deleted. Undo that first.")
        raise VocabularyError(text % {"tag": tag})
    return group.slot, None


def _conflict(entry: Any, error: Exception) -> str:
    if isinstance(entry, TagGroup):
        return group_name_conflict(entry) or (
            _("This cannot be undone for %(group)s: some records or tags conflict with it.")
            % {"group": entry}
        )
    in_use = _("“%(name)s” is in use, so this cannot be undone.") % {"name": entry}
    return in_use if isinstance(error, ProtectedError) else name_conflict(entry) or in_use
