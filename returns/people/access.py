"""The record of access: who signed in, took returns along, changed many, or looked at a shopper.

Only this module writes it, and the database: triggers record every change of permissions and second
factors, however it is made, and the count of a token's calls the first one of a day. Rows are only
ever added: see ``returns.database.web_role``. What is in ``details`` depends on the kind:

- ``SIGNED_IN``: ``how``. ``SIGN_IN_FAILED``: ``path``, and ``way`` and ``reason`` unless it was a
  password or code. ``SIGN_IN_CHANGED``: ``change``, ``of`` and perhaps ``factor``.
- ``PERMISSIONS``: ``of`` or ``role``, and what changed.
- ``EXPORTED``: ``format``, ``query``, ``rows``.
- ``BULK_WORK``: ``work``, ``rows``, and ``query`` or ``origin``.
- ``SHOPPER_SEEN``: ``how`` and ``of``.
- ``REDACTED``: ``reference``, "" for a shopper, and ``returns``.
- ``TOKEN_CHANGED``: ``change``, ``token``, ``scopes``.
- ``NOTIFICATION``: ``change``, ``notification``, ``channel``, ``owner``.

Nothing that people type is recorded unless it is the name of somebody: they type passwords into the
wrong field. The log names people only where somebody guesses their password.
"""

import logging
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from config.client import client_address
from returns.models import AccessEvent, AccessKind, ApiToken, Subscription
from returns.models.access import (
    BulkWork,
    NotificationChange,
    Proof,
    ShopperView,
    SignInChange,
    TokenChange,
)
from returns.people.person import PersonRequest

logger = logging.getLogger(__name__)

# As the log says them: it is in English, whoever the request is from.
LOG_WORDS = {AccessKind.SIGN_IN_FAILED: "a failed sign-in", AccessKind.LOCKED: "signing in locked"}
REFUSED_TOKEN_INTERVAL = 3600  # seconds between two events of the same address and token
REFUSED_SIGN_IN_INTERVAL = 60  # seconds, likewise
# Within this time, who reloads a page about a shopper is not recorded again.
SHOPPER_VIEWS_ALL_RECORDED = {ShopperView.SEARCH, ShopperView.FILE}
SAME_VIEW_INTERVAL = timedelta(minutes=10)


def record_sign_in(request: HttpRequest, person: User, way: str, factor: str) -> None:
    """Record a sign-in by a way, and a second factor if there was one: values of ``Proof``."""
    proofs = [way] if way == Proof.PASSKEY else [way, factor]
    _record_of(request, person, AccessKind.SIGNED_IN, how=" ".join(filter(None, proofs)))


def record_sign_out(request: HttpRequest, person: User) -> None:
    """Record that a person ended their session."""
    _record_of(request, person, AccessKind.SIGNED_OUT)


def record_sign_in_change(
    request: HttpRequest, person: User, change: SignInChange, of: User | None = None
) -> None:
    """Record that a person changed how they sign in, or how somebody else (``of``) does.

    Second factors are recorded by the database.
    """
    name = (of or person).get_username()
    _record_of(request, person, AccessKind.SIGN_IN_CHANGED, change=change.value, of=name)


def record_failed_sign_in(request: HttpRequest, name: str, *, is_locked: bool) -> None:
    """Record a wrong password, and whether signing in is locked from now on."""
    person = User.objects.filter(username=name).first()
    known, address = person.get_username() if person else "", client_address(request)
    kinds = [AccessKind.SIGN_IN_FAILED, *([AccessKind.LOCKED] if is_locked else [])]
    for kind in kinds:
        event = _record(kind, known, address, person=person, path=request.path)
        logger.warning("Access event %s: %s.", event.pk, LOG_WORDS[kind])


def record_refused_sign_in(request: HttpRequest, way: str, reason: str) -> None:
    """Record that a passkey or the provider did not sign anybody in; nobody is named.

    ``way`` is a value of ``Proof``; ``reason`` a word for admins. At most once a minute for each
    address and reason in a process: anybody can send garbage.
    """
    address = client_address(request)
    if cache.add(f"refused-sign-in:{address}:{way}:{reason}", True, REFUSED_SIGN_IN_INTERVAL):
        _record(AccessKind.SIGN_IN_FAILED, "", address, path=request.path, way=way, reason=reason)


def record_export(
    person: User, address: str | None, file_format: str, query: str, rows: int
) -> None:
    """Record that a person took returns along: the filters as a query string, and how many."""
    name = person.get_username()
    details = {"format": file_format, "query": query, "rows": rows}
    event = _record(AccessKind.EXPORTED, name, address, person=person, **details)
    logger.info("Access event %s: an export (returns: %s).", event.pk, rows)


def record_bulk_work(
    request: PersonRequest, work: BulkWork, rows: int | None, **details: Any
) -> None:
    """Record that a person changes many returns at once; ``rows`` is None if unknown so far."""
    _record_of(request, request.user, AccessKind.BULK_WORK, work=work.value, rows=rows, **details)


def record_shopper_view(request: PersonRequest, how: ShopperView, of: str) -> None:
    """Record that a person looked at what belongs to a shopper; ``of`` names the orders.

    The same view within ten minutes is recorded once, but each search and each file.
    """
    since = timezone.now() - SAME_VIEW_INTERVAL
    own = AccessEvent.objects.filter(
        kind=AccessKind.SHOPPER_SEEN, person=request.user, at__gte=since
    )
    if (
        how in SHOPPER_VIEWS_ALL_RECORDED
        or not own.filter(details__how=how.value, details__of=of).exists()
    ):
        _record_of(request, request.user, AccessKind.SHOPPER_SEEN, how=how.value, of=of)


def record_redaction(request: PersonRequest, reference: str, returns: int) -> None:
    """Record a redaction: of a return, or without its reference of a shopper with so many."""
    _record_of(request, request.user, AccessKind.REDACTED, reference=reference, returns=returns)


def record_notification_change(
    request: HttpRequest, person: User, subscription: Subscription, change: NotificationChange
) -> None:
    """Record that a person made or changed what is told to whom; not what it says."""
    details = {
        "change": change.value,
        "notification": subscription.name,
        "channel": subscription.channel,
        "owner": subscription.owner.get_username(),
    }
    _record_of(request, person, AccessKind.NOTIFICATION, **details)


def record_token_change(
    token: ApiToken, change: TokenChange, by: User | None, address: str | None = None
) -> None:
    """Record a new or revoked token; ``by`` is None if a command did it."""
    name = by.get_username() if by else ""
    details = {"change": change.value, "token": token.name, "scopes": list(token.scopes)}
    _record(AccessKind.TOKEN_CHANGED, name, address, person=by, **details)


def record_refused_token(request: HttpRequest, token: ApiToken | None, code: str) -> None:
    """Record a token that is not valid; at most once an hour for each address, token and process.

    The secret is not recorded.
    """
    address, name = client_address(request), token.name if token else ""
    key = f"refused-token:{address}:{token.pk if token else ''}:{code}"
    if cache.add(key, True, REFUSED_TOKEN_INTERVAL):
        event = _record(AccessKind.TOKEN_REFUSED, name, address, code=code)
        logger.warning("Access event %s: a refused token (%s).", event.pk, code)


def _record_of(request: HttpRequest, person: User, kind: AccessKind, **details: Any) -> None:
    _record(kind, person.get_username(), client_address(request), person=person, **details)


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
