"""Tokens of programs that use the API, and how often they call."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now


class Scope(models.TextChoices):
    """What a token allows its program to do."""

    READ = "read", "read all returns and tags"
    TAGS = "tags", "change the tags of returns"
    FEED = "feed", "bring records of returns"


def _by() -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )


class ApiToken(models.Model):
    """What a program shows to use the API. The token itself is not kept, only its SHA-256.

    ``start`` is its beginning, by which people tell tokens apart. One that was made by a command
    was made by nobody. Tokens stay after they were revoked: the timeline names them.
    """

    name = models.CharField(
        max_length=60, help_text="The program that uses it. Timelines call it so."
    )
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    start = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = _by()
    expires_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = _by()

    # The token itself, on the one that was made just now; nowhere else.
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
    """How many calls a token made within its latest window, a minute."""

    token = models.OneToOneField(ApiToken, models.CASCADE, primary_key=True, related_name="calls")
    window_start = models.DateTimeField()
    calls = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.calls} calls of {self.token}"
