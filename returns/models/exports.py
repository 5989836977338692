"""Exports that are made in the background and kept for some days."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.stored_texts import StoredTextField


class Progress(models.TextChoices):
    """The status of an export. If its process dies it stays running, but its lock is free."""

    WAITING = "waiting", pgettext_lazy("export", "waiting")
    RUNNING = "running", pgettext_lazy("export", "in progress")
    DONE = "done", pgettext_lazy("export", "ready")
    FAILED = "failed", pgettext_lazy("export", "failed")


class FileFormat(models.TextChoices):
    """The format of an export; the value is the extension of its file."""

    XLSX = "xlsx", _("Excel (XLSX)")
    CSV = "csv", _("CSV")


class Export(models.Model):
    """An export of a list that a person requested.

    ``query``, ``columns``, ``format`` and, for CSV, ``bom`` define its content; ``rows=items`` in
    the query stands for a row for each item. ``total`` is the
    number of returns when it was requested, ``rows`` the number written so far, ``size`` the file's
    size in bytes. ``attempts`` counts how often it was started, ``started_at`` is when it was last.
    ``message`` says why it failed. ``language`` is that of its person when it was requested.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    query = models.TextField(blank=True)
    columns = ArrayField(models.CharField(max_length=20))
    format = models.CharField(
        max_length=4, choices=FileFormat, default=FileFormat.XLSX, db_default=FileFormat.XLSX
    )
    bom = models.BooleanField(default=False, db_default=False)
    name = models.CharField(max_length=150)
    status = models.CharField(max_length=10, choices=Progress, default=Progress.WAITING)
    total = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    message = StoredTextField(blank=True)
    language = models.CharField(max_length=5, blank=True, default="", db_default="")
    asked_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "export")
        verbose_name_plural = pgettext_lazy("model", "exports")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=(Progress.WAITING, Progress.RUNNING))
                ^ Q(ended_at__isnull=False, expires_at__isnull=False),
                name="export_expires_when_it_is_over",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def by_items(self) -> bool:
        """Return whether the file has a row for each item."""
        return "rows=items" in self.query.split("&")


class ExportPart(models.Model):
    """A piece of an export's file; ``place`` counts from 0."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts", db_index=False)
    place = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "export part")
        verbose_name_plural = pgettext_lazy("model", "export parts")
        constraints = [
            models.UniqueConstraint(fields=["export", "place"], name="export_has_a_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.place} of {self.export}"
