"""Error pages. htmx gets only a sentence, which the open page shows in its error bar."""

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.contrib.auth.models import User
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.log import log_response
from django.utils.translation import (
    activate,
    get_language_from_request,
    gettext,
    pgettext_lazy,
)
from django.utils.translation import gettext_lazy as _
from psycopg.errors import QueryCanceled

from config.concurrency import BUSY, TooManyAtOnceError
from config.errors import (
    Unavailability,
    first_line,
    is_unstorable,
    leave_read_only_server,
    why_unavailable,
)
from config.htmx import HtmxRequest, wants_inline_error
from config.observing.requests import request_id
from config.observing.routes import method_of, route_of
from config.observing.scrubbing import scrubbed
from config.shipped_names import role_label
from config.text import shorten
from config.unreadable import UnreadableRequestError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FORM_EXPIRED = _("This page was open for too long. Reload it and try again.")
FORBIDDEN = _("You don't have permission to do this. Ask an admin if you need it.")
TIMED_OUT = _("This took too long and was cancelled. Nothing was changed. Try a narrower filter.")
GONE = _("This no longer exists. Reload the page.")
INVALID = _("Part of the address or of the form could not be read. Nothing was changed.")
UNSTORABLE = _(
    "A text or number in this request cannot be searched for or saved. Nothing was changed."
)
NOT_ALLOWED = _("This address does not accept this kind of request. Nothing was changed.")
FAILED = _("Something went wrong. The error has been logged. Try again.")
# What get_object_or_404 says, with the name of a model.
DJANGO_NOT_FOUND = "No %s matches the given query."
RETRY_AFTER = 5  # seconds


class Notice(NamedTuple):
    """What people read while nothing can be done; htmx shows the sentence alone."""

    title: "StrOrPromise"
    heading: "StrOrPromise"
    sentence: "StrOrPromise"
    advice: "StrOrPromise"
    icon: str


UNAVAILABLE = {
    Unavailability.DATABASE_AWAY: Notice(
        pgettext_lazy("the desk", "Not available"),
        _("The returns desk is not available"),
        _("The database cannot be reached at the moment. Try again in a few seconds."),
        _(
            "If you were saving something, check first whether it was saved. If this takes longer, "
            "tell your administrator."
        ),
        "components/icons/offline.svg",
    ),
    Unavailability.DISK_FULL: Notice(
        _("Disk full"),
        _("The disk is full"),
        _(
            "The server's disk is full, so nothing can be saved at the moment. Tell your "
            "administrator."
        ),
        _(
            "Returns can still be read. If you were saving something, check first whether it was "
            "saved."
        ),
        "components/icons/warning.svg",
    ),
    Unavailability.THREADS_STUCK: Notice(
        pgettext_lazy("the desk", "Too busy"),
        _("The returns desk is too busy"),
        BUSY,
        _("If this takes longer, tell your administrator."),
        "components/icons/clock.svg",
    ),
}


