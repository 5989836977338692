"""What people chose for themselves."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from returns.models.sentences import Language


class Density(models.TextChoices):
    """How much air the rows of a table have."""

    COMFORTABLE = "comfortable", "Comfortable"
    COMPACT = "compact", "Compact"


class Preferences(models.Model):
    """What a person chose for themselves."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="preferences"
    )
    time_zone = models.CharField(
        max_length=50, blank=True, help_text="Empty: the zone of the warehouse."
    )
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    shopper_language = models.CharField(
        max_length=2,
        choices=Language,
        default=Language.TURKISH,
        help_text="The language in which a sentence for the shopper is offered first.",
    )
    columns = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="The columns of the list, in their order. Empty: the usual ones.",
    )
    single_keys = models.BooleanField(
        "single-key shortcuts", default=True, help_text="Whether j, k, t, x and so on do anything."
    )
    demo_only = models.BooleanField(
        default=False, editable=False, help_text="May sign in to the demo's own server alone."
    )

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.user}"
