"""API tokens; nothing else writes them.

A token has 256 random bits, so its plain SHA-256 hash cannot be reversed.
"""

import re
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from returns.models import ApiToken
from returns.models.access import TokenChange
from returns.people.access import record_token_change

# A fixed pattern lets secret scanners, and our own logs, recognise tokens.
TOKEN_PATTERN = re.compile(r"rd_[A-Za-z0-9_-]{43}")
PREFIX_LENGTH = 9  # characters that are stored to tell tokens apart
DEFAULT_TOKEN_DAYS, MAX_TOKEN_DAYS = 365, 3650


def issue(token: ApiToken, *, by: User | None = None, days: int | None = DEFAULT_TOKEN_DAYS) -> str:
    """Save a new token that has a name and scopes, and return its secret.

    The secret is not stored. If ``days`` is None, the token is valid until it is revoked. Raises
    ``IntegrityError`` if another token that is not revoked has the name.
    """
    secret = f"rd_{token_urlsafe(32)}"
    token.start, token.digest = secret[:PREFIX_LENGTH], _digest(secret)
    token.expires_at = timezone.now() + timedelta(days=days) if days else None
    token.created_by = by
    with transaction.atomic():
        token.save(force_insert=True)
        record_token_change(token, TokenChange.CREATED, by)
    return secret


def is_name_taken(name: str) -> bool:
    """Tell whether a token that is not revoked has this name, in any case."""
    return ApiToken.objects.filter(revoked_at=None, name__iexact=name.strip()).exists()


@transaction.atomic
def revoke(token: ApiToken, *, by: User | None) -> None:
    """Make the token invalid from the next call on. Doing it twice changes nothing."""
    locked = ApiToken.objects.select_for_update().get(pk=token.pk)
    if locked.revoked_at is None:
        locked.revoked_at, locked.revoked_by = timezone.now(), by
        locked.save(update_fields=["revoked_at", "revoked_by"])
        record_token_change(locked, TokenChange.REVOKED, by)


def find_token(secret: str) -> ApiToken | None:
    """Return the token with this secret, also if it is not valid any more; one query."""
    if not TOKEN_PATTERN.fullmatch(secret):
        return None
    return ApiToken.objects.filter(digest=_digest(secret)).order_by().first()


def record_use(token: ApiToken, now: datetime) -> None:
    """Save when a token was last used."""
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
