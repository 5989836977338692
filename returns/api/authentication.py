"""Authenticating a call of the API: its token, its scopes, its tenant and its call limit."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from config.client import client_address
from returns.api.call_limit import CallCount, count_call
from returns.api.errors import ApiError, ErrorDetail, TooManyCallsError
from returns.api.token_use import USE_COUNTER
from returns.models import ApiToken, Scope
from returns.people import tokens
from returns.people.access import record_refused_token

# Parameters in which programs try to send their token.
TOKEN_PARAMETERS = {
    *("token", "access_token", "api_token", "auth_token", "authorization", "auth", "bearer"),
    *("key", "api_key", "apikey", "api-key", "x-api-key"),
}
SEND_IN_HEADER = "Send it in the Authorization header, raw or after Bearer."


@dataclass
class Call:
    """A call of the API. ``token`` and ``count`` are None until the token has been checked.

    ``id`` is the number of the request, which error answers and the log name.
    """

    id: str
    token: ApiToken | None = None
    count: CallCount | None = None


class ApiRequest(HttpRequest):
    """A request to the API, with its call."""

    call: Call


def authenticate(request: ApiRequest) -> ApiToken:
    """Check the token, the call limit and the tenant, count the call, and return the token.

    Raises ``ApiError`` if the call may not go on.
    """
    _refuse_token_in_url(request)
    now = timezone.now()
    token = _valid_token(request)
    count = count_call(token, limit=settings.API_CALLS_PER_MINUTE, now=now)
    USE_COUNTER.count(token, client_address(request), now, is_refused=count.is_over)
    request.call.token, request.call.count = token, count
    if count.number == 1:
        tokens.record_use(token, now)
    if count.is_over:
        raise TooManyCallsError(count.limit, count.wait)
    _check_tenant(request)
    return token


def require_scope(request: ApiRequest, scope: Scope) -> ApiToken:
    """Return the token of the call. Raises ``ApiError`` (403) if it lacks the scope."""
    token = request.call.token
    if token is None or scope not in token.scopes:
        message = f"This token lacks the scope “{scope}”, which lets a program {scope.label}."
        raise ApiError(403, "missing_scope", message)
    return token


def _refuse_token_in_url(request: ApiRequest) -> None:
    names = [name for name in request.GET if name.lower() in TOKEN_PARAMETERS]
    url = f"{request.path_info}?{request.META.get('QUERY_STRING', '')}"
    if not names and not tokens.TOKEN_PATTERN.search(url):
        return
    name = names[0] if names else "token"
    message = f"{name}: never put a token in an address; it would end up in logs. {SEND_IN_HEADER}"
    raise ApiError(400, "not_understood", message, [ErrorDetail(name, message, "token_in_address")])


def _valid_token(request: ApiRequest) -> ApiToken:
    secret = _secret_in_header(request)
    if not secret:
        raise _unauthorized("missing_token", f"A token is required. {SEND_IN_HEADER}")
    token = tokens.find_token(secret)
    if token is None:
        raise _refused(request, None, "unknown_token", "This token is unknown.")
    if token.revoked_at:
        raise _refused(request, token, "revoked_token", "This token was revoked.")
    if token.expires_at and token.expires_at <= timezone.now():
        raise _refused(request, token, "expired_token", "This token has expired.")
    return token


def _refused(request: ApiRequest, token: ApiToken | None, code: str, message: str) -> ApiError:
    record_refused_token(request, token, code)
    return _unauthorized(code, message)


def _secret_in_header(request: ApiRequest) -> str:
    header = request.headers.get("Authorization", "").strip()
    scheme, _, rest = header.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else header


def _unauthorized(code: str, message: str) -> ApiError:
    return ApiError(401, code, message, headers={"WWW-Authenticate": "Bearer"})


def _check_tenant(request: ApiRequest) -> None:
    tenant = settings.RETURNS_TENANT
    if tenant and not constant_time_compare(request.headers.get("X-Tenant-Id", ""), tenant):
        message = "X-Tenant-Id does not match the tenant of these returns."
        raise ApiError(403, "wrong_tenant", message)
