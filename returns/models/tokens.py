"""API tokens, and how often each is used."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from config.text import require_visible


class Scope(models.TextChoices):
    """What a token allows its program to do."""

    READ = "read", "read all returns and tags"
    TAGS = "tags", "change the tags of returns"
    FEED = "feed", "send records of returns"


def _actor_field() -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
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
        max_length=60,
        validators=[require_visible],
        help_text="The program that uses the token. Timelines show this name.",
    )
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    start = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = _actor_field()
    expires_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = _actor_field()

    # The token itself, only while a new one is shown; it is not stored.
    secret: str

    class Meta:
        default_permissions = ["add", "change", "view"]
        verbose_name = "API token"
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

    def __str__(self) -> str:
        return f"{self.calls} calls of {self.token}"
