"""Limits on what a person does at once, so that one person never holds every thread."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Concatenate

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from config.client import client_network
from config.concurrency import TooManyAtOnceError, answer_with_one_thread_left, answer_within_limit
from returns.views.errors import too_many_at_once

TOO_MANY_REQUESTS = _(
    "You have too many pages loading at once. Wait until they have loaded, then try again."
)
TOO_MUCH_HEAVY_WORK = _(
    "You are already making an export, a report or a preview. Wait until it is ready, then try "
    "again."
)
TOO_MANY_STARTS = _("Too many people are signing in from here. Wait a minute, then try again.")
STARTS_PER_ADDRESS, STARTS_PERIOD = 60, 60  # seconds


class OneThreadLeftMiddleware:
    """Leaves a thread of this process to health checks while all others are stuck.

    They are stuck if the database is silent, or if they send downloads that take long. Then people
    get 503 in words instead of waiting.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response. Raises ``ServerBusyError``, which gets a page of its own."""
        return answer_with_one_thread_left(partial(self.get_response, request))


class CallerLimitMiddleware:
    """Lets a person hold at most ``REQUESTS_AT_ONCE`` threads of this process; others get 429."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, or 429."""
        if not request.user.is_authenticated:
            return self.get_response(request)
        limit, answer = settings.REQUESTS_AT_ONCE, partial(self.get_response, request)
        try:
            return answer_within_limit(
                ("person", request.user.pk), limit, str(TOO_MANY_REQUESTS), answer
            )
        except TooManyAtOnceError as error:
            return too_many_at_once(request, error)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 429 if a view has refused more work."""
        if isinstance(exception, TooManyAtOnceError):
            return too_many_at_once(request, exception)
        return None


def heavy[**P](
    view: Callable[Concatenate[Any, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Let a person use such views only ``HEAVY_REQUESTS_AT_ONCE`` times at once."""

    @wraps(view)
    def wrapper(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        key, limit = ("heavy", request.user.pk), settings.HEAVY_REQUESTS_AT_ONCE
        answer = partial(view, request, *args, **kwargs)
        return answer_within_limit(key, limit, str(TOO_MUCH_HEAVY_WORK), answer)

    return wrapper


def limit_starts(request: HttpRequest) -> None:
    """Count a step before signing in that makes a session, or asks the company's provider.

    Raises ``TooManyAtOnceError`` above so many of an address in a minute, in this process.
    """
    key = f"starts:{client_network(request)}"
    cache.add(key, 0, STARTS_PERIOD)
    try:
        number = cache.incr(key)
    except ValueError:  # the minute has just ended
        return
    if number > STARTS_PER_ADDRESS:
        raise TooManyAtOnceError(str(TOO_MANY_STARTS))
