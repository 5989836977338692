"""What came in, from where, and what of it was left out."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Way(models.TextChoices):
    """How records come in."""

    PULL = "pull", "pulled"
    PUSH = "push", "pushed"
    FILE = "file", "file"
    RETRY = "retry", "tried again"


class Outcome(models.TextChoices):
    """How a run stands. One whose process died stays running, but nobody holds its lock."""

    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class FeedRun(models.Model):
    """Records that came in together.

    ``origin`` is where they came from: an address, a token's name, the name of a file.
    ``from_time`` is the ``updatedAt`` from which they were asked for, ``to_time`` the newest that
    was written. ``message`` says why a run failed.
    """

    way = models.CharField(max_length=10, choices=Way)
    origin = models.CharField(max_length=200)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    from_time = models.DateTimeField(null=True)
    to_time = models.DateTimeField(null=True)
    read = models.PositiveBigIntegerField(default=0)
    created = models.PositiveBigIntegerField(default=0)
    updated = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    message = models.TextField(blank=True)

    class Meta:
        default_permissions = ["change"]
        ordering = ["-pk"]
        indexes = [models.Index(fields=["way", "origin", "-id"], name="feed_run_of_origin")]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=Outcome.RUNNING) ^ Q(ended_at__isnull=False),
                name="feed_run_ends_when_it_is_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} ({self.way})"

    @property
    def unchanged(self) -> int:
        """Return how many records said nothing new."""
        return self.read - self.created - self.updated - self.rejected


class Fate(models.TextChoices):
    """What became of a record that was rejected."""

    WAITING = "waiting", "waiting"
    # When it was tried again.
    TAKEN = "taken", "came in"
    # By a later record of the return.
    OVERTAKEN = "overtaken", "overtaken"
    ASIDE = "aside", "set aside"


class RejectedRecord(models.Model):
    """A record that was not written, and why; kept once however often it comes.

    ``written`` is the record as JSON in ASCII, so that everything fits. Where ``is_record`` is
    false it is text, or a row, that is no record and cannot be tried again. ``run`` is the latest
    that brought it, ``digest`` the SHA-256 of ``written``. ``wrong_value`` is set for pages: what
    may be mended there.
    """

    wrong_value: str | None

    run = models.ForeignKey(FeedRun, models.CASCADE, related_name="rejects")
    place = models.CharField(max_length=200)
    reference = models.CharField(max_length=200, blank=True)
    field = models.CharField(max_length=200)
    reason = models.TextField()
    written = models.TextField()
    is_record = models.BooleanField()
    digest = models.CharField(max_length=64, unique=True)
    fate = models.CharField(max_length=10, choices=Fate, default=Fate.WAITING)
    seen_at = models.DateTimeField(db_default=Now())
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        default_permissions = []
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["reference"], condition=Q(fate=Fate.WAITING), name="rejected_that_waits"
            ),
            models.Index(fields=["id"], condition=Q(fate=Fate.WAITING), name="rejected_to_list"),
        ]

    def __str__(self) -> str:
        return f"{self.place}: {self.field}: {self.reason}"


class Upload(models.Model):
    """A file that somebody looks at before it is imported; kept for a day.

    ``preview`` is what was found in it, ``run`` its import, as soon as that has begun. A large one
    is imported in the background, from ``wanted_at`` on.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    size = models.PositiveIntegerField()  # bytes
    preview = models.JSONField(default=dict)
    wanted_at = models.DateTimeField(null=True)
    run = models.OneToOneField(FeedRun, models.SET_NULL, null=True, related_name="upload")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return self.name
