# ruff: noqa: S608 - built from our own column names alone
"""Deletes returns that never were. A trace keeps who did it, when, why, and what they held."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from returns.models import Comment, DeletedReturn, Return, ReturnTag
from tags import tagging
from tags.deadlocks import retry_deadlocks

MAY_DELETE = "returns.delete_return"
MAY_SEE_DELETED = "returns.view_deletedreturn"
GENERATED_COLUMNS = [field.column for field in Return._meta.fields if field.generated]


@dataclass(frozen=True, slots=True)
class Belongings:
    """How many tags and comments a return has; they are deleted with it."""

    tags: int
    comments: int


def belongings_of(record: Return) -> Belongings:
    """Return the numbers of tags and comments that would be deleted with a return."""
    comments = Comment.objects.filter(record=record, deleted_at=None).count()
    return Belongings(ReturnTag.objects.filter(entity=record).count(), comments)


def delete_return(record: Return, typed: str, reason: str, by: User) -> None:
    """Delete a return, with all of its tags and comments and its timeline.

    ``typed`` must be its reference. Raises ``ValidationError`` if it is not, or if the return has
    been deleted already.
    """
    if typed.strip() != record.return_reference_number:
        raise ValidationError({"reference": _("This is not the reference of this return.")})
    if not retry_deadlocks(lambda: _delete_one(record.pk, by, reason)):
        raise ValidationError(_("This return has already been deleted."))


@transaction.atomic
def _delete_one(pk: int, by: User, reason: str) -> int:
    return delete_returns(lock_returns([pk]), by, reason)


def lock_returns(ids: Sequence[int]) -> list[int]:
    """Lock returns so that nobody can change, tag or comment on them; return those that exist."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(ids)])
        return [pk for (pk,) in cursor.fetchall()]


def delete_returns(ids: Sequence[int], by: User, reason: str) -> int:
    """Delete returns that the transaction has locked, and keep a trace of each.

    Returns the number of returns.
    """
    if not ids:
        return 0
    given: dict[str, Any] = {"ids": list(ids), "by": by.pk, "reason": reason}
    with tagging.done_by(by), connection.cursor() as cursor:
        cursor.execute(STORE_TRACES, given)
        tagging.remove_all(ReturnTag, ids)
        cursor.execute(DELETE_RETURNS, given)
        # These are in the trace. Without their return, nobody could open them.
        cursor.execute(DELETE_HISTORY, given)
    return len(ids)


def trace_of(reference: str) -> DeletedReturn | None:
    """Return the trace of the last return with this reference that was deleted, or None."""
    if "\0" in reference:
        return None
    traces = DeletedReturn.objects.select_related("deleted_by").defer("held")
    return traces.filter(reference=reference).first()


LOCK = "SELECT id FROM returns_return WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE"
_GENERATED = ", ".join(f"'{name}'" for name in GENERATED_COLUMNS)
_TAGS = """
    SELECT jsonb_agg(jsonb_build_object(
        'name', tag.name, 'tagged_at', tagging.tagged_at, 'tagged_by', person.username
    ) ORDER BY tagging.tagged_at, tagging.id)
    FROM returns_returntag tagging JOIN tags_tag tag ON tag.id = tagging.tag_id
    LEFT JOIN auth_user person ON person.id = tagging.tagged_by_id
    WHERE tagging.entity_id = r.id
"""
_COMMENTS = """
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'author', author.username, 'text', comment.text, 'created_at', comment.created_at,
        'deleted_at', comment.deleted_at, 'deleted_by', deleter.username, 'earlier_texts', (
            SELECT jsonb_agg(jsonb_build_object('text', event.text, 'until', event.pgh_created_at)
                ORDER BY event.pgh_id)
            FROM returns_commentevent event WHERE event.pgh_obj_id = comment.id
        )
    )) ORDER BY comment.created_at, comment.id)
    FROM returns_comment comment JOIN auth_user author ON author.id = comment.author_id
    LEFT JOIN auth_user deleter ON deleter.id = comment.deleted_by_id
    WHERE comment.record_id = r.id
"""
_CHANGES = """
    SELECT jsonb_agg(jsonb_build_object(
        'at', event.pgh_created_at, 'context', event.pgh_context, 'changes', event.changes
    ) ORDER BY event.pgh_id)
    FROM returns_returnevent event WHERE event.pgh_obj_id = r.id
"""
_TAG_CHANGES = """
    SELECT jsonb_agg(jsonb_build_object(
        'at', event.pgh_created_at, 'context', event.pgh_context, 'change', event.pgh_label,
        'tag', tag.name
    ) ORDER BY event.pgh_id)
    FROM returns_returntagevent event LEFT JOIN tags_tag tag ON tag.id = event.tag_id
    WHERE event.entity_id = r.id
"""
STORE_TRACES = f"""
    INSERT INTO returns_deletedreturn (reference, record_id, reason, deleted_by_id, held)
    SELECT return_reference_number, r.id, %(reason)s, %(by)s, jsonb_build_object(
        'facts', to_jsonb(r) - ARRAY[{_GENERATED}],
        'tags', coalesce(({_TAGS}), '[]'), 'comments', coalesce(({_COMMENTS}), '[]'),
        'changes', coalesce(({_CHANGES}), '[]'), 'tag_changes', coalesce(({_TAG_CHANGES}), '[]')
    )
    FROM returns_return r WHERE r.id = ANY(%(ids)s::bigint[]) ORDER BY r.id
"""
# A function of the owner of the tables, for returns with a trace alone: migration 0067.
DELETE_HISTORY = "SELECT returns_delete_history(%(ids)s::bigint[])"
DELETE_RETURNS = "DELETE FROM returns_return WHERE id = ANY(%(ids)s::bigint[])"
