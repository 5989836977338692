"""Pages for what went wrong before a view could answer.

htmx is answered with a sentence alone, which the page shows in its place for trouble.
"""

from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.htmx import HtmxRequest, wants_fragment

FORM_TOO_OLD = "This page was open for too long. Reload it, then try again."
MAY_NOT = "Your role may not do this. Ask an admin if it should."
NOT_THERE = "This is not there any more. Reload the page to see what is."


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
    if wants_fragment(cast("HtmxRequest", request)):
        return HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=status)
    return render(request, template, context, status=status)


def _said(exception: Exception) -> str:
    """Return the sentence that the view gave, if it gave one; Django's own is for developers."""
    first = exception.args[0] if exception.args else ""
    ours = isinstance(first, str) and not first.endswith("matches the given query.")
    return first if ours else ""


def _known(request: HttpRequest) -> bool:
    return isinstance(request.user, User)
