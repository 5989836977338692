"""Restore the taggings that an action changed, unless they have changed again since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from config.stored_texts import StoredText, stored_text
from tags.models import TagAction, Tagging
from tags.tagging.kinds import count_label, example_names, id_array, with_tables

# Ids of records left alone: one more than are named, to know whether there are more.
MAX_EXAMPLE_IDS = 4


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """The numbers of records restored and left alone, with the first ids of the latter."""

    records: int
    changed: int
    first_changed: list[int]

    def plus(self, earlier: Mapping[str, Any] | None) -> "RestoreResult":
        """Return the sum of this result and an earlier one, given as a dict of its fields."""
        if not earlier:
            return self
        first = [*earlier["first_changed"], *self.first_changed][:MAX_EXAMPLE_IDS]
        records, changed = earlier["records"] + self.records, earlier["changed"] + self.changed
        return RestoreResult(records, changed, first)


def restore_taggings(
    tagging: type[Tagging], action: TagAction, entity_ids: Sequence[int] | None = None
) -> RestoreResult:
    """Undo what the action did to each record, unless these tags of the record changed since.

    A record is left alone if a tag added by the action was removed or added again since, if a tag
    removed by it was added again, or if a removed tag cannot come back because it was deleted or
    its exclusive group has another tag now. ``entity_ids`` restricts it to these records.
    """
    params = _params(tagging, action, entity_ids)
    statements = (LOCK_RECORDS, MARK_CHANGED, REMOVE_ADDED, ADD_REMOVED, COUNT_RESTORED)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(with_tables(_restricted(statement, entity_ids), tagging), params)
        records, changed, first = cursor.fetchone()
    return RestoreResult(records, changed, first or [])


def find_changed(
    tagging: type[Tagging], action: TagAction, entity_ids: Sequence[int] | None = None
) -> set[int]:
    """Return the ids of the records that ``restore_taggings`` would leave alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            with_tables(_restricted(FIND_CHANGED, entity_ids), tagging),
            _params(tagging, action, entity_ids),
        )
        return {entity_id for (entity_id,) in cursor.fetchall()}


def _restricted(statement: str, entity_ids: Sequence[int] | None) -> str:
    only = "" if entity_ids is None else "AND did.entity_id = ANY(%(ids)s::bigint[])"
    return statement.replace("[only]", only)


def _params(
    tagging: type[Tagging], action: TagAction, entity_ids: Sequence[int] | None
) -> dict[str, Any]:
    ids = None if entity_ids is None else id_array(entity_ids)
    return {"action": action.pk, "taggings": tagging._meta.label_lower, "ids": ids}


def describe_undoing(
    results: Iterable[tuple[type[Tagging], RestoreResult]], *, with_others: bool = False
) -> list[StoredText]:
    """Return sentences about what was undone and left alone, for each kind of tagging.

    ``with_others`` says that something else was changed back too, such as the vocabulary.
    """
    kinds = list(results)
    restored = with_others or any(result.records for _, result in kinds)
    is_all_left = not restored and any(result.changed for _, result in kinds)
    sentences = [stored_text("Nothing was undone.") if is_all_left else stored_text("Undone.")]
    for tagging, result in kinds:
        sentences += _describe_restored(tagging, result)
    return sentences


def _describe_restored(tagging: type[Tagging], result: RestoreResult) -> list[StoredText]:
    sentences = []
    if result.records:
        restored = count_label(tagging, result.records)
        sentences.append(stored_text("Tags restored on %(records)s.", records=restored))
    if result.changed:
        text = stored_text(
            "Left alone because changed since: %(records)s (%(examples)s).",
            records=count_label(tagging, result.changed),
            examples=example_names(tagging, result.first_changed),
        )
        sentences.append(text)
    return sentences


# "did" are the rows of the action. [only] becomes a condition on their records, if there is one.
LOCK_RECORDS = """
    SELECT FROM {entity} WHERE id IN (
        SELECT did.entity_id FROM tags_tagactionrow did
        WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
    ) ORDER BY id FOR NO KEY UPDATE
"""
FIND_CHANGED = """
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
            -- The group has become exclusive since, so only one of the two could come back.
            SELECT FROM tags_tagactionrow too JOIN tags_tag second ON second.id = too.tag_id
            WHERE too.action_id = did.action_id AND too.taggings = did.taggings
            AND too.entity_id = did.entity_id AND NOT too.added
            AND too.tag_id <> did.tag_id AND second.slot = tag.slot
        )
    END
"""
# ANY(ARRAY(...)), because PostgreSQL has no statistics of rows this new: it would expect a single
# one and plan a nested loop.
MARK_CHANGED = f"""
    UPDATE tags_tagactionrow did SET kept = true
    WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
    AND did.entity_id = ANY(ARRAY({FIND_CHANGED}))
"""  # noqa: S608
REMOVE_ADDED = """
    DELETE FROM {tagging} USING tags_tagactionrow did
    WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
    AND did.added AND NOT did.kept
    AND {tagging}.entity_id = did.entity_id AND {tagging}.tag_id = did.tag_id
"""
ADD_REMOVED = """
    INSERT INTO {tagging} (entity_id, entity_created_at, tag_id, slot, tagged_at, tagged_by_id)
    SELECT record.id, record.created_at, tag.id, tag.slot, did.tagged_at, person.id
    FROM tags_tagactionrow did
    JOIN {entity} record ON record.id = did.entity_id
    JOIN tags_tag tag ON tag.id = did.tag_id
    LEFT JOIN {people} person ON person.id = did.tagged_by_id
    WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
    AND NOT did.added AND NOT did.kept
"""
COUNT_RESTORED = """
    SELECT count(DISTINCT entity_id) FILTER (WHERE NOT kept),
        count(DISTINCT entity_id) FILTER (WHERE kept),
        (array_agg(DISTINCT entity_id) FILTER (WHERE kept))[:4]
    FROM tags_tagactionrow did
    WHERE did.action_id = %(action)s AND did.taggings = %(taggings)s [only]
"""
