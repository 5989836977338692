"""Add many tags to many records, for the feed and files."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection, transaction

from tags.models import TagAction, Tagging
from tags.tagging.kinds import UNDO_SOURCE, Person, id_array, with_tables


class Conflict(NamedTuple):
    """Two tags of an exclusive group on one record; the one with the higher rank was kept."""

    entity_id: int
    kept: str
    dropped: str


@dataclass(frozen=True, slots=True)
class TagsAdded:
    """The number of tags added, and the conflicts within exclusive groups."""

    added: int = 0
    conflicts: list[Conflict] = field(default_factory=list)

    def __add__(self, other: "TagsAdded") -> "TagsAdded":
        return TagsAdded(self.added + other.added, self.conflicts + other.conflicts)


@transaction.atomic
def add_many(
    tagging: type[Tagging],
    pairs: Iterable[tuple[int, int]],
    by: Person = None,
    action: TagAction | None = None,
) -> TagsAdded:
    """Add tags to records, given as any number of pairs of record id and tag id.

    Existing tags stay, except in exclusive groups: of the record's tags and the given ones, the
    one with the highest rank is kept. Merged tags stand for the tag they were merged into. Pairs
    with a missing record or tag are ignored. What changes is stored with the action, if one is
    given, so that it can be undone.
    """
    unique_pairs = sorted(set(pairs))
    if not unique_pairs:
        return TagsAdded()
    with connection.cursor() as cursor:
        locked = _lock_many(cursor, tagging, unique_pairs)
        cursor.execute(with_tables(FIND_CONFLICTS, tagging), _arrays(locked))
        rows = cursor.fetchall()
        dropped = {(entity_id, tag_id) for entity_id, tag_id, _, _ in rows}
        accepted = [pair for pair in locked if pair not in dropped]
        delete, insert = DELETE_PAIRS, INSERT_PAIRS
        stored: list[Any] = []
        if action:
            delete, insert = DELETE_AND_STORE, INSERT_AND_STORE
            stored = [action.pk, tagging._meta.label_lower]
        if dropped:
            params = [*_arrays(dropped), *stored[:1], *stored]
            cursor.execute(with_tables(delete, tagging), params)
        params = [by.pk if by else None, *_arrays(accepted), *stored]
        cursor.execute(with_tables(insert, tagging), params)
        conflicts = [Conflict(entity_id, kept, lost) for entity_id, _, kept, lost in rows]
        return TagsAdded(cursor.rowcount, conflicts)


def remove_all(tagging: type[Tagging], entity_ids: Collection[int]) -> None:
    """Remove all tags of records that are about to be deleted."""
    with connection.cursor() as cursor:
        cursor.execute(with_tables(DELETE_ALL, tagging), [id_array(entity_ids)])


def slots_of(tagging: type[Tagging], entity_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """Return the tags of records by the record's id: the id of each tag with its slot."""
    slots: dict[int, dict[int, int]] = {}
    if entity_ids:
        with connection.cursor() as cursor:
            cursor.execute(with_tables(SELECT_SLOTS, tagging), [id_array(entity_ids)])
            for entity_id, tag_id, slot in cursor.fetchall():
                slots.setdefault(entity_id, {})[tag_id] = slot
    return slots


