"""The signs of life of the processes that work in the background."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy


class Loop(models.TextChoices):
    """What a loop does again and again; a process can have several, each in a thread."""

    STEPS = "steps", pgettext_lazy("background work", "Rules, tagging, undoing, cleanup")
    FILES = "files", pgettext_lazy("background work", "Large files and exports")
    OUTGOING = "outgoing", pgettext_lazy("background work", "Webhooks")
    SYNC = "sync", pgettext_lazy("background work", "Pulling the feed")


class Heartbeat(models.Model):
    """A loop of a process that works in the background, as long as it runs.

    All times are by the database's clock. ``seen_at`` is when the process last wrote, about every
    10 seconds. ``doing`` is the code of the job that the loop was at then, and ``doing_since`` when
    that job began; a loop that waits does nothing. A process that ends by itself deletes its rows.
    Processes with the same ``SECRET_KEY`` and ``TIME_ZONE`` have the same ``fingerprint``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    loop = models.CharField(max_length=10, choices=Loop)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    version = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=32, blank=True, db_default="")
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    doing = models.CharField(max_length=40, blank=True, db_default="")
    doing_since = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        permissions = [("view_status", "Can view the status of the desk")]
        verbose_name = pgettext_lazy("model", "heartbeat")
        verbose_name_plural = pgettext_lazy("model", "heartbeats")

    def __str__(self) -> str:
        return f"{self.loop} on {self.host} ({self.pid})"
