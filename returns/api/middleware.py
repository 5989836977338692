"""The entrance of the API, in front of sessions and cookies, which it does not use.

Every call gets a JSON answer, whatever happens. No query string and no header is logged, and of
the path its pattern alone.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import cast
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils import translation
from django.utils.log import log_response

from config.body_limit import announced_bytes
from config.concurrency import SLOTS, one_thread_left
from config.errors import first_line, why_unavailable
from config.observing.requests import request_id
from config.observing.routes import route_of
from config.unreadable import check_readable
from returns.api import BASE_PATH
from returns.api.authentication import ApiRequest, Call, authenticate
from returns.api.errors import (
    TOO_MANY_CALLS_AT_ONCE,
    TOO_MANY_QUERIES_AT_ONCE,
    ApiError,
    method_not_allowed,
    to_api_error,
)
from returns.api.responses import error_response, finalize_response
from returns.database.time_limit import time_limit
from returns.feed.push import MAX_PUSH_BYTES
from returns.models import ApiToken

# The documentation for people is an ordinary page.
DOCS_PATH = f"{BASE_PATH}/docs"
# The OpenAPI document has no data, so it needs no token.
DOCUMENT_PATH = f"{BASE_PATH}/openapi.json"
QUICK_PARAMETERS = {"count", "cursor"}
# Programs can try again by themselves.
PROGRAM_WAIT = 0.3  # seconds
# Programs read no other language.
LANGUAGE = "en"
# Records have a limit of their own.
FEED_PATHS = {f"{BASE_PATH}/feed", f"{BASE_PATH}/feed/orders"}
MAX_CALL_BYTES = 100_000
MANY_TAGS_PATH = f"{BASE_PATH}/ReturnTags/batch"
MAX_MANY_TAGS_BYTES = 1_000_000


class ApiMiddleware:
    """Handles every request under the API's base path, except the documentation page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle a call of the API, or pass the request on."""
        path = request.path_info
        is_api = path == BASE_PATH or path.startswith(f"{BASE_PATH}/")
        if path == DOCS_PATH or not is_api:
            return self.get_response(request)
        with translation.override(LANGUAGE):
            return handle_call(cast("ApiRequest", request))


def handle_call(request: ApiRequest) -> HttpResponse:
    """Return the response to a call. Exceptions become JSON errors; errors are logged."""
    request.call = Call(request_id(request) or uuid4().hex)
    if request.method == "HEAD":
        request.method = "GET"  # the server leaves the body out
    failure: Exception | None = None
    try:
        response = _respond(request)
    except Exception as exception:  # programs expect JSON, whatever went wrong
        error = to_api_error(exception)
        failure = exception if error.status >= 500 else None
        response = error_response(error, request.call)
    response = finalize_response(response, request)
    if response.status_code >= 400:
        _log(request, response, failure)
    return response


def _respond(request: ApiRequest) -> HttpResponse:
    request.get_host()  # raises for a host that is not allowed
    check_readable(request)
    if request.path_info == DOCUMENT_PATH:
        return _call(request)
    with one_thread_left():
        return _answer(request)


def _answer(request: ApiRequest) -> HttpResponse:
    token = authenticate(request)
    _refuse_large_body(request)
    with _limit_at_once(request, token), _limit_of_reading(request):
        return _call(request)


def _limit_at_once(request: ApiRequest, token: ApiToken) -> AbstractContextManager[None]:
    """Return the limit on what a token does at once; queries can be heavy and have their own."""
    kind, limit, message = "token", settings.REQUESTS_AT_ONCE, TOO_MANY_CALLS_AT_ONCE
    if "dqb" in map(str.lower, request.GET):
        kind, limit, message = "query", settings.HEAVY_REQUESTS_AT_ONCE, TOO_MANY_QUERIES_AT_ONCE
    return SLOTS.held((kind, token.pk), limit, message.format(limit), PROGRAM_WAIT)


def _call(request: ApiRequest) -> HttpResponse:
    match = resolve(request.path_info)
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if response.status_code == 405:
        raise method_not_allowed(request, response["Allow"])
    return response


def _limit_of_reading(request: ApiRequest) -> AbstractContextManager[None]:
    """Return the limit on each statement of a call that reads; others may take as long as pages.

    Without conditions, pages are read from an index, and need no limit, which takes some time.
    """
    has_conditions = request.GET.keys() - QUICK_PARAMETERS
    if request.method != "GET" or not has_conditions:
        return nullcontext()
    return time_limit(1000 * settings.API_STATEMENT_LIMIT)


def _refuse_large_body(request: ApiRequest) -> None:
    limit = MAX_PUSH_BYTES if request.path_info in FEED_PATHS else MAX_CALL_BYTES
    if request.path_info == MANY_TAGS_PATH:
        limit = MAX_MANY_TAGS_BYTES
    if announced_bytes(request) > limit:
        message = f"The body is too large; at most {limit} bytes are read here."
        raise ApiError(413, "too_large", message)


def _log(request: ApiRequest, response: HttpResponse, failure: Exception | None) -> None:
    reason = why_unavailable(failure)  # one line is enough for the many calls that meet it
    what = f"{reason}: {first_line(failure)}" if reason else response.reason_phrase
    # Without the request, because its query string would be logged too.
    log_response(
        "%s: %s, request %s",
        *(what, route_of(request), request.call.id),
        response=response,
        exception=None if reason else failure,
    )
