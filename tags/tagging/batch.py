"""Add and remove the same tags on a batch of records, so that it can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tags.models import TagAction, Tagging
from tags.tagging.bound import find_full
from tags.tagging.kinds import Person, id_array, with_tables
from tags.tagging.many import LOCK_ENTITIES, LOCK_TAGS


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The number of records that still existed, and the numbers of changed taggings by tag id.

    ``replaced`` counts by the id of the new tag, ``full`` the records that got none of the tags,
    because they would have had too many.
    """

    records: int
    added: dict[int, int]
    removed: dict[int, int]
    replaced: dict[int, int]
    full: int


def tag_batch(
    tagging: type[Tagging],
    entity_ids: Sequence[int],
    adds: Sequence[int],
    removes: Sequence[int],
    action: TagAction,
    by: Person,
) -> BatchResult:
    """Add and remove tags; a tag of an exclusive group replaces another one of its group.

    Runs in the caller's transaction. Merged tags stand for the tag they were merged into. Deleted
    records and tags are ignored. A record that would have too many tags gets none of them.
    """
    ids = id_array(entity_ids)
    undo_params = [action.pk, tagging._meta.label_lower]

    def changed(statement: str, *params: Any) -> dict[int, int]:
        return _counts(cursor, with_tables(statement, tagging), [*params, *undo_params])

    replaced: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(with_tables(LOCK_ENTITIES, tagging), [ids])
        records = cursor.rowcount
        adds, removes = _lock_tags(cursor, adds), _lock_tags(cursor, removes)
        full = set(find_full(tagging, entity_ids, adds, removes))
        # Statements that find nothing would still look at each record.
        removed = changed(REMOVE_TAGS, ids, removes) if removes else {}
        if full:
            ids = id_array(entity_id for entity_id in entity_ids if entity_id not in full)
        if _have_slot(cursor, adds):
            replaced = changed(REPLACE_TAGS, ids, adds)
        added = changed(ADD_TAGS, by.pk if by else None, ids, adds) if adds else {}
    return BatchResult(records, added, removed, replaced, len(full))


def count_taggings(
    tagging: type[Tagging], entity_ids: Sequence[int], tag_ids: Sequence[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return two counts of records by tag id.

    The first counts the records with the tag, the second those with another tag of its exclusive
    group.
    """
    params = [id_array(entity_ids), list(tag_ids)]
    with connection.cursor() as cursor:
        tagged = _counts(cursor, with_tables(COUNT_TAGGED, tagging), params)
        replaceable = _counts(cursor, with_tables(COUNT_REPLACEABLE, tagging), params)
    return tagged, replaceable


def _lock_tags(cursor: Any, tag_ids: Sequence[int]) -> list[int]:
    """Lock the tags and return their ids, with merged tags replaced by the remaining ones."""
    cursor.execute(LOCK_TAGS, [list(tag_ids)])
    rows = cursor.fetchall()
    if all(merged_into is None for _, merged_into in rows):
        return [tag_id for tag_id, _ in rows]
    return _lock_tags(cursor, [merged_into or tag_id for tag_id, merged_into in rows])


def _have_slot(cursor: Any, tag_ids: Sequence[int]) -> bool:
    """Tell whether a tag is of an exclusive group. The tags are locked, so it stays that way."""
    cursor.execute(FIND_SLOT, [list(tag_ids)])
    return cursor.fetchone() is not None


def _counts(cursor: Any, statement: str, params: Sequence[Any]) -> dict[int, int]:
    cursor.execute(statement, params)
    return dict(cursor.fetchall())


FIND_SLOT = "SELECT FROM tags_tag WHERE id = ANY(%s::bigint[]) AND slot <> 0 LIMIT 1"
# Each statement also stores what it changed, for undoing, and returns the numbers by tag.
REMOVE_TAGS = """
    WITH changed AS (
        DELETE FROM {tagging} WHERE entity_id = ANY(%s::bigint[]) AND tag_id = ANY(%s::bigint[])
        RETURNING entity_id, tag_id, tagged_at, tagged_by_id
    ),
    stored AS (
        INSERT INTO tags_tagactionrow
            (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
        SELECT %s, %s, entity_id, tag_id, false, false, tagged_at, tagged_by_id FROM changed
    )
    SELECT tag_id, count(*) FROM changed GROUP BY tag_id
"""
# Counted by the id of the new tag.
REPLACE_TAGS = """
    WITH changed AS (
        DELETE FROM {tagging} old USING tags_tag instead
        WHERE old.entity_id = ANY(%s::bigint[]) AND instead.id = ANY(%s::bigint[])
        AND instead.slot <> 0 AND old.slot = instead.slot AND old.tag_id <> instead.id
        RETURNING old.entity_id, old.tag_id, old.tagged_at, old.tagged_by_id, instead.id AS by_tag
    ),
    stored AS (
        INSERT INTO tags_tagactionrow
            (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
        SELECT %s, %s, entity_id, tag_id, false, false, tagged_at, tagged_by_id FROM changed
    )
    SELECT by_tag, count(*) FROM changed GROUP BY by_tag
"""
ADD_TAGS = """
    WITH changed AS (
        INSERT INTO {tagging} (entity_id, entity_created_at, tag_id, slot, tagged_by_id)
        SELECT record.id, record.created_at, tag.id, tag.slot, %s
        FROM {entity} record CROSS JOIN tags_tag tag
        WHERE record.id = ANY(%s::bigint[]) AND tag.id = ANY(%s::bigint[])
        ON CONFLICT (entity_id, tag_id) DO NOTHING
        RETURNING entity_id, tag_id, tagged_at, tagged_by_id
    ),
    stored AS (
        INSERT INTO tags_tagactionrow
            (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
        SELECT %s, %s, entity_id, tag_id, true, false, tagged_at, tagged_by_id FROM changed
    )
    SELECT tag_id, count(*) FROM changed GROUP BY tag_id
"""
COUNT_TAGGED = """
    SELECT tag_id, count(*) FROM {tagging}
    WHERE entity_id = ANY(%s::bigint[]) AND tag_id = ANY(%s::bigint[]) GROUP BY tag_id
"""
COUNT_REPLACEABLE = """
    SELECT instead.id, count(*) FROM {tagging} old
    JOIN tags_tag instead ON instead.slot <> 0 AND old.slot = instead.slot
    WHERE old.entity_id = ANY(%s::bigint[]) AND instead.id = ANY(%s::bigint[])
    AND old.tag_id <> instead.id
    GROUP BY instead.id
"""
