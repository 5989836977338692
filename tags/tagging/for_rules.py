"""What a rule may do: add where nothing stands in the way, remove what no person put there."""

from collections.abc import Sequence

from django.db import connection

from tags.models import Tagging
from tags.tagging.kinds import in_sql
from tags.tagging.many import LOCK_ENTITIES


def free_for(tagging: type[Tagging], entity_ids: Sequence[int], tag_id: int) -> list[int]:
    """Return the records that lack the tag, and any other tag of its exclusive group."""
    return _ids(in_sql(FREE, tagging), [tag_id, list(entity_ids)])


def put_by_nobody(tagging: type[Tagging], entity_ids: Sequence[int], tag_id: int) -> list[int]:
    """Return the records that carry the tag, but not by a person's hand."""
    return _ids(in_sql(BY_NOBODY, tagging), [tag_id, list(entity_ids)])


def lock_records(tagging: type[Tagging], entity_ids: Sequence[int]) -> None:
    """Lock records until the end of the transaction: nobody tags them meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(in_sql(LOCK_ENTITIES, tagging), [list(entity_ids)])


def add_where_free(tagging: type[Tagging], entity_ids: Sequence[int], tag_id: int) -> int:
    """Add the tag to the locked records that are ``free_for`` it; return how many."""
    free = free_for(tagging, entity_ids, tag_id)
    return _count(in_sql(ADD, tagging), [tag_id, free])


def remove_where_nobodys(tagging: type[Tagging], entity_ids: Sequence[int], tag_id: int) -> int:
    """Remove the tag from the locked records where no person put it; return how many."""
    return _count(in_sql(REMOVE, tagging), [tag_id, list(entity_ids)])


def _ids(statement: str, parameters: list[object]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)  # type: ignore[arg-type]
        return [row[0] for row in cursor.fetchall()]


def _count(statement: str, parameters: list[object]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)  # type: ignore[arg-type]
        count: int = cursor.rowcount
        return count


FREE = """
    SELECT record.id FROM {entity} record JOIN tags_tag tag ON tag.id = %s
    WHERE record.id = ANY(%s::bigint[]) AND tag.slot IS NOT NULL AND NOT EXISTS (
        SELECT FROM {tagging} has WHERE has.entity_id = record.id
        AND (has.tag_id = tag.id OR tag.slot <> 0 AND has.slot = tag.slot)
    )
"""
BY_NOBODY = """
    SELECT entity_id FROM {tagging}
    WHERE tag_id = %s AND entity_id = ANY(%s::bigint[]) AND tagged_by_id IS NULL
"""
ADD = """
    INSERT INTO {tagging} (entity_id, entity_created_at, tag_id, slot)
    SELECT record.id, record.created_at, tag.id, tag.slot
    FROM {entity} record JOIN tags_tag tag ON tag.id = %s
    WHERE record.id = ANY(%s::bigint[])
    ON CONFLICT (entity_id, tag_id) DO NOTHING
"""
REMOVE = """
    DELETE FROM {tagging}
    WHERE tag_id = %s AND entity_id = ANY(%s::bigint[]) AND tagged_by_id IS NULL
"""
