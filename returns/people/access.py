"""The record of access: failed sign-ins, exports, refused tokens. Only this module writes it.

Nothing that people type is recorded unless it is the name of somebody: they type passwords into the
wrong field. The log names people only where somebody guesses their password.
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
# As the log says them: it is in English, whoever the request is from.
LOG_WORDS = {AccessKind.SIGN_IN_FAILED: "Failed sign-in", AccessKind.LOCKED: "Signing in locked"}
REFUSED_TOKEN_INTERVAL = 3600  # seconds between two events of the same address and token


def record_failed_sign_in(request: HttpRequest, name: str, *, is_locked: bool) -> None:
    """Record a wrong password, and whether signing in is locked from now on."""
    person = User.objects.filter(username=name).first()
    known, address = person.get_username() if person else "", client_address(request)
    kinds = [AccessKind.SIGN_IN_FAILED, *([AccessKind.LOCKED] if is_locked else [])]
    for kind in kinds:
        _record(kind, known, address, person=person, path=request.path)
        logger.warning("%s: %s from %s.", LOG_WORDS[kind], known or UNKNOWN_NAME, address)


def record_export(
    person: User, address: str | None, file_format: str, query: str, rows: int
) -> None:
    """Record that a person took returns along: the filters as a query string, and how many."""
    name = person.get_username()
    details = {"format": file_format, "query": query, "rows": rows}
    event = _record(AccessKind.EXPORTED, name, address, person=person, **details)
    logger.info("Access event %s: an export (returns: %s).", event.pk, rows)


def record_refused_token(request: HttpRequest, token: ApiToken | None, code: str) -> None:
    """Record a token that is not valid; at most once an hour for each address, token and process.

    The secret is not recorded.
    """
    address, name = client_address(request), token.name if token else ""
    key = f"refused-token:{address}:{token.pk if token else ''}:{code}"
    if cache.add(key, True, REFUSED_TOKEN_INTERVAL):
        event = _record(AccessKind.TOKEN_REFUSED, name, address, code=code)
        logger.warning("Access event %s: a refused token from %s (%s).", event.pk, address, code)


def _record(
    kind: AccessKind,
    name: str,
    address: str | None,
    person: User | None = None,
    **details: Any,
) -> AccessEvent:
    return AccessEvent.objects.create(
        kind=kind, name=name, address=address, person=person, details=details
    )
