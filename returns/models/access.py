"""Who came, what they took along, and who may not come any more."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from config.numbers import grouped
from returns.models.tokens import ApiToken


class AccessKind(models.TextChoices):
    """What an access event tells."""

    SIGN_IN_FAILED = "sign-in-failed", pgettext_lazy("access", "failed sign-in")
    LOCKED = "locked", pgettext_lazy("access", "signing in locked")
    EXPORTED = "exported", pgettext_lazy("access", "export")
    TOKEN_REFUSED = "token-refused", pgettext_lazy("access", "refused token")


class AccessEvent(models.Model):
    """Something about access that admins may have to look into later; never changed.

    ``name`` is that of the person or token at that time. It is empty if nobody has the name that
    was typed: people type passwords there by mistake. ``details`` depend on the kind.
    """

    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=20, choices=AccessKind)
    at = models.DateTimeField(pgettext_lazy("field", "at"), db_default=Now())
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=pgettext_lazy("field", "person"),
        null=True,
        related_name="+",
        db_index=False,
    )
    name = models.CharField(pgettext_lazy("field", "name"), max_length=150, blank=True)
    address = models.GenericIPAddressField(pgettext_lazy("field", "address"), null=True)
    details = models.JSONField(pgettext_lazy("field", "details"), default=dict)

    class Meta:
        default_permissions = ["view"]
        verbose_name = pgettext_lazy("model", "access event")
        verbose_name_plural = pgettext_lazy("model", "access events")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["at"], name="access_event_by_time")]

    def __str__(self) -> str:
        values = {"kind": self.get_kind_display(), "name": self.name or _("unknown name")}
        return _("%(kind)s, %(name)s") % values


class TokenUse(models.Model):
    """How many calls a token made from an address on a day of the warehouse.

    ``refused`` calls were over the limit of calls per minute.
    """

    token = models.ForeignKey(
        ApiToken,
        models.CASCADE,
        verbose_name=pgettext_lazy("field", "token"),
        related_name="uses",
        db_index=False,
    )
    day = models.DateField(pgettext_lazy("field", "day"))
    address = models.GenericIPAddressField(pgettext_lazy("field", "address"), null=True)
    calls = models.PositiveIntegerField(pgettext_lazy("field", "calls"), default=0)
    refused = models.PositiveIntegerField(pgettext_lazy("field", "refused"), default=0)

    class Meta:
        default_permissions = ["view"]
        verbose_name = pgettext_lazy("model", "token use")
        verbose_name_plural = pgettext_lazy("model", "token uses")
        ordering = ["-day", "token"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "token", "address"],
                nulls_distinct=False,
                name="token_use_is_counted_once_a_day",
            )
        ]

    def __str__(self) -> str:
        text = ngettext(
            "%(count)s call of %(token)s on %(day)s",
            "%(count)s calls of %(token)s on %(day)s",
            self.calls,
        )
        return text % {"count": grouped(self.calls), "token": self.token, "day": self.day}


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
        verbose_name = pgettext_lazy("model", "deactivation")
        verbose_name_plural = pgettext_lazy("model", "deactivations")

    def __str__(self) -> str:
        return f"{self.user} was made inactive"
