"""Column mappings that people have saved, for files with the headers of another program."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SavedMapping(models.Model):
    """A column mapping with a name.

    ``definition`` is a ``ColumnMapping`` as JSON. ``header`` is the header of the file for which it
    was made, and ``fingerprint`` tells whether another file has the same one.
    """

    name = models.CharField(max_length=100)
    definition = models.JSONField()
    header = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = []
        verbose_name = pgettext_lazy("model", "saved mapping")
        verbose_name_plural = pgettext_lazy("model", "saved mappings")
        ordering = [Lower("name")]
        indexes = [models.Index(fields=["fingerprint", "-id"], name="mapping_of_header")]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="mapping_name_is_unique",
                violation_error_message=_("A column mapping with this name exists."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
