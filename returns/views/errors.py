"""Pages for what went wrong before a view could answer.

htmx is answered with a sentence alone, which the page shows in its place for trouble.
"""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from psycopg.errors import QueryCanceled

from config.htmx import HtmxRequest, wants_inline_error

FORM_TOO_OLD = "This page was open for too long. Reload it, then try again."
MAY_NOT = "Your role may not do this. Ask an admin if it should."
TOOK_TOO_LONG = "This took too long and was given up. Nothing was changed. Filter for less."
NOT_THERE = "This is not there any more. Reload the page to see what is."


class TookTooLongMiddleware:
    """Say in words that PostgreSQL gave a statement up because it took too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as ever."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 to what took too long; anything else is not ours."""
        if not isinstance(exception.__cause__, QueryCanceled):
            return None
        return _answer(request, "503.html", TOOK_TOO_LONG, status=503)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Say in words that the form was too old, and how to go on."""
    return _answer(request, "403_csrf.html", FORM_TOO_OLD, status=403)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say which roles may do what, and whom to ask."""
    said = _said(exception)
    roles = list(request.user.groups.values_list("name", flat=True)) if _known(request) else []
    return _answer(request, "403.html", said or MAY_NOT, status=403, said=said, roles=roles)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what is not there, and where to look."""
    said = _said(exception)
    return _answer(request, "404.html", said or NOT_THERE, status=404, said=said)


def _answer(
    request: HttpRequest, template: str, sentence: str, status: int, **context: Any
) -> HttpResponse:
    if wants_inline_error(cast("HtmxRequest", request)):
        return HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=status)
    return render(request, template, context, status=status)


def _said(exception: Exception) -> str:
    """Return the sentence that the view gave, if it gave one; Django's own is for developers."""
    first = exception.args[0] if exception.args else ""
    ours = isinstance(first, str) and not first.endswith("matches the given query.")
    return first if ours else ""


def _known(request: HttpRequest) -> bool:
    return isinstance(request.user, User)
