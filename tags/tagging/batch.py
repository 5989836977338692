"""The same tags on and off a batch of records, remembered for undoing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tags.models import TagAction, Tagging
from tags.tagging.kinds import Person, in_sql
from tags.tagging.many import LOCK_ENTITIES, LOCK_TAGS


@dataclass(frozen=True, slots=True)
class Batch:
    """How many records there still were; and by tag id what became of its taggings."""

    records: int
    added: dict[int, int]
    removed: dict[int, int]
    replaced: dict[int, int]


def tag_batch(
    tagging: type[Tagging],
    entity_ids: Sequence[int],
    adds: Sequence[int],
    removes: Sequence[int],
    action: TagAction,
    by: Person,
) -> Batch:
    """Add and remove tags; a tag of an exclusive group replaces another one that is there.

    Within the caller's transaction. A tag that was merged into another means that one; records
    and tags that are gone are left out.
    """
    label = tagging._meta.label_lower
    ids = list(entity_ids)
    with connection.cursor() as cursor:
        cursor.execute(in_sql(LOCK_ENTITIES, tagging), [ids])
        records = cursor.rowcount
        adds, removes = _meant(cursor, adds), _meant(cursor, removes)
        remember = [action.pk, label]
        return Batch(
            records=records,
            removed=_counts(cursor, in_sql(REMOVE, tagging), [ids, removes, *remember]),
            replaced=_counts(cursor, in_sql(REPLACE, tagging), [ids, adds, *remember]),
            added=_counts(
                cursor, in_sql(ADD, tagging), [by.pk if by else None, ids, adds, *remember]
            ),
        )


def count_taggings(
    tagging: type[Tagging], entity_ids: Sequence[int], tag_ids: Sequence[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Count by tag the records that carry it, and those with another of its exclusive group."""
    with connection.cursor() as cursor:
        carried = _counts(cursor, in_sql(CARRIED, tagging), [list(entity_ids), list(tag_ids)])
        others = _counts(cursor, in_sql(OTHERS, tagging), [list(entity_ids), list(tag_ids)])
    return carried, others


def _meant(cursor: Any, tags: Sequence[int]) -> list[int]:
    """Lock the tags, and return those that are meant by now."""
    cursor.execute(LOCK_TAGS, [list(tags)])
    found = cursor.fetchall()
    if all(meant is None for _, meant in found):
        return [tag_id for tag_id, _ in found]
    return _meant(cursor, [meant or tag_id for tag_id, meant in found])


def _counts(cursor: Any, statement: str, parameters: Sequence[Any]) -> dict[int, int]:
    cursor.execute(statement, parameters)
    return dict(cursor.fetchall())


# Each remembers what it changed in the same statement, and returns how many by tag.
REMOVE = """
    WITH changed AS (
        DELETE FROM {tagging} WHERE entity_id = ANY(%s::bigint[]) AND tag_id = ANY(%s::bigint[])
        RETURNING entity_id, tag_id, tagged_at, tagged_by_id
    ),
    remembered AS (
        INSERT INTO tags_tagactionrow
            (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
        SELECT %s, %s, entity_id, tag_id, false, false, tagged_at, tagged_by_id FROM changed
    )
    SELECT tag_id, count(*) FROM changed GROUP BY tag_id
"""
# Told by the tag that replaces.
REPLACE = """
    WITH changed AS (
        DELETE FROM {tagging} old USING tags_tag instead
        WHERE old.entity_id = ANY(%s::bigint[]) AND instead.id = ANY(%s::bigint[])
        AND instead.slot <> 0 AND old.slot = instead.slot AND old.tag_id <> instead.id
        RETURNING old.entity_id, old.tag_id, old.tagged_at, old.tagged_by_id, instead.id AS by_tag
    ),
    remembered AS (
        INSERT INTO tags_tagactionrow
            (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
        SELECT %s, %s, entity_id, tag_id, false, false, tagged_at, tagged_by_id FROM changed
    )
    SELECT by_tag, count(*) FROM changed GROUP BY by_tag
"""
ADD = """
    WITH changed AS (
        INSERT INTO {tagging} (entity_id, entity_created_at, tag_id, slot, tagged_by_id)
        SELECT record.id, record.created_at, tag.id, tag.slot, %s
        FROM {entity} record CROSS JOIN tags_tag tag
        WHERE record.id = ANY(%s::bigint[]) AND tag.id = ANY(%s::bigint[])
        ON CONFLICT (entity_id, tag_id) DO NOTHING
        RETURNING entity_id, tag_id, tagged_at, tagged_by_id
    ),
    remembered AS (
        INSERT INTO tags_tagactionrow
            (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
        SELECT %s, %s, entity_id, tag_id, true, false, tagged_at, tagged_by_id FROM changed
    )
    SELECT tag_id, count(*) FROM changed GROUP BY tag_id
"""
CARRIED = """
    SELECT tag_id, count(*) FROM {tagging}
    WHERE entity_id = ANY(%s::bigint[]) AND tag_id = ANY(%s::bigint[]) GROUP BY tag_id
"""
OTHERS = """
    SELECT instead.id, count(*) FROM {tagging} old
    JOIN tags_tag instead ON instead.slot <> 0 AND old.slot = instead.slot
    WHERE old.entity_id = ANY(%s::bigint[]) AND instead.id = ANY(%s::bigint[])
    AND old.tag_id <> instead.id
    GROUP BY instead.id
"""
