"""Tokens of programs that use the API: their only writer.

A token is 256 random bits, so that its plain SHA-256 cannot be turned back into it.
"""

import re
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from returns.models import ApiToken

# Scanners of leaked secrets, and our own logs, know a token by its shape.
SHAPE = re.compile(r"rd_[A-Za-z0-9_-]{43}")
SHOWN = 9  # characters of its beginning that tell tokens apart
MOST_DAYS = 3650


def issue(token: ApiToken, *, by: User | None = None, days: int | None = None) -> str:
    """Save a new token, given by its name and scopes, and return what its program shows.

    That is nowhere else and never told again. Without ``days`` it is good until it is revoked.
    Raises ``IntegrityError`` when another one that is not revoked has the name.
    """
    secret = f"rd_{token_urlsafe(32)}"
    token.start, token.digest = secret[:SHOWN], _digest(secret)
    token.expires_at = timezone.now() + timedelta(days=days) if days else None
    token.created_by = by
    token.save(force_insert=True)
    return secret


def is_name_taken(name: str) -> bool:
    """Tell whether a token that is not revoked has this name, whatever its case."""
    return ApiToken.objects.filter(revoked_at=None, name__iexact=name.strip()).exists()


@transaction.atomic
def revoke(token: ApiToken, *, by: User | None) -> None:
    """Let the token be good for nothing, from the next call on. Doing it twice changes nothing."""
    locked = ApiToken.objects.select_for_update().get(pk=token.pk)
    if locked.revoked_at is None:
        locked.revoked_at, locked.revoked_by = timezone.now(), by
        locked.save(update_fields=["revoked_at", "revoked_by"])


def find(secret: str) -> ApiToken | None:
    """Return the token that a program shows, also when it is good no longer; one query."""
    if not SHAPE.fullmatch(secret):
        return None
    return ApiToken.objects.filter(digest=_digest(secret)).order_by().first()


def note_use(token: ApiToken, now: datetime) -> None:
    """Keep when a token was used last."""
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def without_tokens(text: str) -> str:
    """Return a text in which nothing looks like a token, fit for logs."""
    return SHAPE.sub("rd_***", text)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
