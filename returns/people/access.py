"""The record of access: failed sign-ins, exports, refused tokens. Only this module writes it.

Each event is also one line of the log. Nothing that people type goes into either unless it is the
name of somebody: they type passwords into the wrong field.
"""

import logging
from typing import Any

from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest

from config.client import client_address
from returns.models import AccessEvent, AccessKind, ApiToken

logger = logging.getLogger(__name__)

UNKNOWN_NAME = "an unknown name"
REFUSED_TOKEN_INTERVAL = 3600  # seconds between two events of the same address and token


def record_failed_sign_in(request: HttpRequest, name: str, *, is_locked: bool) -> None:
    """Record a wrong password, and whether signing in is locked from now on."""
    person = User.objects.filter(username=name).first()
    known = person.get_username() if person else ""
    kinds = [AccessKind.SIGN_IN_FAILED, *([AccessKind.LOCKED] if is_locked else [])]
    for kind in kinds:
        _record(kind, known, client_address(request), person=person, path=request.path)


def record_export(
    person: User, address: str | None, file_format: str, query: str, rows: int
) -> None:
    """Record that a person took returns along: the filters as a query string, and how many."""
    name = person.get_username()
    details = {"format": file_format, "query": query, "rows": rows}
    _record(AccessKind.EXPORTED, name, address, person=person, **details)


def record_refused_token(request: HttpRequest, token: ApiToken | None, code: str) -> None:
    """Record a token that is not valid; at most once an hour for each address, token and process.

    The secret is not recorded.
    """
    address, name = client_address(request), token.name if token else ""
    key = f"refused-token:{address}:{token.pk if token else ''}:{code}"
    if cache.add(key, True, REFUSED_TOKEN_INTERVAL):
        _record(AccessKind.TOKEN_REFUSED, name, address, code=code)


def _record(
    kind: AccessKind,
    name: str,
    address: str | None,
    person: User | None = None,
    **details: Any,
) -> None:
    AccessEvent.objects.create(
        kind=kind, name=name, address=address, person=person, details=details
    )
    logger.warning(
        "%s: %s from %s, %s", kind.label.capitalize(), name or UNKNOWN_NAME, address, details
    )
