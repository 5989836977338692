"""What is removed once it has been kept long enough: how it is found, and when that last ran."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.utils.translation import pgettext_lazy

from returns.expressions import CountAtPath
from returns.models.redacted import IS_NOT_REDACTED, ITEMS_WITH_OTHERS

# The indexes of returns and orders have exactly what these conditions select.
RETURN_HAS_TEXTS = IS_NOT_REDACTED & (
    ~Q(notes="")
    | ~Q(unknown_fields={})
    | Q(corrections__has_key="notes")
    | Q(GreaterThan(CountAtPath("line_items", path=ITEMS_WITH_OTHERS), 0))
)
ORDER_HAS_SHOPPER = IS_NOT_REDACTED & (~Q(hash_key="") | ~Q(tracking_address=""))
# Since when a return has been at rest: its age counts from there.
SETTLED_AT = Coalesce("completed_at", "updated_at")


def index_of_texts() -> models.Index:
    """Return the index of the returns with texts, the longest at rest first."""
    return models.Index(SETTLED_AT, condition=RETURN_HAS_TEXTS, name="return_with_texts")


def index_of_shoppers() -> models.Index:
    """Return the index of the orders that tell who their shopper is, by their last update."""
    return models.Index(
        fields=["updated_at"], condition=ORDER_HAS_SHOPPER, name="order_with_shopper"
    )


class Retention(models.Model):
    """How a kind of data has been removed so far; see ``returns.retention``.

    ``ran_at`` is when somebody last looked for old rows of it, ``removed_at`` when there were any,
    and ``removed`` how many have been removed in all.
    """

    kind = models.CharField(max_length=60, primary_key=True)
    ran_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    removed = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ["view"]
        verbose_name = pgettext_lazy("model", "retention")
        verbose_name_plural = pgettext_lazy("model", "retentions")

    def __str__(self) -> str:
        return self.kind
