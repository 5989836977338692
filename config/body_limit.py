"""Refuses request bodies that are far too large, before they are read."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

MAX_BODY_BYTES = 100_000_000
READABLE_DIGITS = 1000


def announced_bytes(request: HttpRequest) -> int:
    """Return how long the body is, as the client says: 0 if it says nothing that is a number."""
    length = (request.META.get("CONTENT_LENGTH") or "")[:READABLE_DIGITS]
    return int(length) if length.isdecimal() else 0


class BodyLimitMiddleware:
    """Answers 413 to bodies over 100 MB; below that, forms have their own limits and messages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, or 413."""
        if announced_bytes(request) > MAX_BODY_BYTES:
            return self._refuse(request)
        return self.get_response(request)

    def _refuse(self, request: HttpRequest) -> HttpResponse:
        return render(request, "413.html", status=413)
