"""Follows each request: its number, its time, its queries, and who is told of them at its end."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import cast
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils.module_loading import import_string

from config.observing.routes import method_of, person_of, route_of, token_of, view_of
from config.observing.running import RunningRequest, running

REQUEST_ID_HEADER = "X-Request-ID"
# Short, and without anything that means something to a log, a shell or a page.
SAFE_ID = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
META_KEY = "REQUEST_ID"  # no header has that name here


@dataclass(frozen=True, slots=True)
class FinishedRequest:
    """A request that was answered, without anything personal but the id of the person.

    ``seconds`` is until the last byte of a stream was taken.
    """

    running: RunningRequest
    method: str
    route: str
    view: str
    status: int
    seconds: float
    person: int | None
    token: int | None


type Observer = Callable[[FinishedRequest], None]


def request_id(request: HttpRequest) -> str:
    """Return the number by which the log knows the request; "" if nobody follows it."""
    return str(request.META.get(META_KEY, ""))


class RequestMiddleware:
    """Gives each request its number, which people can quote, and tells the observers of its end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.observers: list[Observer] = [import_string(name) for name in settings.OBSERVERS]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response with the number of its request."""
        number = _given_id(request) or uuid4().hex
        request.META[META_KEY] = number
        current = RunningRequest(number, request, keeps_queries=settings.TRACES)
        with running(current):
            response = self.get_response(request)
        response[REQUEST_ID_HEADER] = number
        if response.streaming:
            stream = cast("StreamingHttpResponse", response)
            chunks = cast("Iterable[bytes]", stream.streaming_content)
            stream.streaming_content = self._followed(chunks, current, response.status_code)
        else:
            self._tell(current, response.status_code)
        return response

    def _followed(
        self, chunks: Iterable[bytes], current: RunningRequest, status: int
    ) -> Iterator[bytes]:
        try:
            with running(current):
                yield from chunks
        finally:
            self._tell(current, status)

    def _tell(self, current: RunningRequest, status: int) -> None:
        if not self.observers:
            return
        request = current.request
        finished = FinishedRequest(
            running=current,
            method=method_of(request),
            route=route_of(request),
            view=view_of(request),
            status=status,
            seconds=current.seconds,
            person=person_of(request),
            token=token_of(request),
        )
        for observer in self.observers:
            observer(finished)


def _given_id(request: HttpRequest) -> str:
    """Return the number that the proxy gave the request, if it can be trusted to be harmless."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if SAFE_ID.fullmatch(given) else ""
