"""A call of the API: who makes it, what it may do, and how many may follow."""

from dataclasses import dataclass, field
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from returns.api.call_limit import Calls, count_call
from returns.api.mistakes import Mistake
from returns.api.refusals import Refusal, TooManyCallsError
from returns.models import ApiToken, Scope
from returns.people import tokens

# Under which programs put a token into an address.
NAMES_OF_TOKENS = {
    *("token", "access_token", "api_token", "auth_token", "authorization", "auth", "bearer"),
    *("key", "api_key", "apikey", "api-key", "x-api-key"),
}
HOW = "Send it in the header Authorization, raw or after Bearer."


@dataclass
class Call:
    """What is known of a call; ``token`` and ``calls`` as soon as its program is known."""

    id: str = field(default_factory=lambda: uuid4().hex)
    token: ApiToken | None = None
    calls: Calls | None = None


class ApiRequest(HttpRequest):
    """A request of the API."""

    call: Call


def enter(request: ApiRequest) -> None:
    """Tell who calls, and count the call. Raises ``Refusal`` when it goes no further."""
    _refuse_tokens_in_address(request)
    now = timezone.now()
    token = _good_token(request)
    calls = count_call(token, limit=settings.API_CALLS_PER_MINUTE, now=now)
    request.call.token, request.call.calls = token, calls
    if calls.number == 1:
        tokens.note_use(token, now)
    if calls.is_over:
        raise TooManyCallsError(calls.limit, calls.wait)
    _check_tenant(request)


def need(request: ApiRequest, scope: Scope) -> ApiToken:
    """Return the token of a call that may do this. Raises ``Refusal`` when it may not."""
    token = request.call.token
    if token is None or scope not in token.scopes:
        message = f"This token lacks the scope {scope}: it may not {scope.label}."
        raise Refusal(403, "missing_scope", message)
    return token


def _refuse_tokens_in_address(request: ApiRequest) -> None:
    names = [name for name in request.GET if name.lower() in NAMES_OF_TOKENS]
    address = f"{request.path_info}?{request.META.get('QUERY_STRING', '')}"
    if not names and not tokens.SHAPE.search(address):
        return
    name = names[0] if names else "token"
    message = f"{name}: a token does not belong into an address, which is kept in logs. {HOW}"
    raise Refusal(400, "not_understood", message, [Mistake(name, message, "token_in_address")])


def _good_token(request: ApiRequest) -> ApiToken:
    shown = _shown(request)
    if not shown:
        raise _unauthorized("missing_token", f"This needs a token. {HOW}")
    token = tokens.find(shown)
    if token is None:
        raise _unauthorized("unknown_token", "There is no such token.")
    if token.revoked_at:
        raise _unauthorized("revoked_token", "This token was revoked.")
    if token.expires_at and token.expires_at <= timezone.now():
        raise _unauthorized("expired_token", "This token has expired.")
    return token


def _shown(request: ApiRequest) -> str:
    header = request.headers.get("Authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else header


def _unauthorized(code: str, message: str) -> Refusal:
    return Refusal(401, code, message, headers={"WWW-Authenticate": "Bearer"})


def _check_tenant(request: ApiRequest) -> None:
    wanted = settings.RETURNS_TENANT
    if wanted and not constant_time_compare(request.headers.get("X-Tenant-Id", ""), wanted):
        message = "X-Tenant-Id does not name the tenant of these returns."
        raise Refusal(403, "wrong_tenant", message)
