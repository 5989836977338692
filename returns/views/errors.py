"""Error pages. htmx gets only a sentence, which the open page shows in its error bar."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from psycopg.errors import QueryCanceled

from config.htmx import HtmxRequest, wants_inline_error

FORM_EXPIRED = "This page was open for too long. Reload it and try again."
FORBIDDEN = "You don't have permission to do this. Ask an admin if you need it."
TIMED_OUT = "This took too long and was cancelled. Nothing was changed. Try a narrower filter."
GONE = "This no longer exists. Reload the page."


class QueryTimeoutMiddleware:
    """Answer with an error page when PostgreSQL cancels a statement that took too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 if a statement timed out. Leave other errors to Django."""
        if not isinstance(exception.__cause__, QueryCanceled):
            return None
        return _error_response(request, "503.html", TIMED_OUT, status=503)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Say that the form has expired, and what to do."""
    return _error_response(request, "403_csrf.html", FORM_EXPIRED, status=403)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what is not allowed, and which roles the person has."""
    message = _message(exception)
    user = request.user
    names = user.groups.values_list("name", flat=True) if isinstance(user, User) else ()
    context = {"message": message, "roles": list(names)}
    return _error_response(request, "403.html", message or FORBIDDEN, status=403, **context)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what was not found."""
    message = _message(exception)
    return _error_response(request, "404.html", message or GONE, status=404, message=message)


def _error_response(
    request: HttpRequest, template: str, sentence: str, status: int, **context: Any
) -> HttpResponse:
    if wants_inline_error(cast("HtmxRequest", request)):
        return HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=status)
    return render(request, template, context, status=status)


def _message(exception: Exception) -> str:
    """Return the message that a view raised, or "" if it is one of Django's, for developers."""
    first = exception.args[0] if exception.args else ""
    ours = isinstance(first, str) and not first.endswith("matches the given query.")
    return first if ours else ""
