"""Where calls of the API come in: before sessions and cookies, which say nothing here.

Whatever happens to a call, its answer is JSON. Nothing is logged that holds a query string or a
header: the shape of a token is taken out of the path too.
"""

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.log import log_response

from returns.api.answers import finished, refused
from returns.api.call import ApiRequest, Call, enter
from returns.api.trouble import not_allowed, refusal_of
from returns.people.tokens import without_tokens

BASE = "/openapi/v1"
# A page for people.
DOCS = f"{BASE}/docs"
# Read without a token: it says how to call, and holds no data.
DOCUMENT = f"{BASE}/openapi.json"


class ApiMiddleware:
    """Answers what is asked under the API's address, but for its page of documentation."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        path = request.path_info
        if path == DOCS or not (path == BASE or path.startswith(f"{BASE}/")):
            return self.get_response(request)
        return answer(cast("ApiRequest", request))


def answer(request: ApiRequest) -> HttpResponse:
    """Answer a call, whatever happens to it."""
    request.call = Call()
    if request.method == "HEAD":
        request.method = "GET"  # the server leaves the body out
    failure: Exception | None = None
    try:
        response = _respond(request)
    except Exception as error:  # whatever it is, a program gets JSON
        refusal = refusal_of(error)
        failure = error if refusal.status >= 500 else None
        response = refused(refusal, request.call)
    response = finished(response, request)
    if response.status_code >= 400:
        _log(request, response, failure)
    return response


def _respond(request: ApiRequest) -> HttpResponse:
    request.get_host()  # raises for a host that is not ours
    if request.path_info != DOCUMENT:
        enter(request)
    match = resolve(request.path_info)
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if response.status_code == 405:
        raise not_allowed(request, response["Allow"])
    return response


def _log(request: ApiRequest, response: HttpResponse, failure: Exception | None) -> None:
    # Without the request: it would bring its query string along.
    log_response(
        "%s: %s, request %s",
        *(response.reason_phrase, without_tokens(request.path), request.call.id),
        response=response,
        exception=failure,
    )
