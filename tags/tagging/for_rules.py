"""Tag records for rules, which must not override people.

A rule adds a tag only where nothing conflicts with it, and never removes a tag that a person added.
"""

from collections.abc import Sequence

from django.db import connection

from tags.models import Tagging
from tags.tagging.bound import find_full
from tags.tagging.kinds import with_tables
from tags.tagging.many import LOCK_ENTITIES


def find_addable(tagging: type[Tagging], entity_ids: Sequence[int], tag_id: int) -> list[int]:
    """Return the ids of the records with neither the tag nor another one of its exclusive group.

    Records that have as many tags as they may have are left out.
    """
    addable = _ids(with_tables(FIND_ADDABLE, tagging), [tag_id, list(entity_ids)])
    full = set(find_full(tagging, addable, [tag_id]))
    return [entity_id for entity_id in addable if entity_id not in full]


def find_removable(tagging: type[Tagging], entity_ids: Sequence[int], tag_id: int) -> list[int]:
    """Return the ids of the records with the tag, where no person added it."""
    return _ids(with_tables(FIND_REMOVABLE, tagging), [tag_id, list(entity_ids)])


def lock_records(tagging: type[Tagging], entity_ids: Sequence[int]) -> None:
    """Lock records until the end of the transaction, so that nobody else can tag them."""
    with connection.cursor() as cursor:
        cursor.execute(with_tables(LOCK_ENTITIES, tagging), [list(entity_ids)])


def add_where_allowed(tagging: type[Tagging], entity_ids: Sequence[int], tag_id: int) -> int:
    """Add the tag to those of the locked records that ``find_addable`` returns.

    Returns the number of tags added.
    """
    addable = find_addable(tagging, entity_ids, tag_id)
    return _rowcount(with_tables(ADD_ALLOWED, tagging), [tag_id, addable])


def remove_where_allowed(tagging: type[Tagging], entity_ids: Sequence[int], tag_id: int) -> int:
    """Remove the tag from the locked records, except where a person added it.

    Returns the number of tags removed.
    """
    return _rowcount(with_tables(REMOVE_ALLOWED, tagging), [tag_id, list(entity_ids)])


def _ids(statement: str, params: list[object]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)  # type: ignore[arg-type]
        return [row[0] for row in cursor.fetchall()]


def _rowcount(statement: str, params: list[object]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)  # type: ignore[arg-type]
        count: int = cursor.rowcount
        return count


FIND_ADDABLE = """
    SELECT record.id FROM {entity} record JOIN tags_tag tag ON tag.id = %s
    WHERE record.id = ANY(%s::bigint[]) AND tag.slot IS NOT NULL AND NOT EXISTS (
        SELECT FROM {tagging} has WHERE has.entity_id = record.id
        AND (has.tag_id = tag.id OR tag.slot <> 0 AND has.slot = tag.slot)
    )
"""
FIND_REMOVABLE = """
    SELECT entity_id FROM {tagging}
    WHERE tag_id = %s AND entity_id = ANY(%s::bigint[]) AND tagged_by_id IS NULL
"""
ADD_ALLOWED = """
    INSERT INTO {tagging} (entity_id, entity_created_at, tag_id, slot)
    SELECT record.id, record.created_at, tag.id, tag.slot
    FROM {entity} record JOIN tags_tag tag ON tag.id = %s
    WHERE record.id = ANY(%s::bigint[])
    ON CONFLICT (entity_id, tag_id) DO NOTHING
"""
REMOVE_ALLOWED = """
    DELETE FROM {tagging}
    WHERE tag_id = %s AND entity_id = ANY(%s::bigint[]) AND tagged_by_id IS NULL
"""
