"""API tokens, and how often each is used."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.text import require_visible

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Scope(models.TextChoices):
    """What a token allows its program to do."""

    READ = "read", pgettext_lazy("a program may", "read all returns, their orders and tags")
    TAGS = "tags", pgettext_lazy("a program may", "change the tags of returns")
    FEED = "feed", pgettext_lazy("a program may", "send records of returns and orders")


def _actor_field(verbose_name: "StrOrPromise") -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=verbose_name,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )


class ApiToken(models.Model):
    """A token with which a program uses the API. Only its SHA-256 hash is stored.

    ``start`` is the beginning of the token, so that people can tell tokens apart. ``created_by`` is
    empty for a token that a command made. A revoked token is not deleted: the timeline names it.
    """

    name = models.CharField(
        pgettext_lazy("field", "name"),
        max_length=60,
        validators=[require_visible],
        help_text=_("The program that uses the token. Timelines show this name."),
    )
    scopes = ArrayField(
        models.CharField(max_length=10, choices=Scope),
        verbose_name=pgettext_lazy("field", "scopes"),
    )
    start = models.CharField(pgettext_lazy("field", "start"), max_length=12, editable=False)
    digest = models.CharField(
        pgettext_lazy("field", "digest"), max_length=64, unique=True, editable=False
    )
    created_at = models.DateTimeField(
        pgettext_lazy("field", "created at"), db_default=Now(), editable=False
    )
    created_by = _actor_field(pgettext_lazy("field", "created by"))
    expires_at = models.DateTimeField(
        pgettext_lazy("field", "expires at"), null=True, editable=False
    )
    last_used_at = models.DateTimeField(
        pgettext_lazy("field", "last used at"), null=True, editable=False
    )
    revoked_at = models.DateTimeField(
        pgettext_lazy("field", "revoked at"), null=True, editable=False
    )
    revoked_by = _actor_field(pgettext_lazy("field", "revoked by"))

    # The token itself, only while a new one is shown; it is not stored.
    secret: str

    class Meta:
        default_permissions = ["add", "change", "view"]
        verbose_name = pgettext_lazy("model", "API token")
        verbose_name_plural = pgettext_lazy("model", "API tokens")
        ordering = [F("revoked_at").asc(nulls_first=True), "-created_at"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(revoked_at=None), name="api_token_has_its_own_name"
            ),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values, scopes__len__gte=1),
                name="api_token_has_known_scopes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"


class ApiCalls(models.Model):
    """How many calls a token made in its current window of a minute."""

    token = models.OneToOneField(ApiToken, models.CASCADE, primary_key=True, related_name="calls")
    window_start = models.DateTimeField()
    calls = models.PositiveIntegerField()

    class Meta:
        verbose_name = pgettext_lazy("model", "API calls")
        verbose_name_plural = pgettext_lazy("model", "API calls")

    def __str__(self) -> str:
        return f"{self.calls} calls of {self.token}"
