"""The feed: runs, records that were rejected, and uploaded files."""

from hashlib import sha256
from json import dumps

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from config.stored_texts import StoredTextField
from returns.models.outgoing import event_of_rejected
from tags.models import TagAction


class Way(models.TextChoices):
    """How records were received."""

    PULL = "pull", pgettext_lazy("way", "pulled")
    PUSH = "push", pgettext_lazy("way", "pushed")
    FILE = "file", pgettext_lazy("way", "file")
    RETRY = "retry", pgettext_lazy("way", "retried")


class Outcome(models.TextChoices):
    """The outcome of a run. If its process dies it stays running, but its lock is free."""

    RUNNING = "running", pgettext_lazy("run", "running")
    DONE = "done", pgettext_lazy("run", "done")
    FAILED = "failed", pgettext_lazy("run", "failed")


# Ways in which records come without anybody's help; files are brought by people.
AUTOMATIC_WAYS = (Way.PULL, Way.PUSH)
# Runs that read the feed to its end. By them, and by no time in a record, the feed is up to date.
READ_TO_THE_END = Q(outcome=Outcome.DONE, way__in=AUTOMATIC_WAYS)


class FeedRun(models.Model):
    """A batch of records that were received together.

    ``origin`` is where they came from: an address, the name of a token, the names of files.
    ``from_time`` is the ``updatedAt`` from which they were requested, ``to_time`` the latest one
    that was written. ``unkept`` are rejected records that were not kept, because there were too
    many. ``message`` says why a run failed. ``tag_action`` has the taggings of an
    import, so that it can be undone.
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
    unkept = models.PositiveBigIntegerField(db_default=0, default=0)
    message = StoredTextField(blank=True)
    tag_action = models.OneToOneField(TagAction, models.SET_NULL, null=True, related_name="+")

    class Meta:
        default_permissions = ["change"]
        verbose_name = pgettext_lazy("model", "feed run")
        verbose_name_plural = pgettext_lazy("model", "feed runs")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["way", "origin", "-id"], name="feed_run_of_origin"),
            # Every open page asks for the latest one.
            models.Index(fields=["ended_at"], condition=READ_TO_THE_END, name="feed_read_at"),
            # Few among many pushes; people look for them to undo one.
            models.Index(fields=["id"], condition=Q(way=Way.FILE), name="feed_run_of_file"),
        ]
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
        """Return the number of records that changed nothing."""
        return self.read - self.created - self.updated - self.rejected


class Fate(models.TextChoices):
    """What became of a rejected record."""

    WAITING = "waiting", pgettext_lazy("rejected record", "waiting")
    # After a retry.
    IMPORTED = "taken", pgettext_lazy("rejected record", "imported")
    # A later record of the same return was imported.
    SUPERSEDED = "overtaken", pgettext_lazy("rejected record", "superseded")
    ASIDE = "aside", pgettext_lazy("rejected record", "set aside")


class RejectedRecord(models.Model):
    """A record that was not written, and why. It is stored once, however often it is received.

    ``written`` is the record as ASCII JSON, which the column can always store. If ``is_record`` is
    false it is a text or a row that could not be parsed, so it cannot be retried. ``run`` is the
    latest run that received it, ``digest`` the SHA-256 of ``written``. ``wrong_value``,
    ``field_label`` and ``place_label`` are set for pages only: the value that a person can fix
    there, its name, and ``place`` in the person's language.
    """

    wrong_value: str | None
    field_label: str
    place_label: str

    run = models.ForeignKey(FeedRun, models.CASCADE, related_name="rejects")
    place = models.CharField(max_length=200)
    reference = models.CharField(max_length=200, blank=True)
    field = models.CharField(max_length=200)
    reason = StoredTextField()
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
        verbose_name = pgettext_lazy("model", "rejected record")
        verbose_name_plural = pgettext_lazy("model", "rejected records")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["reference"], condition=Q(fate=Fate.WAITING), name="rejected_that_waits"
            ),
            models.Index(fields=["id"], condition=Q(fate=Fate.WAITING), name="rejected_to_list"),
            models.Index(fields=["seen_at"], name="rejected_by_time"),
        ]
        triggers = [event_of_rejected()]

    def __str__(self) -> str:
        return f"{self.place}: {self.field}: {self.reason}"


class Upload(models.Model):
    """A file that a person previews before it is imported; it is kept for a day.

    ``preview`` is the result of checking it. With ``empty_clears``, an empty cell clears what is
    stored; ``dates`` is the order of the numbers of its dates, ``sheet`` the sheet of a workbook,
    and ``mapping`` what its columns are, if a person chose them; ``mapping_name`` is its name.
    ``run`` is its import, once that has started. A large file is imported in the background;
    ``wanted_at`` is when that was requested, and ``tries`` how often it has begun since.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    size = models.PositiveIntegerField()  # bytes
    preview = models.JSONField(default=dict)
    empty_clears = models.BooleanField(db_default=False)
    dates = models.CharField(max_length=3, db_default="")
    sheet = models.CharField(max_length=200, db_default="")
    mapping = models.JSONField(db_default={})
    mapping_name = models.CharField(max_length=100, db_default="")
    wanted_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    run = models.OneToOneField(FeedRun, models.SET_NULL, null=True, related_name="upload")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = []
        verbose_name = pgettext_lazy("model", "upload")
        verbose_name_plural = pgettext_lazy("model", "uploads")

    def __str__(self) -> str:
        return self.name

    @property
    def reading(self) -> str:
        """Return what identifies how the file is read, as people chose it."""
        chosen = [self.empty_clears, self.dates, self.sheet, self.mapping]
        return sha256(dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]


class RemoteAbility(models.Model):
    """Whether another API has a path besides that of returns, so that it is not asked in vain.

    ``checked_at`` is when it was found out. ``queued_at`` is when everything that was stored before
    was queued to be asked for, if the path is one of records that are asked for one by one.
    """

    origin = models.CharField(max_length=200)
    path = models.CharField(max_length=100)
    is_missing = models.BooleanField()
    checked_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = []
        verbose_name = pgettext_lazy("model", "ability of another API")
        verbose_name_plural = pgettext_lazy("model", "abilities of other APIs")
        constraints = [
            models.UniqueConstraint(fields=["origin", "path"], name="ability_is_known_once")
        ]

    def __str__(self) -> str:
        return f"{self.origin}: {self.path}"
