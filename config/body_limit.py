"""Refuses request bodies that are far too large, before they are read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

MAX_BODY_BYTES = 100_000_000
READABLE_DIGITS = 1000


class BodyLimitMiddleware:
    """Answers 413 to bodies over 100 MB; below that, forms have their own limits and messages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, or 413."""
        length = request.META.get("CONTENT_LENGTH") or ""
        # Longer numbers than Python reads are too large as well.
        if length.isdecimal() and (len(length) > READABLE_DIGITS or int(length) > MAX_BODY_BYTES):
            return self._refuse(request)
        return self.get_response(request)

    def _refuse(self, request: HttpRequest) -> HttpResponse:
        return render(request, "413.html", status=413)
