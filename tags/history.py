"""Record changes of the vocabulary and of many records at once, so that they can be undone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.contrib.auth.models import User
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from config import versions
from config.stored_texts import StoredText, stored_text
from tags.models import Tag, TagAction, TagActionRow, TagGroup
from tags.tagging import Change, Person

DAYS_TO_UNDO = 30
ACTIONS_PER_PAGE = 50
# The description of an action that is a part of something else, such as an import.
PART = ""

# The fields that people can change. Slots follow from the group.
TRACKED_FIELDS = {
    Tag: (
        *("name", "group_id", "position", "description", "raises", "retired_at"),
        *("synonym_of_id", "is_forgotten"),
    ),
    TagGroup: ("name", "color", "position", "exclusive", "required_when", "description"),
}
# The tracked fields of a tag or a group with their values, as JSON can store them.
type Snapshot = dict[str, Any]


class EntryChange(TypedDict):
    """A tag or a group before and after an action; None where it does not exist."""

    kind: str
    id: int
    before: Snapshot | None
    after: Snapshot | None


def kind_of(entry: Tag | TagGroup) -> str:
    """Return the name by which the history tells tags and groups apart: "tag" or "taggroup"."""
    return str(type(entry)._meta.model_name)


def snapshot(entry: Tag | TagGroup) -> Snapshot:
    """Return the tracked fields of a tag or a group."""
    values = {name: getattr(entry, name) for name in TRACKED_FIELDS[type(entry)]}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def version_of(entry: Tag | TagGroup) -> str:
    """Return a short text that differs whenever a tracked field does."""
    return versions.version_of(snapshot(entry))


def entry_change(
    entry: Tag | TagGroup, before: Snapshot | None, after: Snapshot | None
) -> EntryChange:
    """Return the change of one tag or group, for ``record_action``."""
    return {"kind": kind_of(entry), "id": entry.pk, "before": before, "after": after}


def record_action(description: StoredText, changes: Sequence[EntryChange], by: Person) -> TagAction:
    """Store an action. Call it in the transaction that makes the changes.

    Also deletes the stored taggings of actions that are too old to be undone.
    """
    old = TagActionRow.objects.filter(action__done_at__lt=oldest_undoable())
    old.exclude(action__words=PART).delete()
    return TagAction.objects.create(
        words=description,
        changes=list(changes),
        done_by=by if isinstance(by, User) else None,
    )


def record_change(record: Model, change: Change, by: User, permission: str) -> TagAction:
    """Store a change of the tags of one record; people with the permission can undo it.

    Call it in the transaction that makes the change.
    """
    action = TagAction.objects.create(
        words=_describe(change, record), done_by=by, permission=permission
    )
    TagActionRow.objects.bulk_create(
        TagActionRow(
            action=action,
            taggings=each._meta.label_lower,
            entity_id=record.pk,
            tag_id=each.tag_id,
            added=change.added is not None and each.tag_id == change.added.pk,
            tagged_at=each.tagged_at,
            tagged_by_id=each.tagged_by_id,
        )
        for each in change.taggings
    )
    return action


def _describe(change: Change, record: Model) -> StoredText:
    added = change.added.stored_name if change.added else ""
    removed = change.removed.stored_name if change.removed else ""
    if added and removed:
        return stored_text(
            "%(added)s replaced %(removed)s on %(record)s.",
            added=added,
            removed=removed,
            record=str(record),
        )
    if added:
        return stored_text("Added %(tag)s on %(record)s.", tag=added, record=str(record))
    return stored_text("Removed %(tag)s on %(record)s.", tag=removed, record=str(record))


def record_part(by: Person) -> TagAction:
    """Store an action that the history does not list: it is undone together with something else."""
    return TagAction.objects.create(words=PART, done_by=by if isinstance(by, User) else None)


def rows_of_parts(action_ids: Sequence[int] | QuerySet[Any]) -> QuerySet[TagActionRow]:
    """Return the taggings of those of the actions that ``record_part`` has stored."""
    return TagActionRow.objects.filter(action__in=action_ids, action__words=PART)


def forget_parts(action_ids: Sequence[int] | QuerySet[Any], limit: int) -> int:
    """Delete up to ``limit`` taggings of such actions; return how many.

    Up to as many of the actions that have none left go with them.
    """
    rows = rows_of_parts(action_ids).values("pk")[:limit]
    number = TagActionRow.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()[0]
    has_rows = Exists(TagActionRow.objects.filter(action=OuterRef("pk")))
    empty = TagAction.objects.filter(~has_rows, pk__in=action_ids, words=PART)
    TagAction.objects.filter(pk__in=list(empty.values_list("pk", flat=True)[:limit])).delete()
    return number


def old_rows(now: datetime) -> QuerySet[TagActionRow]:
    """Return the taggings of actions that are too old to be undone, but for those of parts."""
    old = TagActionRow.objects.filter(action__done_at__lt=oldest_undoable(now))
    return old.exclude(action__words=PART)


def old_single_changes(now: datetime) -> QuerySet[TagAction]:
    """Return the changes of single records that are too old to be undone.

    The timeline of the record keeps what happened.
    """
    return TagAction.objects.filter(done_at__lt=oldest_undoable(now)).exclude(permission="")


def update_description(action: TagAction, description: StoredText) -> None:
    """Replace the description of an action that is still running."""
    action.words = description
    action.save(update_fields=["words"])


def mark_undone(action: TagAction, by: Person, result: StoredText) -> None:
    """Store who undid an action, and the result of that for people to read."""
    action.undone_at, action.undone_by = timezone.now(), by if isinstance(by, User) else None
    action.undo_words = result
    action.save(update_fields=["undone_at", "undone_by", "undo_words"])


def update_undo_result(action: TagAction, result: StoredText) -> None:
    """Replace the result of an undo that is still running."""
    action.undo_words = result
    action.save(update_fields=["undo_words"])


def oldest_undoable(now: datetime | None = None) -> datetime:
    """Return the time of the oldest actions that can be undone."""
    return (now or timezone.now()) - timedelta(days=DAYS_TO_UNDO)


def can_be_undone(action: TagAction) -> bool:
    """Tell whether an action is recent enough to be undone, and was not undone yet."""
    return action.undone_at is None and action.done_at >= oldest_undoable()


def actions(
    count: int = ACTIONS_PER_PAGE,
    entry: Tag | TagGroup | None = None,
    before: int | None = None,
    *,
    by: User | None = None,
    with_single: bool = True,
) -> list[TagAction]:
    """Return the latest actions, newest first.

    ``entry`` restricts them to those of one tag or group, ``before`` to those before the action
    with this id, and ``by`` to those of a person. Changes of the tags of a single record are left
    out unless ``with_single``.
    """
    queryset = TagAction.objects.select_related("done_by", "undone_by", "bulk")
    queryset = queryset.exclude(words=PART).defer("bulk__entity_ids")
    if not with_single:
        queryset = queryset.filter(permission="")
    if by:
        queryset = queryset.filter(done_by=by)
    if entry:
        queryset = queryset.filter(changes__contains=[{"kind": kind_of(entry), "id": entry.pk}])
    if before is not None:
        queryset = queryset.filter(pk__lt=before)
    return list(queryset[:count])


def latest_of(person: User) -> QuerySet[TagAction]:
    """Return the actions of a person that the history lists, in no order."""
    return TagAction.objects.filter(done_by=person).exclude(words=PART)


def is_own_or_single(action_id: int, person: User) -> bool:
    """Tell whether the person did this action, or it changed the tags of a single record."""
    own_or_single = Q(done_by=person) | ~Q(permission="")
    return TagAction.objects.filter(own_or_single, pk=action_id).exists()


def has_changed(action_id: int, record: Model) -> bool:
    """Tell whether an action changed the tags of this record alone."""
    single = TagAction.objects.exclude(permission="")
    return single.filter(pk=action_id, rows__entity_id=record.pk).exists()
