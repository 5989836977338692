"""Who has a return open."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from returns.models.returns import Return


class Presence(models.Model):
    """A page in the browser of a person that shows a return.

    ``page`` identifies it, so that closing one of two tabs leaves the other. ``seen_at`` is when it
    last said so, by the database's clock.
    """

    # Not checked: the row is forgotten soon, and need not keep anybody from deleting the return.
    record = models.ForeignKey(
        Return, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    page = models.UUIDField(default=uuid4, editable=False)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = pgettext_lazy("model", "presence")
        verbose_name_plural = pgettext_lazy("model", "presences")
        constraints = [
            models.UniqueConstraint(
                fields=["record", "person", "page"], name="page_is_present_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.record_id}"
