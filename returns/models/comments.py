"""Comments that people write on returns."""

from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import pgettext_lazy

from returns.models.changes import shown_change_triggers
from returns.models.events import BigEvent
from returns.models.outgoing import event_of_comment
from returns.models.returns import Return

COMMENT_LENGTH = 4000  # characters
# A pattern that means the same to PostgreSQL and Python; line breaks and tabs are allowed.
CONTROL_CHARACTERS = r"[\u0001-\u0008\u000b-\u001f\u007f-\u009f]"


@pghistory.track(
    pghistory.UpdateEvent("edited", row=pghistory.Old, condition=pghistory.AnyChange("text")),
    fields=["text"],
    model_name="CommentEvent",
    base_model=BigEvent,
    obj_field=pghistory.ObjForeignKey(related_name="events", db_index=False),
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(),
    meta={
        "indexes": [
            models.Index(fields=["pgh_obj", "-pgh_created_at", "-pgh_id"], name="comment_edits")
        ]
    },
)
class Comment(models.Model):
    """A comment on a return. Its events keep every text that an edit replaced.

    A deleted comment stays in the table, marked as deleted, so that admins can still read it.
    ``token`` identifies the form that posted it: a form that is sent twice makes one comment. Since
    ``redacted_at`` its texts are gone, the earlier ones too.
    """

    record = models.ForeignKey(Return, models.PROTECT, related_name="comments", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        editable=False,
    )
    token = models.UUIDField(editable=False)
    redacted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The user names in the text that mean somebody: who was told of it.
    mentioned = ArrayField(
        models.CharField(max_length=150), db_default=[], default=list, editable=False
    )

    events: Any  # the manager of the replaced texts

    class Meta:
        default_permissions = ["delete"]
        verbose_name = pgettext_lazy("model", "comment")
        verbose_name_plural = pgettext_lazy("model", "comments")
        permissions = [("comment_return", "Can comment on returns")]
        constraints = [
            models.UniqueConstraint(fields=["author", "token"], name="comment_is_posted_once"),
            models.CheckConstraint(
                condition=Q(redacted_at__isnull=False)
                | (Q(text__regex=r"\S") & ~Q(text__regex=CONTROL_CHARACTERS)),
                name="comment_has_words_and_no_control_characters",
            ),
            models.CheckConstraint(
                condition=Q(redacted_at=None) | Q(text=""), name="redacted_comment_has_no_text"
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("text"), COMMENT_LENGTH),
                name="comment_is_at_most_4000_characters",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None, deleted_by=None)
                | Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="comment_is_deleted_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["record", "-created_at", "-id"], name="comment_of_return"),
            models.Index(fields=["author", "-created_at"], name="comment_by_author"),
            models.Index(
                fields=["created_at"], condition=Q(redacted_at=None), name="comment_with_text"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="comment_stays", operation=pgtrigger.Delete),
            *shown_change_triggers(),
            event_of_comment(),
        ]

    def __str__(self) -> str:
        return f"Comment of {self.author} on {self.record}"
