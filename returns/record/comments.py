"""Comments on returns. Nothing else writes them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from config.versions import ChangedMeanwhileError, require_version, version_of
from returns.models import CONTROL_CHARACTERS, Comment, Return
from returns.record.mentions import find_mentioned, tell_mentioned

# NUL and lone surrogates cannot be stored in PostgreSQL.
INVISIBLE = rf"\0|[\ud800-\udfff]|{CONTROL_CHARACTERS}"


@dataclass(frozen=True, slots=True)
class EarlierText:
    """A text of a comment that was replaced at ``until``, normally by the author."""

    text: str
    until: datetime
    by_author: bool


def clean_text(typed: str) -> str:
    """Return the text to store, with uniform line ends and without invisible characters."""
    return re.sub(INVISIBLE, "", _with_uniform_line_ends(typed)).strip()


def has_invisible(typed: str) -> bool:
    """Tell whether ``clean_text`` removes invisible characters."""
    return re.search(INVISIBLE, _with_uniform_line_ends(typed)) is not None


def comments_of(record: Return, limit: int) -> list[Comment]:
    """Return the newest comments on a return with their earlier texts. Two queries."""
    return list(_comments().filter(record=record).order_by("-created_at", "-id")[:limit])


def latest_comment(record: Return) -> Comment | None:
    """Return the newest comment on a return that can be read. One query, on an index."""
    comments = Comment.objects.select_related("author").filter(
        record=record, deleted_at=None, redacted_at=None
    )
    return comments.order_by("-created_at", "-id").first()


def find_comment(pk: int) -> Comment | None:
    """Return the comment with its earlier texts, or None."""
    return _comments().filter(pk=pk).first()


def earlier_texts(comment: Comment) -> list[EarlierText]:
    """Return the replaced texts of a comment, newest first."""
    return [
        EarlierText(event.text, event.pgh_created_at, _is_by(comment.author_id, event.pgh_context))
        for event in sorted(comment.events.all(), key=lambda event: -event.pgh_id)
    ]


def may_edit(comment: Comment, person: User | AnonymousUser) -> bool:
    """Tell whether the person may edit the comment: it is their own and still there."""
    is_there = comment.deleted_at is None and comment.redacted_at is None
    return comment.author_id == person.pk and is_there


def may_delete(comment: Comment, person: User | AnonymousUser) -> bool:
    """Tell whether the person may delete the comment: it is their own, or they are an admin."""
    return comment.author_id == person.pk or person.has_perm("returns.delete_comment")


@transaction.atomic
def add_comment(record: Return, text: str, token: UUID, by: User) -> bool:
    """Add a comment, and tell whom it mentions. Return whether it was added now, and not before.

    ``token`` identifies the form: submitting the same text again adds nothing. Another text from
    the same form is another comment, so that nothing is lost. Raises ``Return.DoesNotExist`` if the
    return has been deleted.
    """
    # An admin may be deleting the return; its comments are looked for while it is locked.
    locked = Return.objects.select_for_update(no_key=True)
    record = locked.only("return_reference_number").get(pk=record.pk)
    people = find_mentioned(text)
    defaults = {"record": record, "text": text, "mentioned": _names(people)}
    comment, is_new = Comment.objects.get_or_create(
        author=by, token=uuid5(token, text), defaults=defaults
    )
    if is_new:
        tell_mentioned(comment, people)
    return is_new


def find_by_token(text: str, token: UUID, by: User) -> int:
    """Return the id of the comment that a form with this token has added."""
    return Comment.objects.values_list("pk", flat=True).get(author=by, token=uuid5(token, text))


@transaction.atomic
def edit_comment(pk: int, text: str, replaces: str) -> Comment:
    """Replace the text of a comment. The database keeps the earlier text. Tell who is new in it.

    ``replaces`` is the ``version_of`` the text that the person saw. Raises
    ``ChangedMeanwhileError`` if the text has changed since or the comment was deleted, and
    ``Comment.DoesNotExist``.
    """
    comment = _lock(pk)
    if comment.deleted_at:
        raise ChangedMeanwhileError(_("This comment has been deleted."))
    if comment.redacted_at:
        raise ChangedMeanwhileError(_("This comment was redacted. Write a new one."))
    if text != comment.text:
        changed = _("Somebody changed this comment meanwhile. The current text:")
        require_version(version_of(comment.text), replaces, changed)
        people = find_mentioned(text)
        comment.text, comment.mentioned = text, _names(people)
        comment.save(update_fields=["text", "mentioned"])
        tell_mentioned(comment, people)
    return comment


@transaction.atomic
def delete_comment(pk: int, by: User) -> None:
    """Mark a comment as deleted. Admins can still read it. Deleting it again changes nothing."""
    comment = _lock(pk)
    if comment.deleted_at is None:
        comment.deleted_at, comment.deleted_by = timezone.now(), by
        comment.save(update_fields=["deleted_at", "deleted_by"])


@transaction.atomic
def withdraw_comment(pk: int, text: str, by: User) -> bool:
    """Mark a comment as deleted if it still has this text; tell whether it was.

    Undoing does so with what was written at once on many returns. An edited comment stays.
    """
    comment = Comment.objects.select_for_update().filter(pk=pk).first()
    if comment is None or comment.deleted_at or comment.text != text:
        return False
    delete_comment(pk, by)
    return True


@transaction.atomic
def restore_comment(pk: int) -> None:
    """Take back that a comment was deleted."""
    comment = _lock(pk)
    comment.deleted_at = comment.deleted_by = None
    comment.save(update_fields=["deleted_at", "deleted_by"])


def may_restore(comment: Comment, person: User | AnonymousUser) -> bool:
    """Tell whether the person may restore a deleted comment: they deleted it, or are an admin."""
    return comment.deleted_by_id == person.pk or person.has_perm("returns.delete_comment")


def redact_comments_of(record_ids: Sequence[int]) -> None:
    """Take the texts of the comments on returns away; ``returns_redact`` takes the earlier ones.

    Call it in the transaction that has locked the returns.
    """
    comments = Comment.objects.filter(record__in=record_ids, redacted_at=None)
    list(comments.order_by("pk").select_for_update().values_list("pk"))
    comments.update(text="", mentioned=[], redacted_at=Now())


def _names(people: Iterable[User]) -> list[str]:
    return [each.get_username() for each in people]


def _with_uniform_line_ends(typed: str) -> str:
    return typed.replace("\r\n", "\n").replace("\r", "\n")


def _comments() -> QuerySet[Comment]:
    comments = Comment.objects.select_related("author", "deleted_by", "record")
    return comments.prefetch_related("events")


def _lock(pk: int) -> Comment:
    """Lock before reading: two windows, or an admin and the author, may write at the same time."""
    return Comment.objects.select_for_update().get(pk=pk)


def _is_by(author_id: int, context: dict[str, object] | None) -> bool:
    return (context or {}).get("user") == author_id
