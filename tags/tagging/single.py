"""Add a tag to a record, or remove one."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from tags.models import Tag, Tagging
from tags.tagging.bound import TooManyTagsError, describe_bound, find_full
from tags.tagging.kinds import Person, done_by


@dataclass(frozen=True, slots=True)
class Change:
    """The tags added and removed. Both are None if there was nothing to change.

    ``taggings`` has both with their person and time.
    """

    added: Tag | None = None
    removed: Tag | None = None
    taggings: tuple[Tagging, ...] = ()

    def __str__(self) -> str:
        if self.added and self.removed:
            tags = {"added": self.added, "removed": self.removed}
            return _("%(added)s replaced %(removed)s.") % tags
        if self.added:
            return _("Added %(tag)s.") % {"tag": self.added}
        if self.removed:
            return _("Removed %(tag)s.") % {"tag": self.removed}
        return _("Nothing changed.")


def add_tag(entity: Model, tag: Tag, by: Person) -> Change:
    """Add a tag to a record; in an exclusive group it replaces the record's tag of that group.

    Adding a tag twice changes nothing: the first person and time are kept. A merged tag stands
    for the tag it was merged into. A deleted tag is not added.
    Raises the model's ``DoesNotExist`` if the record was deleted, and ``TooManyTagsError`` if it
    has as many tags as it may have.
    """
    with transaction.atomic(), done_by(by):
        record = _lock(entity)
        current_id, slot = _lock_tag(tag.pk)
        if current_id is None:
            return Change()
        if current_id != tag.pk:
            tag = Tag.objects.get(pk=current_id)
        if find_full(record.taggings.model, [record.pk], [tag.pk]):
            raise TooManyTagsError(describe_bound(record.taggings.model))
        replaced = _other_of_its_group(record, tag, slot)
        for each in replaced:
            record.taggings.filter(pk=each.pk).delete()
        is_new = _insert(record, tag, by)
        added = list(record.taggings.filter(tag=tag)) if is_new else []
    removed = replaced[0].tag if replaced else None
    return Change(tag if added else None, removed, (*replaced, *added))


def remove_tag(entity: Model, tag: Tag, by: Person) -> Change:
    """Remove a tag from a record, if the record has it.

    Raises the model's ``DoesNotExist`` if the record was deleted.
    """
    with transaction.atomic(), done_by(by):
        taggings = _lock(entity).taggings.filter(tag=tag)
        removed = list(taggings)
        taggings.delete()
    return Change(removed=tag if removed else None, taggings=tuple(removed))


def _lock(entity: Model) -> Any:
    """Lock before reading: two people may tag the same record at once, and both succeed."""
    records = type(entity)._base_manager.select_for_update(no_key=True)
    return records.only("created_at").get(pk=entity.pk)


def _lock_tag(tag_id: int) -> tuple[int | None, int]:
    """Lock before reading: a manager may make the tag's group exclusive, merge or delete the tag.

    Returns the id and the slot of the tag, or of the tag it was merged into. The id is None if the
    tag was deleted.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_TAG, [tag_id])
        row = cursor.fetchone()
    if row is None:
        return None, 0
    merged_into, slot = row
    return (tag_id, slot) if merged_into is None else _lock_tag(merged_into)


LOCK_TAG = "SELECT synonym_of_id, slot FROM tags_tag WHERE id = %s FOR KEY SHARE"


def _other_of_its_group(record: Any, tag: Tag, slot: int) -> list[Any]:
    """Return the tagging of another tag of an exclusive group, if the record has one."""
    in_slot = Q(slot=slot) & ~Q(slot=0) & ~Q(tag=tag)
    return list(record.taggings.select_related("tag").filter(in_slot))


def _insert(record: Any, tag: Tag, by: Person) -> bool:
    """Insert the tagging unless it exists. The slot comes from the locked tag.

    The conflict target is named, so that a conflict within an exclusive group still raises.
    """
    table = connection.ops.quote_name(record.taggings.model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {table} (entity_id, entity_created_at, tag_id, slot, tagged_by_id)
            SELECT %s, %s, id, slot, %s FROM tags_tag WHERE id = %s
            ON CONFLICT (entity_id, tag_id) DO NOTHING""",  # noqa: S608
            [record.pk, record.created_at, by.pk if by else None, tag.pk],
        )
        return bool(cursor.rowcount)
