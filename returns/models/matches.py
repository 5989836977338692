"""Which returns match the filter of a subscription, so that one which begins to is news."""

from django.db import models
from django.utils.translation import pgettext_lazy

from returns.models.outgoing import Subscription


class MatchedReturn(models.Model):
    """A return that matches the filter of a subscription which tells when one begins to."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="+", db_index=False)
    record_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "matching return")
        verbose_name_plural = pgettext_lazy("model", "matching returns")
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "record_id"], name="return_begins_to_match_once"
            )
        ]
        indexes = [models.Index(fields=["record_id"], name="matches_of_return")]

    def __str__(self) -> str:
        return f"{self.subscription} {self.record_id}"
