"""Who holds which lock; see ``returns.database.locks``."""

from uuid import uuid4

from django.db import models
from django.utils.translation import pgettext_lazy


class HeldLock(models.Model):
    """A lock that a process holds until ``expires_at``, by the database's clock, or until it ends.

    ``what`` and ``number`` say what is locked. ``place`` identifies the computer, or the container,
    of the process, and ``process`` the process there; both are "" where that is not known.
    """

    # Changing a key waits for everybody who reads the row FOR KEY SHARE; see ``require_lock``.
    holder = models.UUIDField(primary_key=True, default=uuid4)
    what = models.IntegerField()
    number = models.BigIntegerField()
    place = models.CharField(max_length=100, blank=True)
    process = models.CharField(max_length=50, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "lock")
        verbose_name_plural = pgettext_lazy("model", "locks")
        constraints = [
            models.UniqueConstraint(fields=["what", "number"], name="lock_has_one_holder")
        ]

    def __str__(self) -> str:
        return f"{self.what}/{self.number}"
