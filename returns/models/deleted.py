"""What is kept of deleted returns, and of deleted saved views, rules and deadlines."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
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


class DeletedEntry(models.Model):
    """A saved view, rule or deadline that was deleted, kept so that it can be restored.

    ``kind`` is the label of its model, and ``held`` its fields as Django serializes them.
    """

    kind = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    held: Any = models.JSONField(encoder=DjangoJSONEncoder)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    deleted_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = []
        indexes = [models.Index(fields=["deleted_at"], name="deleted_entry_by_time")]

    def __str__(self) -> str:
        return self.name
