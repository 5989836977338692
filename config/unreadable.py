"""Refuses requests that no program can read: text in another encoding, NUL in a cookie.

Text in fields and parameters is not looked at here. Some pages answer NUL in their own words, such
as the search box, because scanners send it. What the database then refuses is in `config.errors`.
"""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy

READABLE_ENCODINGS = {"utf-8", "ascii"}
# Django cannot make a request of some values of Content-Type. This one takes their place.
UNREADABLE_TYPE = "text/plain; charset=unknown"
OTHER_ENCODING = gettext_lazy("The request is not written in UTF-8, so it could not be read.")
NUL_IN_COOKIE = gettext_lazy(
    "A cookie could not be read. Delete the cookies of this site in your browser, then sign in."
)

type WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class UnreadableRequestError(BadRequest):
    """A request that cannot be read; its message is for people."""


class UnreadableRequestMiddleware:
    """Answers 400 to requests that cannot be read, before the session is looked up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response; raise ``UnreadableRequestError``, which Django answers with 400."""
        check_readable(request)
        return self.get_response(request)


def check_readable(request: HttpRequest) -> None:
    """Raise ``UnreadableRequestError`` if the encoding or a cookie cannot be read.

    Raises ``TooManyFieldsSent`` for too many parameters in the address: if an error page were the
    first to count them, it would fail.
    """
    if not is_readable_type(request.META.get("CONTENT_TYPE", "")):
        raise UnreadableRequestError(OTHER_ENCODING)
    if any("\0" in name + value for name, value in request.COOKIES.items()):
        raise UnreadableRequestError(NUL_IN_COOKIE)
    _ = request.GET


def is_readable_type(content_type: str) -> bool:
    """Tell whether a Content-Type is well-formed, and its charset, if it has one, is UTF-8."""
    try:
        _, params = parse_header_parameters(content_type)
        return codecs.lookup(params.get("charset", "utf-8")).name in READABLE_ENCODINGS
    except (ValueError, LookupError):
        return False


def guard_content_type(application: WsgiApplication) -> WsgiApplication:
    """Wrap a WSGI application so that Django can make a request of any Content-Type.

    Without this, some values end the request before Django handles errors.
    """

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not is_readable_type(environ.get("CONTENT_TYPE", "")):
            environ["CONTENT_TYPE"] = UNREADABLE_TYPE
        return application(environ, start_response)

    return guarded
