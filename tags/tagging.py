"""Add and remove tags on records: the only writer of taggings."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Model, Q

from tags.models import Tag
from tags.vocabulary import TagChip, chips


@dataclass(frozen=True, slots=True)
class Change:
    """What adding or removing a tag changed; nothing when it was so already."""

    added: Tag | None = None
    removed: Tag | None = None

    def __str__(self) -> str:
        if self.added and self.removed:
            return f"{self.added} replaced {self.removed}."
        if self.added:
            return f"Added {self.added}."
        return f"Removed {self.removed}." if self.removed else "Nothing changed."


def add_tag(entity: Model, tag: Tag, by: User | None) -> Change:
    """Put a tag on a record; in an exclusive group it replaces the one that is there.

    Adding a tag twice changes nothing: who put it there first, and when, is kept.
    Raises the model's ``DoesNotExist`` when the record is gone.
    """
    with transaction.atomic(), _done_by(by):
        record = _lock(entity)
        replaced = _other_of_its_group(record, tag)
        if replaced:
            record.taggings.filter(tag=replaced).delete()
        added = _insert(record, tag, by)
    return Change(added=tag if added else None, removed=replaced)


def remove_tag(entity: Model, tag: Tag, by: User | None) -> Change:
    """Take a tag off a record; taking off one that is not there changes nothing.

    Raises the model's ``DoesNotExist`` when the record is gone.
    """
    with transaction.atomic(), _done_by(by):
        removed, _ = _lock(entity).taggings.filter(tag=tag).delete()
    return Change(removed=tag if removed else None)


def attach_tags(records: Sequence[Any], words: dict[int, TagChip]) -> None:
    """Give each record of one model its ``tags``, in the order of the vocabulary. One query."""
    if not records:
        return
    tagged: dict[int, list[int]] = {record.pk: [] for record in records}
    taggings = records[0].taggings.model.objects.filter(entity__in=tagged)
    for record_id, tag_id in taggings.values_list("entity_id", "tag_id"):
        tagged[record_id].append(tag_id)
    for record in records:
        record.tags = chips(tagged[record.pk], words)


def _done_by(by: User | None) -> AbstractContextManager[Any]:
    return pghistory.context(user=by.pk) if by else nullcontext()


def _lock(entity: Model) -> Any:
    """Lock before reading: two people may tag the same record at once, and both succeed."""
    records = type(entity)._base_manager.select_for_update(no_key=True)
    return records.only("created_at").get(pk=entity.pk)


def _other_of_its_group(record: Any, tag: Tag) -> Tag | None:
    in_slot = Q(slot=tag.slot) & ~Q(slot=0) & ~Q(tag=tag)
    tagging = record.taggings.select_related("tag").filter(in_slot).first()
    return tagging.tag if tagging else None


def _insert(record: Any, tag: Tag, by: User | None) -> bool:
    """Insert the tagging unless it is there; the slot is read with it, so it is the latest.

    The conflict names its target: without one a clash in an exclusive group would be swallowed.
    """
    table = connection.ops.quote_name(record.taggings.model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {table} (entity_id, entity_created_at, tag_id, slot, tagged_by_id)
            SELECT %s, %s, id, slot, %s FROM tags_tag WHERE id = %s
            ON CONFLICT (entity_id, tag_id) DO NOTHING""",  # noqa: S608
            [record.pk, record.created_at, by.pk if by else None, tag.pk],
        )
        return cursor.rowcount == 1
