"""Traces of returns that were deleted."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from returns.expressions import SearchKey


class DeletedReturn(models.Model):
    """The trace of a deleted return: who deleted it, when and why, and everything that it held.

    ``record_id`` was its id. ``held`` has its columns, tags, comments and timeline. A trace never
    changes.
    """

    reference = models.CharField("return reference", max_length=100, editable=False)
    record_id = models.BigIntegerField(editable=False)
    reason = models.CharField(max_length=300, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, editable=False
    )
    deleted_at = models.DateTimeField(db_default=Now(), editable=False)
    held: Any = models.JSONField(editable=False)

    return_key = models.GeneratedField(
        expression=SearchKey(F("reference")),
        output_field=models.CharField(max_length=400, db_collation="C", null=True),
        db_persist=True,
    )

    class Meta:
        default_permissions = ["view"]
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S"), name="deleted_return_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["reference"], name="deleted_by_reference"),
            models.Index(fields=["return_key"], name="deleted_by_key"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="deleted_return_stays", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return self.reference
