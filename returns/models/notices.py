"""What the desk tells a person by itself: the notices behind the bell."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from config.stored_texts import StoredTextField


class NoticeKind(models.TextChoices):
    """What a notice is about. Many of a kind are shown as one."""

    MENTION = "mention", pgettext_lazy("notice", "Mention")
    CLAIM = "claim", pgettext_lazy("notice", "Claim")
    FOLLOW_UP = "follow-up", pgettext_lazy("notice", "Follow-up")
    LIST = "list", pgettext_lazy("notice", "List")
    DESK = "desk", pgettext_lazy("notice", "Desk")


class Notice(models.Model):
    """A notice to a person: a text for readers of any language, and the path that it leads to.

    ``key`` says what it tells; of the same thing, a person is told once. ``record_id`` is the id of
    the return that it is about, if it is about one.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DB_CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=NoticeKind)
    record_id = models.BigIntegerField(null=True)
    text = StoredTextField()
    link = models.TextField(blank=True, db_default="", default="")
    key = models.CharField(max_length=100, null=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "notice")
        verbose_name_plural = pgettext_lazy("model", "notices")
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="person_is_told_once"),
        ]
        indexes = [
            models.Index(
                fields=["person", "-id"], condition=Q(seen_at=None), name="notices_unseen"
            ),
            models.Index(fields=["person", "-id"], name="notices_of_person"),
            models.Index(fields=["at"], name="notices_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.text)

    @property
    def path(self) -> str:
        """Return the path of what the notice is about; "" if it leads nowhere."""
        if self.link or self.record_id is None:
            return self.link
        # Leads to the page of the return, whatever its reference is by now.
        return reverse("return-card", args=[self.record_id])
