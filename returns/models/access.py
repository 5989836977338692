"""Who came, what they took along, and who may not come any more."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from config.numbers import grouped
from returns.models.tokens import ApiToken


class AccessKind(models.TextChoices):
    """What an access event tells."""

    SIGNED_IN = "signed-in", pgettext_lazy("access", "sign-in")
    SIGN_IN_FAILED = "sign-in-failed", pgettext_lazy("access", "failed sign-in")
    LOCKED = "locked", pgettext_lazy("access", "signing in locked")
    SIGNED_OUT = "signed-out", pgettext_lazy("access", "sign-out")
    SIGN_IN_CHANGED = "sign-in-changed", pgettext_lazy("access", "change of a sign-in")
    PERMISSIONS = "permissions", pgettext_lazy("access", "change of permissions")
    EXPORTED = "exported", pgettext_lazy("access", "export")
    BULK_WORK = "bulk-work", pgettext_lazy("access", "bulk work")
    SHOPPER_SEEN = "shopper-seen", pgettext_lazy("access", "view of a shopper")
    REDACTED = "redacted", pgettext_lazy("access", "redaction")
    NOTIFICATION = "notification", pgettext_lazy("access", "change of a notification")
    TOKEN_CHANGED = "token-changed", pgettext_lazy("access", "new or revoked token")
    TOKEN_USED = "token-used", pgettext_lazy("access", "use of a token")
    TOKEN_REFUSED = "token-refused", pgettext_lazy("access", "refused token")


class Proof(models.TextChoices):
    """What a sign-in was proved by."""

    PASSWORD = "password", pgettext_lazy("access", "password")
    PASSKEY = "passkey", pgettext_lazy("access", "passkey")
    PROVIDER = "provider", pgettext_lazy("access", "company account")
    TOTP = "totp", pgettext_lazy("access", "authenticator app")
    WEBAUTHN = "webauthn", pgettext_lazy("access", "passkey as the second factor")
    RECOVERY_CODES = "recovery_codes", pgettext_lazy("access", "recovery codes")


class SignInChange(models.TextChoices):
    """How somebody's way of signing in changed."""

    PASSWORD = "password", pgettext_lazy("access", "password changed")
    PASSWORD_RESET = "password-reset", pgettext_lazy("access", "password reset by mail")
    FACTOR_ADDED = "factor_added", pgettext_lazy("access", "second factor added")
    FACTOR_REMOVED = "factor_removed", pgettext_lazy("access", "second factor removed")
    PROVIDER_LINKED = "provider_linked", pgettext_lazy("access", "company account linked")
    PROVIDER_UNLINKED = "provider_unlinked", pgettext_lazy("access", "company account unlinked")
    RENAMED = "renamed", pgettext_lazy("access", "user name changed")
    ADDRESS_CHANGED = "address_changed", pgettext_lazy("access", "e-mail address changed")
    SESSIONS_ENDED = "sessions-ended", pgettext_lazy("access", "other sessions ended")


class BulkWork(models.TextChoices):
    """Work on many returns at once."""

    TAGGING = "tagging", pgettext_lazy("access", "bulk tagging")
    TAGGING_UNDONE = "tagging-undone", pgettext_lazy("access", "bulk tagging undone")
    IMPORT = "import", pgettext_lazy("access", "import of a file")
    IMPORT_UNDONE = "import-undone", pgettext_lazy("access", "import undone")
    RETRIED = "retried", pgettext_lazy("access", "rejected records retried")


class ShopperView(models.TextChoices):
    """Where somebody saw what belongs to a shopper."""

    SEARCH = "search", pgettext_lazy("access", "search by a number")
    RETURNS = "returns", pgettext_lazy("access", "list of the returns")
    NAME = "name", pgettext_lazy("access", "name on a page")
    FILE = "file", pgettext_lazy("access", "everything, as a file")


class NotificationChange(models.TextChoices):
    """What happened to a notification."""

    CREATED = "created", pgettext_lazy("access", "made")
    CHANGED = "changed", pgettext_lazy("access", "changed")
    SWITCHED_ON = "on", pgettext_lazy("access", "switched on")
    SWITCHED_OFF = "off", pgettext_lazy("access", "switched off")
    UNSUBSCRIBED = "unsubscribed", pgettext_lazy("access", "ended by the link in an e-mail")
    NEW_SECRET = "new-secret", pgettext_lazy("access", "new secret")
    DELETED = "deleted", pgettext_lazy("access", "deleted")


class TokenChange(models.TextChoices):
    """What happened to a token."""

    CREATED = "created", pgettext_lazy("access", "created")
    REVOKED = "revoked", pgettext_lazy("access", "revoked")


class AccessEvent(models.Model):
    """Something about access that admins may have to look into later; never changed.

    ``name`` is that of the person or token at that time. It is empty if nobody has the name that
    was typed: people type passwords there by mistake, and if a command did it. ``details`` depend
    on the kind: see ``returns.people.access``.
    """

    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=20, choices=AccessKind)
    at = models.DateTimeField(pgettext_lazy("field", "at"), db_default=Now())
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
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
        triggers = [pgtrigger.Protect(name="access_event_stays", operation=pgtrigger.Update)]

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
