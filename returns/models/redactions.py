"""The record of redactions: who took away the texts about a shopper, when and why."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from returns.expressions import SearchKey


class RedactedKind(models.TextChoices):
    """What was redacted. A shopper is that as a whole, besides each of their returns and orders."""

    RETURN = "return", pgettext_lazy("redacted", "Return")
    ORDER = "order", pgettext_lazy("redacted", "Order")
    SHOPPER = "shopper", pgettext_lazy("redacted", "Shopper")


class Redaction(models.Model):
    """A redaction. It never changes, and has nothing of what was redacted.

    ``reference`` is that of the return or order, and ``record_id`` the id of the return. A shopper
    has neither: ``returns`` and ``orders`` are the numbers of theirs. The feed looks references up
    here when a return or order that had been deleted comes again.
    """

    kind = models.CharField(
        pgettext_lazy("field", "kind"), max_length=10, choices=RedactedKind, editable=False
    )
    reference = models.CharField(
        pgettext_lazy("field", "reference"), max_length=100, blank=True, editable=False
    )
    record_id = models.BigIntegerField(
        pgettext_lazy("field", "record id"), null=True, editable=False
    )
    returns = models.PositiveIntegerField(
        pgettext_lazy("field", "returns"), default=0, db_default=0, editable=False
    )
    orders = models.PositiveIntegerField(
        pgettext_lazy("field", "orders"), default=0, db_default=0, editable=False
    )
    reason = models.TextField(pgettext_lazy("field", "reason"), editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=pgettext_lazy("field", "redacted by"),
        related_name="+",
        db_index=False,
        editable=False,
    )
    at = models.DateTimeField(
        pgettext_lazy("field", "redacted at"), db_default=Now(), editable=False
    )

    class Meta:
        default_permissions = ["view"]
        verbose_name = pgettext_lazy("model", "redaction")
        verbose_name_plural = pgettext_lazy("model", "redactions")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="redaction_has_a_reason"),
            models.CheckConstraint(
                condition=Q(kind=RedactedKind.SHOPPER, reference="", record_id=None)
                | (~Q(kind=RedactedKind.SHOPPER) & ~Q(reference="")),
                name="redaction_names_what_it_is_of",
            ),
        ]
        indexes = [
            models.Index(fields=["reference", "kind"], name="redaction_by_reference"),
            models.Index(
                SearchKey("reference"), condition=Q(kind="order"), name="redaction_by_order_key"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="redaction_stays", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return self.reference or str(self.get_kind_display())
