"""Which record was the last that each return took: sent again, it changes nothing."""

from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import pgettext_lazy

from config.triggers import after


class XidField(models.Field):  # type: ignore[type-arg]
    """The transaction that wrote a row, as its column ``xmin`` says."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002
        """Return the column's type."""
        return "xid"


class AcceptedRecord(models.Model):
    """A digest of the newest record of a return, and the version of the return that it led to.

    Only the feed writes it; ``returns.feed.accepted`` says what it means. No column of returns,
    because most of them are written before their record is known to be the newest.
    """

    record = models.OneToOneField(
        "returns.Return",
        models.DO_NOTHING,
        primary_key=True,
        related_name="+",
        db_constraint=False,
        verbose_name=pgettext_lazy("model", "return"),
    )
    digest = models.UUIDField()
    version = XidField()

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "accepted record of a return")
        verbose_name_plural = pgettext_lazy("model", "accepted records of returns")

    def __str__(self) -> str:
        return f"{self.record_id} {self.digest}"


def forgets_accepted() -> pgtrigger.Trigger:
    """Return the trigger by which what was accepted goes with its return."""
    forget = "DELETE FROM returns_acceptedrecord WHERE record_id IN (SELECT id FROM old_values);"
    return after(pgtrigger.Delete, "accepted_of_deleted", forget, old="old_values")
