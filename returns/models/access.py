"""Who came, what they took along, and who may not come any more."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from returns.models.tokens import ApiToken


class AccessKind(models.TextChoices):
    """What an access event tells."""

    SIGN_IN_FAILED = "sign-in-failed", "failed sign-in"
    LOCKED = "locked", "signing in locked"
    EXPORTED = "exported", "export"
    TOKEN_REFUSED = "token-refused", "refused token"


class AccessEvent(models.Model):
    """Something about access that admins may have to look into later; never changed.

    ``name`` is that of the person or token at that time. It is empty if nobody has the name that
    was typed: people type passwords there by mistake. ``details`` depend on the kind.
    """

    kind = models.CharField(max_length=20, choices=AccessKind)
    at = models.DateTimeField(db_default=Now())
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    name = models.CharField(max_length=150, blank=True)
    address = models.GenericIPAddressField(null=True)
    details = models.JSONField(default=dict)

    class Meta:
        default_permissions = ["view"]
        ordering = ["-pk"]
        indexes = [models.Index(fields=["at"], name="access_event_by_time")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.name or 'unknown name'}"


class TokenUse(models.Model):
    """How many calls a token made from an address on a day of the warehouse.

    ``refused`` calls were over the limit of calls per minute.
    """

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="uses", db_index=False)
    day = models.DateField()
    address = models.GenericIPAddressField(null=True)
    calls = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ["view"]
        ordering = ["-day", "token"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "token", "address"],
                nulls_distinct=False,
                name="token_use_is_counted_once_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.calls} calls of {self.token} on {self.day}"


class Deactivation(models.Model):
    """When a person was last made inactive; written by a trigger, however that happened.

    Sessions from before that time stay dead when the person is made active again.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="deactivation"
    )
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user} was made inactive"
