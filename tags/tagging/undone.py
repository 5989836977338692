"""Bring back the taggings that an action changed, where they still are as it left them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from tags.models import TagAction, Tagging
from tags.tagging.kinds import example_of, in_sql, records

# Of those that are left as they are: one more than words name.
NAMED = 4


@dataclass(frozen=True, slots=True)
class PutBack:
    """How many records are as before the action, how many changed since, and the first of these."""

    records: int
    changed: int
    first_changed: list[int]

    def after(self, before: Mapping[str, Any] | None) -> "PutBack":
        """Return the sum of this and what was put back before, given as a dict of its fields."""
        if not before:
            return self
        first = [*before["first_changed"], *self.first_changed][:NAMED]
        records, changed = before["records"] + self.records, before["changed"] + self.changed
        return PutBack(records, changed, first)


def put_back(
    tagging: type[Tagging], action: TagAction, entity_ids: Sequence[int] | None = None
) -> PutBack:
    """Undo what the action did to each record, unless those tags of the record changed since.

    A record is left as it is when a tag that the action added is gone or was put there anew, when
    one that it removed is there again, or cannot be: its tag was deleted, its exclusive group has
    another tag now. ``entity_ids``: only of these records.
    """
    only = "" if entity_ids is None else "AND did.entity_id = ANY(%(ids)s::bigint[])"
    asked: dict[str, Any] = {"action": action.pk, "taggings": tagging._meta.label_lower}
    asked["ids"] = entity_ids
    with connection.cursor() as cursor:
        for statement in (LOCK, KEEP, REMOVE, INSERT, COUNT):
            cursor.execute(in_sql(statement.replace("[only]", only), tagging), asked)
        records, changed, first = cursor.fetchone()
    return PutBack(records, changed, first or [])


def words_of(tagging: type[Tagging], done: PutBack) -> list[str]:
    """Return what was put back, and what was not, as sentences."""
    said = []
    if done.records:
        said.append(f"{records(tagging, done.records)} as before.")
    if done.changed:
        examples = example_of(tagging, done.first_changed)
        changed = records(tagging, done.changed)
        said.append(f"{changed} changed since and left as they are: {examples}.")
    return said


# The rows of the action; [only] those of some records.
LOCK = """
    SELECT FROM {entity} WHERE id IN (
        SELECT did.entity_id FROM tags_tagactionrow did
        WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
    ) ORDER BY id FOR NO KEY UPDATE
"""
# As an array: PostgreSQL knows nothing of rows that are this young, expects one, and would compare
# each of them with each.
KEEP = """
    UPDATE tags_tagactionrow did SET kept = true
    WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
    AND did.entity_id = ANY(ARRAY(
        SELECT did.entity_id FROM tags_tagactionrow did
        LEFT JOIN {tagging} now ON now.entity_id = did.entity_id AND now.tag_id = did.tag_id
        LEFT JOIN tags_tag tag ON tag.id = did.tag_id
        LEFT JOIN {entity} record ON record.id = did.entity_id
        WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only] AND CASE
            WHEN record.id IS NULL THEN true
            WHEN did.added THEN now.id IS NULL OR now.tagged_at <> did.tagged_at
            ELSE now.id IS NOT NULL OR tag.slot IS NULL OR tag.slot <> 0 AND EXISTS (
                SELECT FROM {tagging} other
                WHERE other.entity_id = did.entity_id AND other.slot = tag.slot
                AND NOT EXISTS (
                    SELECT FROM tags_tagactionrow instead
                    WHERE instead.action_id = did.action_id AND instead.taggings = did.taggings
                    AND instead.entity_id = did.entity_id
                    AND instead.tag_id = other.tag_id AND instead.added
                )
            ) OR tag.slot <> 0 AND EXISTS (
                -- Their group has become exclusive: only one of the two could come back.
                SELECT FROM tags_tagactionrow too JOIN tags_tag second ON second.id = too.tag_id
                WHERE too.action_id = did.action_id AND too.taggings = did.taggings
                AND too.entity_id = did.entity_id AND NOT too.added
                AND too.tag_id <> did.tag_id AND second.slot = tag.slot
            )
        END
    ))
"""
REMOVE = """
    DELETE FROM {tagging} USING tags_tagactionrow did
    WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
    AND did.added AND NOT did.kept
    AND {tagging}.entity_id = did.entity_id AND {tagging}.tag_id = did.tag_id
"""
INSERT = """
    INSERT INTO {tagging} (entity_id, entity_created_at, tag_id, slot, tagged_at, tagged_by_id)
    SELECT record.id, record.created_at, tag.id, tag.slot, did.tagged_at, person.id
    FROM tags_tagactionrow did
    JOIN {entity} record ON record.id = did.entity_id
    JOIN tags_tag tag ON tag.id = did.tag_id
    LEFT JOIN {people} person ON person.id = did.tagged_by_id
    WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
    AND NOT did.added AND NOT did.kept
"""
COUNT = """
    SELECT count(DISTINCT entity_id) FILTER (WHERE NOT kept),
        count(DISTINCT entity_id) FILTER (WHERE kept),
        (array_agg(DISTINCT entity_id) FILTER (WHERE kept))[:4]
    FROM tags_tagactionrow did
    WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
"""
