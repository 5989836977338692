"""Change the vocabulary. Each change is recorded in its history and can be undone."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Model
from django.utils import timezone
from django.utils.translation import gettext as _

from config.ordering import moved
from config.stored_texts import StoredText, stored_text
from config.versions import require_version
from tags import history
from tags.conflicts import (
    database_errors_as,
    group_conflict,
    group_name_conflict,
    name_conflict,
    tag_conflict,
)
from tags.history import EntryChange, Snapshot, entry_change, snapshot
from tags.models import Tag, TagGroup
from tags.saved_fields import describe_saved
from tags.sentences import joined
from tags.tagging import Person
from tags.vocabulary import VocabularyError, clean_tag_name, find_name

type Entry = Tag | TagGroup

# Replaces the name of a removed synonym, together with its id.
REMOVED_NAME_INFIX = "until"
POSITION_STEP = 10
# With more siblings than this, positions would not fit into their small integers.
MAX_SPACED_SIBLINGS = 3_000


def create_tag(name: str, group: TagGroup, by: Person) -> Tag:
    """Create a tag as the last of its group.

    Raises ``VocabularyError`` if the name is not allowed or is taken, also by somebody who
    creates it at the same moment.
    """
    return save_tag(Tag(name=name, group=group), by)


def save_tag(tag: Tag, by: Person, seen: str = "", *, keep_name: bool = False) -> Tag:
    """Create a tag or save its changed fields. Its slot follows from its group.

    ``seen`` is the ``version_of`` the tag that the person saw, if any. With ``keep_name`` the old
    name of a renamed tag becomes a synonym.
    Raises ``VocabularyError`` if the name is not allowed or is taken, and if records would have
    two tags of an exclusive group; ``ChangedMeanwhileError`` if the tag has changed since ``seen``.
    """
    tag.name = clean_tag_name(tag.name)
    with database_errors_as(lambda error: tag_conflict(tag, error)):
        before = _lock_before_saving(tag, seen)
        # Lock before reading: somebody may make the group exclusive at this moment.
        group = lock(TagGroup, tag.group_id)
        if group is None:
            raise VocabularyError(_("This group has been deleted."))
        tag.slot = group.slot
        _raise_if(name_conflict(tag))
        namesake = find_name(tag.name) if before else None
        is_own_synonym = namesake and namesake.synonym_of_id == tag.pk
        freed = [_free_name(namesake)] if namesake and is_own_synonym else []
        tag.save()
        old_name = before["name"] if before and keep_name else ""
        # A name that differs only in case is the same name, so no synonym is needed.
        synonym = None if not old_name or find_name(old_name) else _create_synonym(tag, old_name)
        _record_saved(tag, before, by, freed, synonym)
    return tag


def _raise_if(conflict: str) -> None:
    """Refuse a name that is taken. Of labels in other languages the database knows nothing."""
    if conflict:
        raise VocabularyError(conflict)


def _free_name(synonym: Tag) -> EntryChange:
    """Free the name of a synonym but keep its row, because stored filters may refer to its id."""
    before = snapshot(synonym)
    synonym.name = f"{synonym.name[:30]} {REMOVED_NAME_INFIX} {synonym.pk}"
    synonym.is_forgotten = True
    synonym.save(update_fields=["name", "is_forgotten"])
    return entry_change(synonym, before, snapshot(synonym))


def save_group(group: TagGroup, by: Person, seen: str = "") -> TagGroup:
    """Create a group or save its changed fields.

    Raises ``VocabularyError`` if the name is taken, and if the group would become exclusive while
    records have two of its tags; ``ChangedMeanwhileError`` if the group has changed since ``seen``.
    """
    group.name = " ".join(group.name.split())
    with database_errors_as(lambda error: group_conflict(group, error)):
        before = _lock_before_saving(group, seen)
        _raise_if(group_name_conflict(group))
        group.save()
        _record_saved(group, before, by)
    return group


def retire(tag: Tag, by: Person, *, on: bool) -> None:
    """Stop offering the tag, or offer it again. Records keep it either way."""
    tag.refresh_from_db()
    tag.retired_at = (tag.retired_at or timezone.now()) if on else None
    save_tag(tag, by)


def add_synonym(tag: Tag, name: str, by: Person) -> Tag:
    """Add a synonym to the tag. Raises ``VocabularyError`` if the name is taken."""
    name = clean_tag_name(name)
    with database_errors_as(lambda error: tag_conflict(Tag(name=name, synonym_of=tag), error)):
        _raise_if(name_conflict(Tag(name=name, synonym_of=tag)))
        synonym = _create_synonym(tag, name)
        change = entry_change(synonym, None, snapshot(synonym))
        description = stored_text(
            "Added “%(name)s” as a synonym of “%(tag)s”.", name=synonym.name, tag=tag.stored_name
        )
        history.record_action(description, [change], by)
    return synonym


def _create_synonym(tag: Tag, name: str) -> Tag:
    return Tag.names.create(name=name, synonym_of=tag, synonym_slot=lock_slot(tag.pk))


def remove_synonym(tag: Tag, synonym_id: int, by: Person) -> str:
    """Remove a synonym from the tag and return its name; "" if the tag has no such synonym.

    If the synonym is a merged tag, stored views and rules that refer to its id still resolve to
    this tag.
    """
    with transaction.atomic():
        synonym = lock(Tag, synonym_id)
        if synonym is None or synonym.synonym_of_id != tag.pk or synonym.is_forgotten:
            return ""
        name = str(synonym.name)
        description = stored_text(
            "Removed the synonym “%(name)s” of “%(tag)s”.", name=name, tag=tag.stored_name
        )
        history.record_action(description, [_free_name(synonym)], by)
    return name


def remove(entry: Entry, by: Person) -> None:
    """Delete an unused tag with its synonyms, or a group without tags.

    Raises ``VocabularyError`` if the tag or group is in use.
    """
    in_use = _("“%(name)s” is in use and cannot be deleted.") % {"name": entry}
    with database_errors_as(lambda _error: in_use):
        lift_statement_timeout()
        deleted = [*synonyms_of(entry), entry]
        changes = [entry_change(each, snapshot(each), None) for each in deleted]
        description = stored_text("Deleted “%(name)s”.", name=entry.stored_name)
        history.record_action(description, changes, by)
        for each in deleted:
            each.delete()


def move(entry: Entry, by: Person, *, up: bool) -> None:
    """Move a tag one place within its group, or a group one place among the groups."""
    with transaction.atomic():
        siblings = list(_siblings(entry).select_for_update(no_key=True))
        ordered = moved(siblings, entry, up=up)
        if ordered == siblings:
            return
        before = {sibling.pk: snapshot(sibling) for sibling in siblings}
        step = POSITION_STEP if len(siblings) < MAX_SPACED_SIBLINGS else 1
        for place, sibling in enumerate(ordered, start=1):
            sibling.position = place * step
            sibling.save(update_fields=["position"])
        changes = [entry_change(each, before[each.pk], snapshot(each)) for each in ordered]
        changed = [change for change in changes if change["before"] != change["after"]]
        history.record_action(_describe_move(entry, up=up), changed, by)


def _describe_move(entry: Entry, *, up: bool) -> StoredText:
    if up:
        return stored_text("Moved “%(name)s” up.", name=entry.stored_name)
    return stored_text("Moved “%(name)s” down.", name=entry.stored_name)


def _siblings(entry: Entry) -> Any:
    if isinstance(entry, Tag):
        of_group = Tag.objects.filter(group=entry.group_id)
        # In display order: retired tags come last.
        return of_group.order_by(F("retired_at").asc(nulls_first=True), "position", "name")
    return TagGroup.objects.order_by("position", "name")


def synonyms_of(entry: Entry) -> list[Tag]:
    """Return all synonyms of a tag, removed ones too; none for a group."""
    return list(Tag.names.filter(synonym_of=entry.pk)) if isinstance(entry, Tag) else []


def lock(model: type[Model], pk: int | None) -> Any:
    """Lock and return the tag, synonym or group with this id, or None."""
    # Without the default ordering of the model, which joins another table.
    return model._base_manager.select_for_update(no_key=True).filter(pk=pk).order_by("pk").first()


def lock_slot(tag_id: int) -> int:
    """Lock a tag and return its slot. Raises ``VocabularyError`` if it is not a tag any more."""
    tag = lock(Tag, tag_id)
    if tag is None or tag.slot is None:
        raise VocabularyError(_("This tag no longer exists."))
    slot: int = tag.slot
    return slot


def lift_statement_timeout() -> None:
    """Lift the time limit of statements: a change of the vocabulary may update every tagging."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")


