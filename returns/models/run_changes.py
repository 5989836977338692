"""What runs of the feed did to each return, and the undoing of imports."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from config.stored_texts import StoredTextField
from returns.models.feed import FeedRun


class Kept(models.TextChoices):
    """Why undoing an import left a return as it is."""

    CHANGED = "changed", pgettext_lazy("kept return", "changed since")
    TAGGED = "tagged", pgettext_lazy("kept return", "its tags were changed since")
    COMMENTED = "commented", pgettext_lazy("kept return", "somebody commented on it")
    GONE = "gone", pgettext_lazy("kept return", "deleted since")


class RunChange(models.Model):
    """A return that a run created or changed; kept for 30 days.

    ``record_id`` is the id of the return, which may have been deleted since. ``before`` and
    ``after`` are fingerprints of its whole row; ``before`` is empty if the run created it.
    ``changes`` has the values before and after of each column that differs; those of JSON columns
    are texts. ``kept`` says why undoing the run left the return alone.
    """

    run = models.ForeignKey(
        FeedRun, models.CASCADE, related_name="changes", db_index=False, db_constraint=False
    )
    record_id = models.BigIntegerField()
    reference = models.CharField(max_length=100)
    before = models.UUIDField(null=True)
    after = models.UUIDField()
    changes = models.JSONField(default=dict)
    kept = models.CharField(max_length=10, choices=Kept, blank=True, db_default="")

    class Meta:
        default_permissions = []
        verbose_name = pgettext_lazy("model", "run change")
        verbose_name_plural = pgettext_lazy("model", "run changes")
        indexes = [
            models.Index(fields=["run", "record_id", "id"], name="change_of_run"),
            models.Index(
                fields=["run", "record_id", "id"], condition=~Q(kept=""), name="change_that_stays"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} in run {self.run_id}"


class RunUndo(models.Model):
    """The undoing of an import, in steps; there is at most one for each run.

    ``position`` is the id of the last return of the steps so far. ``restored``, ``deleted`` and
    ``kept`` are numbers of returns. ``message`` says why it stopped before its end.
    """

    run = models.OneToOneField(FeedRun, models.CASCADE, related_name="undo")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    position = models.BigIntegerField(default=0)
    restored = models.PositiveBigIntegerField(default=0)
    deleted = models.PositiveBigIntegerField(default=0)
    kept = models.PositiveBigIntegerField(default=0)
    message = StoredTextField(blank=True)

    class Meta:
        default_permissions = []
        verbose_name = pgettext_lazy("model", "run undo")
        verbose_name_plural = pgettext_lazy("model", "run undos")
        indexes = [
            models.Index(fields=["id"], condition=Q(ended_at=None), name="undo_at_work"),
        ]

    def __str__(self) -> str:
        return f"Undoing run {self.run_id}"

    @property
    def done(self) -> int:
        """Return the number of returns of the steps so far."""
        return self.restored + self.deleted + self.kept
