"""What is kept of deleted returns, and of deleted saved views, rules, deadlines and macros."""

from collections.abc import Callable
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from config.shipped_names import deadline_label, rule_label, view_label
from config.stored_texts import StoredTextField
from returns.models.keys import search_key_field

# How pages show the names of deleted entries, by their kind.
LABELS_BY_KIND: dict[str, Callable[[str], str]] = {
    "returns.savedview": view_label,
    "returns.tagrule": rule_label,
    "returns.deadlinepolicy": deadline_label,
    "returns.macro": str,
}


class DeletedReturn(models.Model):
    """The trace of a deleted return: who deleted it, when and why, and everything that it held.

    ``record_id`` was its id. ``held`` has its columns, tags, comments and timeline. A trace never
    changes.
    """

    reference = models.CharField(
        pgettext_lazy("field", "return reference"), max_length=100, editable=False
    )
    record_id = models.BigIntegerField(pgettext_lazy("field", "record id"), editable=False)
    reason = StoredTextField(pgettext_lazy("field", "reason"), editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=pgettext_lazy("field", "deleted by"),
        related_name="+",
        db_index=False,
        editable=False,
    )
    deleted_at = models.DateTimeField(
        pgettext_lazy("field", "deleted at"), db_default=Now(), editable=False
    )
    held: Any = models.JSONField(pgettext_lazy("field", "held"), editable=False)

    return_key = search_key_field("reference")

    class Meta:
        default_permissions = ["view"]
        verbose_name = pgettext_lazy("model", "deleted return")
        verbose_name_plural = pgettext_lazy("model", "deleted returns")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S"), name="deleted_return_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["reference"], name="deleted_by_reference"),
            models.Index(fields=["return_key"], name="deleted_by_key"),
            models.Index(fields=["deleted_at"], name="deleted_by_time"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="deleted_return_stays", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return self.reference


class DeletedEntry(models.Model):
    """A saved view, rule, deadline or macro that was deleted, kept so that it can be restored.

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
        verbose_name = pgettext_lazy("model", "deleted entry")
        verbose_name_plural = pgettext_lazy("model", "deleted entries")
        indexes = [models.Index(fields=["deleted_at"], name="deleted_entry_by_time")]

    def __str__(self) -> str:
        return LABELS_BY_KIND[self.kind](self.name)