def _lock_before_saving(entry: Entry, seen: str) -> Snapshot | None:
    """Lock the stored entry, check its version and return its fields; None for a new one."""
    lift_statement_timeout()
    if entry.pk is None:
        return None
    stored = lock(type(entry), entry.pk)
    if stored is None:
        raise VocabularyError(_("“%(name)s” has been deleted.") % {"name": entry})
    if isinstance(stored, Tag) and stored.synonym_of:
        raise VocabularyError(
            _("“%(tag)s” has been merged into “%(into)s”.")
            % {"tag": stored, "into": stored.synonym_of}
        )
    if seen:
        text = _("Somebody changed “%(name)s” meanwhile. Look again, then change it.")
        require_version(history.version_of(stored), seen, text % {"name": stored})
    return snapshot(stored)


def _record_saved(
    entry: Entry,
    before: Snapshot | None,
    by: Person,
    freed: Sequence[EntryChange] = (),
    synonym: Tag | None = None,
) -> None:
    entry.refresh_from_db()
    after = snapshot(entry)
    if before == after:
        return
    changes = [*freed, entry_change(entry, before, after)]
    description = describe_saved(entry, before or {}, after)
    if synonym:
        changes.append(entry_change(synonym, None, snapshot(synonym)))
        kept = stored_text("Kept “%(name)s” as a synonym.", name=synonym.name)
        description = joined([description, kept])
    history.record_action(description, changes, by)
