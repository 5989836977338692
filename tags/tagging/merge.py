"""Move all taggings of merged tags to the remaining tag."""

from dataclasses import dataclass

from django.db import connection

from tags.models import TagAction, Tagging
from tags.tagging.kinds import with_tables


@dataclass(frozen=True, slots=True)
class MergeConflicts:
    """The records that would have two tags of an exclusive group: their number and first ids."""

    count: int
    first: list[int]


def find_merge_conflicts(tagging: type[Tagging], merged: list[int], into: int) -> MergeConflicts:
    """Return the records with a third tag of the exclusive group of ``into``."""
    with connection.cursor() as cursor:
        cursor.execute(with_tables(FIND_MERGE_CONFLICTS, tagging), [merged, into, [*merged, into]])
        count, first = cursor.fetchone()
    return MergeConflicts(count, first or [])


def count_affected(
    tagging: type[Tagging], merged: list[int], into: int, most: int
) -> tuple[int, int]:
    """Return the number of records with any of the merged tags, and how many have ``into`` too.

    Records are counted up to ``most``, and ``into`` among these.
    """
    with connection.cursor() as cursor:
        cursor.execute(with_tables(COUNT_AFFECTED, tagging), [into, merged, most, most])
        records, duplicates = cursor.fetchone()
    return records, duplicates


def merge_taggings(tagging: type[Tagging], merged: list[int], into: int, action: TagAction) -> int:
    """Turn the taggings of ``merged`` into taggings of ``into``, and return how many were moved.

    Each record keeps one tagging, with its person and time: that of ``into`` if there is one,
    otherwise the earliest. The caller has locked all of the tags, so that nobody can add one in
    the meantime. ``action`` stores the changes, for undoing.
    """
    label = tagging._meta.label_lower
    with connection.cursor() as cursor:
        cursor.execute(with_tables(STORE_MERGED, tagging), [action.pk, label, merged])
        stored = cursor.rowcount
        cursor.execute(with_tables(DELETE_DUPLICATES, tagging), [merged, into, merged])
        deleted = cursor.rowcount
        cursor.execute(with_tables(MOVE_TAGGINGS, tagging), [into, merged, action.pk, label])
        moved: int = cursor.rowcount
    _check_all_handled(stored, deleted + moved)
    return moved


def _check_all_handled(stored: int, handled: int) -> None:
    if stored != handled:
        raise RuntimeError(f"Merging stored {stored} taggings but changed {handled}.")


# A record with another tag of the same exclusive group as a merged one cannot exist.
FIND_MERGE_CONFLICTS = """
    SELECT count(*), (array_agg(entity_id ORDER BY entity_id))[:4] FROM (
        SELECT DISTINCT moving.entity_id
        FROM tags_tag target
        JOIN tags_tag source ON source.id = ANY(%s) AND source.slot <> target.slot
        JOIN {tagging} moving ON moving.tag_id = source.id
        JOIN {tagging} other ON other.entity_id = moving.entity_id AND other.slot = target.slot
        WHERE target.id = %s AND target.slot <> 0 AND other.tag_id <> ALL(%s)
    ) AS clashing
"""
COUNT_AFFECTED = """
    SELECT count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM {tagging} other WHERE other.entity_id = merged.entity_id AND other.tag_id = %s
    ))
    FROM (
        SELECT DISTINCT entity_id FROM unnest(%s::bigint[]) AS tag (id) CROSS JOIN LATERAL (
            SELECT entity_id FROM {tagging} WHERE tag_id = tag.id LIMIT %s
        ) AS tagged LIMIT %s
    ) AS merged
"""
# FOR UPDATE, so that nobody removes one of them before they are moved.
STORE_MERGED = """
    INSERT INTO tags_tagactionrow
        (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
    SELECT %s, %s, entity_id, tag_id, false, false, tagged_at, tagged_by_id
    FROM (SELECT * FROM {tagging} WHERE tag_id = ANY(%s) FOR UPDATE) AS moving
"""
DELETE_DUPLICATES = """
    DELETE FROM {tagging} double USING {tagging} kept
    WHERE double.tag_id = ANY(%s) AND kept.entity_id = double.entity_id AND (
        kept.tag_id = %s
        OR kept.tag_id = ANY(%s) AND (kept.tagged_at, kept.id) < (double.tagged_at, double.id)
    )
"""
MOVE_TAGGINGS = """
    WITH moved AS (
        UPDATE {tagging} moving SET tag_id = target.id, slot = target.slot
        FROM tags_tag target WHERE target.id = %s AND moving.tag_id = ANY(%s)
        RETURNING moving.entity_id, moving.tag_id, moving.tagged_at, moving.tagged_by_id
    )
    INSERT INTO tags_tagactionrow
        (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
    SELECT %s, %s, entity_id, tag_id, true, false, tagged_at, tagged_by_id FROM moved
"""