class ErrorPageMiddleware:
    """Answer with a page in words where a view only raises an error, or only refuses a method."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response. One of status 405 gets a page if it has none."""
        # Other middleware may refuse the request before Django's finds the language.
        activate(get_language_from_request(request))
        response = self.get_response(request)
        has_content = bool(getattr(response, "content", b""))
        if response.status_code != 405 or has_content:
            return response
        page = _error_response(request, "405.html", NOT_ALLOWED, status=405)
        for name in ("Allow", "Content-Language", "Cache-Control", "Vary"):
            if name in response:
                page[name] = response[name]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what is no bug; leave other errors to Django."""
        return _answer_to(request, exception)


BUSY_RETRY = "2"  # seconds, after which a page that was refused loads again


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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request is not valid, and why if that was found by our own code.

    Django takes every error while a session is saved for a session that was deleted.
    """
    if isinstance(exception, SessionInterrupted):
        for error in _contexts(exception):
            if response := _answer_to(request, error):
                return response
    sentence = str(exception) if isinstance(exception, UnreadableRequestError) else str(INVALID)
    response = _invalid(request, sentence)
    if not isinstance(exception, DisallowedHost):  # from scanners, and not logged at all
        _log_line("Bad request", request, response, exception)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an error outside of views, such as a database that is away; or say that we failed."""
    error = sys.exception()
    if response := error and _answer_to(request, error):
        return response
    return _error_response(request, "500.html", FAILED, status=500)


def too_many_at_once(request: HttpRequest, error: TooManyAtOnceError) -> HttpResponse:
    """Say what there is too much of, and let a page load again by itself."""
    response = _error_response(request, "429.html", str(error), status=429, message=str(error))
    response["Retry-After"] = BUSY_RETRY
    if request.method == "GET":
        response["Refresh"] = BUSY_RETRY
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Say that the form has expired, and what to do."""
    return _error_response(request, "403_csrf.html", FORM_EXPIRED, status=403)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what is not allowed, and which roles the person has."""
    message = _message(exception)
    user = request.user
    names = user.groups.values_list("name", flat=True) if isinstance(user, User) else ()
    context = {"message": message, "roles": list(map(role_label, names))}
    response = _error_response(request, "403.html", message or FORBIDDEN, status=403, **context)
    # Django would add a traceback. The message is left out: it is in the person's language.
    args = (method_of(request), route_of(request))
    log_response("Forbidden: %s %s", *args, response=response, request=request)
    return response


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what was not found."""
    message = _message(exception)
    return _error_response(request, "404.html", message or GONE, status=404, message=message)


def _contexts(error: BaseException) -> Iterator[BaseException]:
    """Return the errors while whose handling this one was raised."""
    while error := error.__context__:  # type: ignore[assignment]  # None at last
        yield error


def _answer_to(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    if reason := why_unavailable(error):
        leave_read_only_server(error)
        return _unavailable(request, error, reason)
    if is_unstorable(error):
        response = _invalid(request, str(UNSTORABLE))
        _log_line("Refused", request, response, error)
        return response
    return None


def _unavailable(
    request: HttpRequest, error: BaseException, reason: Unavailability
) -> HttpResponse:
    notice = UNAVAILABLE[reason]
    response = _error_response(
        request, "unavailable.html", notice.sentence, status=503, notice=notice
    )
    response["Retry-After"] = str(RETRY_AFTER)
    _log_line(reason, request, response, error)
    return response


def _log_line(
    what: str, request: HttpRequest, response: HttpResponse, error: BaseException
) -> None:
    """Log one line. Django would add a traceback, which tells no more about these errors."""
    # What makes the desk unavailable names the server; other errors may quote what was typed.
    line = first_line(error)
    text = shorten(line if isinstance(what, Unavailability) else scrubbed(line), 200)
    args = (what, text, method_of(request), route_of(request))
    log_response("%s: %s, at %s %s", *args, response=response, request=request)


def _invalid(request: HttpRequest, sentence: str) -> HttpResponse:
    return _error_response(request, "400.html", sentence, status=400, message=sentence)


def _error_response(
    request: HttpRequest, template: str, sentence: "StrOrPromise", status: int, **context: Any
) -> HttpResponse:
    if wants_inline_error(cast("HtmxRequest", request)):
        return HttpResponse(str(sentence), content_type="text/plain; charset=utf-8", status=status)
    context["request_id"] = request_id(request)
    return render(request, template, context, status=status)


def _message(exception: Exception) -> str:
    """Return the message that a view raised, or "" if it is one of Django's, for developers."""
    first = exception.args[0] if exception.args else ""
    first = str(first) if isinstance(first, Promise) else first
    before, _place, after = gettext(DJANGO_NOT_FOUND).partition("%s")
    is_django = str(first).startswith(before) and str(first).endswith(after)
    return first if isinstance(first, str) and not is_django else ""
