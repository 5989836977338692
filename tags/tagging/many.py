"""Many tags on many records, as the feed and files bring them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection, transaction

from tags.models import Tagging
from tags.tagging.kinds import Person, in_sql


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
    the pairs, the highest-ranked one stays. A tag that was merged into another means that one;
    pairs of a missing record or tag are left out.
    """
    wanted = sorted(set(pairs))
    if not wanted:
        return TagsAdded()
    with connection.cursor() as cursor:
        wanted = _lock_many(cursor, tagging, wanted)
        cursor.execute(in_sql(CONFLICTS, tagging), _arrays(wanted))
        rows = cursor.fetchall()
        dropped = {(entity_id, tag_id) for entity_id, tag_id, _, _ in rows}
        if dropped:
            cursor.execute(in_sql(DELETE, tagging), _arrays(dropped))
        kept = [pair for pair in wanted if pair not in dropped]
        cursor.execute(in_sql(INSERT, tagging), [by.pk if by else None, *_arrays(kept)])
        conflicts = [Conflict(entity_id, kept, lost) for entity_id, _, kept, lost in rows]
        return TagsAdded(cursor.rowcount, conflicts)


def _lock_many(
    cursor: Any, tagging: type[Tagging], pairs: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Lock before reading: another writer may tag the same records, or merge the tags.

    Returns the pairs, of a tag that was merged meanwhile with the one that it means now.
    """
    entities = {entity_id for entity_id, _ in pairs}
    tags = {tag_id for _, tag_id in pairs}
    cursor.execute(in_sql(LOCK_ENTITIES, tagging), [_array(entities)])
    cursor.execute(LOCK_TAGS, [_array(tags)])
    meant = {tag_id: other for tag_id, other in cursor.fetchall() if other is not None}
    if not meant:
        return pairs
    cursor.execute(LOCK_TAGS, [_array(meant.values())])
    return sorted({(entity_id, meant.get(tag_id, tag_id)) for entity_id, tag_id in pairs})


def _arrays(pairs: Collection[tuple[int, int]]) -> list[str]:
    return [_array(entity_id for entity_id, _ in pairs), _array(tag_id for _, tag_id in pairs)]


def _array(ids: Iterable[int]) -> str:
    """Return an array as PostgreSQL writes it: the driver writes lists ten times as slowly."""
    return f"{{{','.join(map(str, ids))}}}"


LOCK_ENTITIES = """
    SELECT FROM {entity} WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""
LOCK_TAGS = """
    SELECT id, synonym_of_id FROM tags_tag WHERE id = ANY(%s::bigint[]) ORDER BY id FOR KEY SHARE
"""

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
