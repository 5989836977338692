"""Comments of people on a return: the only writer of comments."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.versions import ChangedMeanwhileError, check_version, version_of
from returns.models import CONTROL_CHARACTERS, Comment, Return

# A browser may send a NUL too, and halves of characters; PostgreSQL has neither.
UNSEEN = rf"\0|[\ud800-\udfff]|{CONTROL_CHARACTERS}"


@dataclass(frozen=True, slots=True)
class EarlierText:
    """What a comment said until ``until``, when it was edited; ``by_author`` as it should be."""

    text: str
    until: datetime
    by_author: bool


def clean_text(typed: str) -> str:
    """Return the text as it is kept: lines end alike, and nothing in it cannot be seen."""
    return re.sub(UNSEEN, "", _lines_alike(typed)).strip()


def holds_unseen(typed: str) -> bool:
    """Tell whether ``clean_text`` leaves something out."""
    return re.search(UNSEEN, _lines_alike(typed)) is not None


def comments_of(record: Return, limit: int) -> list[Comment]:
    """Return the newest comments on a return with their earlier texts, in two queries."""
    return list(_with_all().filter(record=record).order_by("-created_at", "-id")[:limit])


def find_comment(pk: int) -> Comment | None:
    """Return the comment with its earlier texts, or nothing."""
    return _with_all().filter(pk=pk).first()


def earlier_texts(comment: Comment) -> list[EarlierText]:
    """Return the texts that edits replaced, the newest first."""
    return [
        EarlierText(event.text, event.pgh_created_at, _is_by(comment.author_id, event.pgh_context))
        for event in sorted(comment.events.all(), key=lambda event: -event.pgh_id)
    ]


def may_edit(comment: Comment, person: User | AnonymousUser) -> bool:
    """Tell whether the comment is the person's own, and there."""
    return comment.author_id == person.pk and comment.deleted_at is None


def may_delete(comment: Comment, person: User | AnonymousUser) -> bool:
    """Tell whether the comment is the person's own, or the person an admin."""
    return comment.author_id == person.pk or person.has_perm("returns.delete_comment")


@transaction.atomic
def add_comment(record: Return, text: str, token: UUID, by: User) -> bool:
    """Keep what a person wrote; tell whether it is new.

    ``token`` is the form's own: the same text from the same form is one comment, however often
    it is sent. Another text from that form is another comment, so that nothing is lost.
    """
    written = {"record": record, "text": text}
    _, new = Comment.objects.get_or_create(author=by, token=uuid5(token, text), defaults=written)
    return new


@transaction.atomic
def edit_comment(pk: int, text: str, replaces: str) -> Comment:
    """Replace the text of a comment; the database keeps the earlier one.

    ``replaces`` is the ``version_of`` the text that the person saw. Raises
    ``ChangedMeanwhileError`` when it says something else by now, or is deleted, and
    ``Comment.DoesNotExist``.
    """
    comment = _lock(pk)
    if comment.deleted_at:
        raise ChangedMeanwhileError("This comment was deleted meanwhile.")
    if text != comment.text:
        check_version(version_of(comment.text), replaces, "this comment", "It says now:")
        comment.text = text
        comment.save(update_fields=["text"])
    return comment


@transaction.atomic
def delete_comment(pk: int, by: User) -> None:
    """Mark a comment as deleted; its text stays for admins. Doing it twice changes nothing."""
    comment = _lock(pk)
    if comment.deleted_at is None:
        comment.deleted_at, comment.deleted_by = timezone.now(), by
        comment.save(update_fields=["deleted_at", "deleted_by"])


def _lines_alike(typed: str) -> str:
    return typed.replace("\r\n", "\n").replace("\r", "\n")


def _with_all() -> QuerySet[Comment]:
    people = Comment.objects.select_related("author", "deleted_by", "record")
    return people.prefetch_related("events")


def _lock(pk: int) -> Comment:
    """Lock before reading: two windows, or an admin and the author, may write at once."""
    return Comment.objects.select_for_update().get(pk=pk)


def _is_by(author_id: int, context: dict[str, object] | None) -> bool:
    return (context or {}).get("user") == author_id
