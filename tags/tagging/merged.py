"""Move every tagging of some tags to another tag: what merging them does to the records."""

from dataclasses import dataclass

from django.db import connection

from tags.models import TagAction, Tagging
from tags.tagging.kinds import in_sql


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Records that would end with two tags of an exclusive group: how many, and the first ids."""

    count: int
    first: list[int]


def in_the_way_of_merging(tagging: type[Tagging], merged: list[int], into: int) -> InTheWay:
    """Return the records that carry another tag of the exclusive group that they would meet."""
    with connection.cursor() as cursor:
        cursor.execute(in_sql(IN_THE_WAY, tagging), [merged, into, [*merged, into]])
        count, first = cursor.fetchone()
    return InTheWay(count, first or [])


def count_doubles(tagging: type[Tagging], merged: list[int], into: int) -> tuple[int, int]:
    """Return how many records carry any of the tags to merge, and how many carry ``into`` too."""
    with connection.cursor() as cursor:
        cursor.execute(in_sql(COUNT_DOUBLES, tagging), [into, merged])
        records, doubles = cursor.fetchone()
    return records, doubles


def merge_taggings(tagging: type[Tagging], merged: list[int], into: int, action: TagAction) -> int:
    """Turn the taggings of ``merged`` into such of ``into``, once a record; return how many.

    Who put a tag there, and when, goes along; of several on one record that of the earliest, and
    where ``into`` is there already, its own. The caller has locked all of the tags, so nobody adds
    one meanwhile.
    """
    label = tagging._meta.label_lower
    with connection.cursor() as cursor:
        cursor.execute(in_sql(REMEMBER, tagging), [action.pk, label, merged])
        found = cursor.rowcount
        cursor.execute(in_sql(DROP_DOUBLES, tagging), [merged, into, merged])
        doubles = cursor.rowcount
        cursor.execute(in_sql(MOVE, tagging), [into, merged, action.pk, label])
        moved: int = cursor.rowcount
    _expect(found, doubles + moved)
    return moved


def _expect(found: int, handled: int) -> None:
    if found != handled:
        raise RuntimeError(f"Merging met {found} taggings and handled {handled}.")


IN_THE_WAY = """
    SELECT count(*), (array_agg(entity_id ORDER BY entity_id))[:4] FROM (
        SELECT DISTINCT moving.entity_id
        FROM {tagging} moving
        JOIN {tagging} other ON other.entity_id = moving.entity_id
        JOIN tags_tag target ON target.slot = other.slot AND target.slot <> 0
        WHERE moving.tag_id = ANY(%s) AND target.id = %s AND other.tag_id <> ALL(%s)
    ) AS clashing
"""
COUNT_DOUBLES = """
    SELECT count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM {tagging} kept WHERE kept.entity_id = found.entity_id AND kept.tag_id = %s
    ))
    FROM (SELECT DISTINCT entity_id FROM {tagging} WHERE tag_id = ANY(%s)) AS found
"""
# Locked, so that nobody removes one between here and the move.
REMEMBER = """
    INSERT INTO tags_tagactionrow
        (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
    SELECT %s, %s, entity_id, tag_id, false, false, tagged_at, tagged_by_id
    FROM (SELECT * FROM {tagging} WHERE tag_id = ANY(%s) FOR UPDATE) AS moving
"""
DROP_DOUBLES = """
    DELETE FROM {tagging} double USING {tagging} kept
    WHERE double.tag_id = ANY(%s) AND kept.entity_id = double.entity_id AND (
        kept.tag_id = %s
        OR kept.tag_id = ANY(%s) AND (kept.tagged_at, kept.id) < (double.tagged_at, double.id)
    )
"""
MOVE = """
    WITH moved AS (
        UPDATE {tagging} moving SET tag_id = target.id, slot = target.slot
        FROM tags_tag target WHERE target.id = %s AND moving.tag_id = ANY(%s)
        RETURNING moving.entity_id, moving.tag_id, moving.tagged_at, moving.tagged_by_id
    )
    INSERT INTO tags_tagactionrow
        (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
    SELECT %s, %s, entity_id, tag_id, true, false, tagged_at, tagged_by_id FROM moved
"""