def ever_tagged(tagging: type[Tagging], pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return those pairs of record id and tag id that are taggings, or once were.

    A tag that an import added does not count once the import was undone.
    """
    if not pairs:
        return set()
    statement = EVER_TAGGED if hasattr(tagging, "pgh_event_models") else TAGGED_NOW
    with connection.cursor() as cursor:
        cursor.execute(with_tables(statement, tagging), _arrays(pairs))
        return set(cursor.fetchall())


def _lock_many(
    cursor: Any, tagging: type[Tagging], pairs: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Lock before reading: another writer may tag the same records, or merge the tags.

    Returns the pairs, with merged tags replaced by the tag they were merged into.
    """
    entities = {entity_id for entity_id, _ in pairs}
    tags = {tag_id for _, tag_id in pairs}
    cursor.execute(with_tables(LOCK_ENTITIES, tagging), [id_array(entities)])
    cursor.execute(LOCK_TAGS, [id_array(tags)])
    merged = {tag_id: into for tag_id, into in cursor.fetchall() if into is not None}
    if not merged:
        return pairs
    cursor.execute(LOCK_TAGS, [id_array(merged.values())])
    return sorted({(entity_id, merged.get(tag_id, tag_id)) for entity_id, tag_id in pairs})


def _arrays(pairs: Collection[tuple[int, int]]) -> list[str]:
    return [id_array(entity_id for entity_id, _ in pairs), id_array(tag_id for _, tag_id in pairs)]


LOCK_ENTITIES = """
    SELECT FROM {entity} WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""
LOCK_TAGS = """
    SELECT id, synonym_of_id FROM tags_tag WHERE id = ANY(%s::bigint[]) ORDER BY id FOR KEY SHARE
"""

FIND_CONFLICTS = """
    WITH given AS (
        SELECT w.entity_id, t.slot, t.id AS tag_id
        FROM unnest(%s::bigint[], %s::bigint[]) AS w (entity_id, tag_id)
        JOIN tags_tag t ON t.id = w.tag_id AND t.slot <> 0
    ),
    candidates AS (
        SELECT * FROM given
        UNION
        SELECT o.entity_id, o.slot, o.tag_id FROM {tagging} o
        JOIN given USING (entity_id, slot)
    ),
    ranked AS (
        SELECT entity_id, tag_id, name,
            first_value(name) OVER best AS kept, first_value(tag_id) OVER best AS kept_id
        FROM candidates JOIN tags_tag t ON t.id = candidates.tag_id
        WINDOW best AS (PARTITION BY entity_id, candidates.slot ORDER BY position, tag_id)
    )
    SELECT entity_id, tag_id, kept, name FROM ranked WHERE tag_id <> kept_id
    ORDER BY entity_id, tag_id
"""
SELECT_SLOTS = """
    SELECT entity_id, tag_id, slot FROM {tagging} WHERE entity_id = ANY(%s::bigint[])
"""
TAGGED_NOW = """
    SELECT w.entity_id, w.tag_id FROM unnest(%s::bigint[], %s::bigint[]) AS w (entity_id, tag_id)
    WHERE EXISTS (
        SELECT FROM {tagging} t WHERE t.entity_id = w.entity_id AND t.tag_id = w.tag_id
    )
"""
# Imports add only tags that the record never had. So if undoing an import removed the tag last, the
# record never had it otherwise.
EVER_TAGGED = f"""
    {TAGGED_NOW} OR EXISTS (
        SELECT FROM {{event}} e WHERE e.entity_id = w.entity_id AND (
            e.tag_id = w.tag_id
            OR e.tag_id IN (SELECT id FROM tags_tag WHERE synonym_of_id = w.tag_id)
        )
        AND NOT (e.pgh_label = 'tag.removed' AND e.pgh_context->>'source' = '{UNDO_SOURCE}')
        AND NOT EXISTS (
            SELECT FROM {{event}} later WHERE later.entity_id = e.entity_id
            AND later.tag_id = e.tag_id AND later.pgh_id > e.pgh_id
        )
    )
"""  # noqa: S608
DELETE_PAIRS = """
    DELETE FROM {tagging} USING unnest(%s::bigint[], %s::bigint[]) AS w (entity_id, tag_id)
    WHERE {tagging}.entity_id = w.entity_id AND {tagging}.tag_id = w.tag_id
"""
DELETE_ALL = "DELETE FROM {tagging} WHERE entity_id = ANY(%s::bigint[])"
INSERT_PAIRS = """
    INSERT INTO {tagging} (entity_id, entity_created_at, tag_id, slot, tagged_by_id)
    SELECT e.id, e.created_at, t.id, t.slot, %s
    FROM unnest(%s::bigint[], %s::bigint[]) AS w (entity_id, tag_id)
    JOIN {entity} e ON e.id = w.entity_id
    JOIN tags_tag t ON t.id = w.tag_id
    ON CONFLICT (entity_id, tag_id) DO NOTHING
"""
INSERT_AND_STORE = f"""
    WITH changed AS ({INSERT_PAIRS} RETURNING entity_id, tag_id, tagged_at, tagged_by_id)
    INSERT INTO tags_tagactionrow
        (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
    SELECT %s, %s, entity_id, tag_id, true, false, tagged_at, tagged_by_id FROM changed
"""  # noqa: S608
# A tag that an earlier step of the action added was not there before the action.
DELETE_AND_STORE = f"""
    WITH changed AS (
        {DELETE_PAIRS}
        RETURNING {{tagging}}.entity_id, {{tagging}}.tag_id, tagged_at, tagged_by_id
    ),
    own AS (
        DELETE FROM tags_tagactionrow did USING changed
        WHERE did.action_id = %s AND did.added
        AND did.entity_id = changed.entity_id AND did.tag_id = changed.tag_id
        RETURNING did.entity_id, did.tag_id
    )
    INSERT INTO tags_tagactionrow
        (action_id, taggings, entity_id, tag_id, added, kept, tagged_at, tagged_by_id)
    SELECT %s, %s, entity_id, tag_id, false, false, tagged_at, tagged_by_id FROM changed
    WHERE (entity_id, tag_id) NOT IN (SELECT entity_id, tag_id FROM own)
"""  # noqa: S608
