"""Add and remove tags on records: the only writer of taggings."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pghistory
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection, transaction
from django.db.models import Model, Q

from tags.models import Tag, Tagging

# Who does it; nobody when it is the feed, a file, the demo.
type Person = User | AnonymousUser | None


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


def add_tag(entity: Model, tag: Tag, by: Person) -> Change:
    """Put a tag on a record; in an exclusive group it replaces the one that is there.

    Adding a tag twice changes nothing: who put it there first, and when, is kept.
    Raises the model's ``DoesNotExist`` when the record is gone.
    """
    with transaction.atomic(), _done_by(by):
        record, slot = _lock(entity), _lock_tag(tag)
        replaced = _other_of_its_group(record, tag, slot)
        if replaced:
            record.taggings.filter(tag=replaced).delete()
        added = _insert(record, tag, by)
    return Change(added=tag if added else None, removed=replaced)


def remove_tag(entity: Model, tag: Tag, by: Person) -> Change:
    """Take a tag off a record; taking off one that is not there changes nothing.

    Raises the model's ``DoesNotExist`` when the record is gone.
    """
    with transaction.atomic(), _done_by(by):
        removed, _ = _lock(entity).taggings.filter(tag=tag).delete()
    return Change(removed=tag if removed else None)


def _done_by(by: Person) -> AbstractContextManager[Any]:
    return pghistory.context(user=by.pk) if by else nullcontext()


def _lock(entity: Model) -> Any:
    """Lock before reading: two people may tag the same record at once, and both succeed."""
    records = type(entity)._base_manager.select_for_update(no_key=True)
    return records.only("created_at").get(pk=entity.pk)


def _lock_tag(tag: Tag) -> int:
    """Lock before reading: an admin may make the tag's group exclusive, or delete the tag.

    Returns the tag's slot as it stays until the end; 0 when the tag is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT slot FROM tags_tag WHERE id = %s FOR KEY SHARE", [tag.pk])
        row = cursor.fetchone()
    return row[0] if row else 0


def _other_of_its_group(record: Any, tag: Tag, slot: int) -> Tag | None:
    in_slot = Q(slot=slot) & ~Q(slot=0) & ~Q(tag=tag)
    tagging = record.taggings.select_related("tag").filter(in_slot).first()
    return tagging.tag if tagging else None


def _insert(record: Any, tag: Tag, by: Person) -> bool:
    """Insert the tagging unless it is there; the slot is read with it, as it was locked.

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
        return bool(cursor.rowcount)


class Conflict(NamedTuple):
    """Two tags of an exclusive group met on a record: the higher-ranked one was kept."""

    entity_id: int
    kept: str
    dropped: str


@dataclass(frozen=True, slots=True)
class TagsAdded:
    """How many taggings were new, and which tags gave way to a higher-ranked one."""

    added: int = 0
    conflicts: list[Conflict] = field(default_factory=list)


@transaction.atomic
def add_many(
    tagging: type[Tagging], pairs: Iterable[tuple[int, int]], by: Person = None
) -> TagsAdded:
    """Put tags on records, given as pairs of record id and tag id, however many.

    Nothing is removed, except that of several tags of an exclusive group, there already or in
    the pairs, the highest-ranked one stays. Pairs of a missing record or tag are left out.
    """
    wanted = sorted(set(pairs))
    if not wanted:
        return TagsAdded()
    with connection.cursor() as cursor:
        _lock_many(cursor, tagging, wanted)
        cursor.execute(_sql(CONFLICTS, tagging), _arrays(wanted))
        rows = cursor.fetchall()
        dropped = {(entity_id, tag_id) for entity_id, tag_id, _, _ in rows}
        if dropped:
            cursor.execute(_sql(DELETE, tagging), _arrays(dropped))
        kept = [pair for pair in wanted if pair not in dropped]
        cursor.execute(_sql(INSERT, tagging), [by.pk if by else None, *_arrays(kept)])
        conflicts = [Conflict(entity_id, kept, lost) for entity_id, _, kept, lost in rows]
        return TagsAdded(cursor.rowcount, conflicts)


def _lock_many(cursor: Any, tagging: type[Tagging], pairs: Iterable[tuple[int, int]]) -> None:
    """Lock before reading: another writer may tag the same records, or merge the tags."""
    entities, tags = _arrays(pairs)
    cursor.execute(_sql(LOCK_ENTITIES, tagging), [entities])
    cursor.execute(_sql(LOCK_TAGS, tagging), [tags])


def _arrays(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    pairs = list(pairs)
    return [[entity_id for entity_id, _ in pairs], [tag_id for _, tag_id in pairs]]


def _sql(statement: str, tagging: type[Tagging]) -> str:
    entity: Any = tagging._meta.get_field("entity")  # type: ignore[misc]  # of the concrete model
    table = entity.related_model._meta.db_table
    return statement.format(tagging=tagging._meta.db_table, entity=table)


LOCK_ENTITIES = """
    SELECT FROM {entity} WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""
LOCK_TAGS = "SELECT FROM tags_tag WHERE id = ANY(%s::bigint[]) ORDER BY id FOR KEY SHARE"

CONFLICTS = """
    WITH wanted AS (
        SELECT w.entity_id, t.slot, t.id AS tag_id
        FROM unnest(%s::bigint[], %s::bigint[]) AS w (entity_id, tag_id)
        JOIN tags_tag t ON t.id = w.tag_id AND t.slot <> 0
    ),
    met AS (
        SELECT * FROM wanted
        UNION
        SELECT o.entity_id, o.slot, o.tag_id FROM {tagging} o
        JOIN wanted USING (entity_id, slot)
    ),
    ranked AS (
        SELECT entity_id, tag_id, name,
            first_value(name) OVER best AS kept, first_value(tag_id) OVER best AS kept_id
        FROM met JOIN tags_tag t ON t.id = met.tag_id
        WINDOW best AS (PARTITION BY entity_id, met.slot ORDER BY position, tag_id)
    )
    SELECT entity_id, tag_id, kept, name FROM ranked WHERE tag_id <> kept_id
    ORDER BY entity_id, tag_id
"""
DELETE = """
    DELETE FROM {tagging} USING unnest(%s::bigint[], %s::bigint[]) AS w (entity_id, tag_id)
    WHERE {tagging}.entity_id = w.entity_id AND {tagging}.tag_id = w.tag_id
"""
INSERT = """
    INSERT INTO {tagging} (entity_id, entity_created_at, tag_id, slot, tagged_by_id)
    SELECT e.id, e.created_at, t.id, t.slot, %s
    FROM unnest(%s::bigint[], %s::bigint[]) AS w (entity_id, tag_id)
    JOIN {entity} e ON e.id = w.entity_id
    JOIN tags_tag t ON t.id = w.tag_id
    ON CONFLICT (entity_id, tag_id) DO NOTHING
"""
