"""What people scan."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from returns.models.returns import Return


class Verdict(models.TextChoices):
    """What a scan tells its person about the parcel in their hands."""

    OPEN = "open", pgettext_lazy("scan", "Open")
    URGENT = "urgent", pgettext_lazy("scan", "Urgent")
    COMPLETED = "completed", pgettext_lazy("scan", "Already completed")
    REPEATED = "repeated", pgettext_lazy("scan", "Scanned before")
    SEVERAL = "several", pgettext_lazy("scan", "Several returns match")
    UNKNOWN = "unknown", pgettext_lazy("scan", "Unknown")


class Scan(models.Model):
    """A scan of a person.

    ``token`` identifies it in the browser: a scan that is sent twice is stored once. ``record`` is
    its return, if there is only one. ``verdict`` is what it was when it was scanned.
    ``in_session`` scans are those since the person last started a new session. An unknown number
    stays on the person's list until it is dismissed.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DB_CASCADE, related_name="+", db_index=False
    )
    token = models.UUIDField(default=uuid4, editable=False)
    text = models.TextField()
    # By the database: returns are deleted in SQL.
    record = models.ForeignKey(Return, models.DB_SET_NULL, null=True, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict)
    at = models.DateTimeField(db_default=Now(), editable=False)
    in_session = models.BooleanField(default=True, db_default=True)
    is_dismissed = models.BooleanField(default=False, db_default=False)

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "scan")
        verbose_name_plural = pgettext_lazy("model", "scans")
        constraints = [
            models.UniqueConstraint(fields=["person", "token"], name="scan_is_stored_once"),
        ]
        indexes = [
            models.Index(
                fields=["person", "-id"], condition=Q(in_session=True), name="scans_of_session"
            ),
            models.Index(
                fields=["person", "-id"],
                condition=Q(verdict=Verdict.UNKNOWN, is_dismissed=False),
                name="scans_unknown",
            ),
            models.Index(fields=["at"], name="scans_by_age"),
        ]

    def __str__(self) -> str:
        return self.text
