"""Answers for load balancers: whether the process is alive, and the database ready."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.decorators.cache import never_cache

from config.concurrency import ServerBusyError, one_thread_left
from config.schema import unapplied_migrations


@login_not_required
@never_cache
def alive(_request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process runs."""
    return JsonResponse({"status": "alive"})


@login_not_required
@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database is reachable and migrated, otherwise 503 with the reason."""
    try:
        with one_thread_left():
            waiting = unapplied_migrations()
    except ServerBusyError as error:
        with translation.override("en"):  # like the other answers, which are for programs
            return JsonResponse({"status": str(error)}, status=503)
    except Error:
        return JsonResponse({"status": "the database is not reachable"}, status=503)
    if waiting:
        return JsonResponse({"status": f"{waiting} migrations are not applied"}, status=503)
    return JsonResponse({"status": "ready"})


CHECKS = {"/healthz": alive, "/readyz": ready}


class HealthMiddleware:
    """Answers health checks before sessions, which are in the database, are looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer to a check, or pass the request on."""
        check = CHECKS.get(request.path_info)
        if check is None:
            return self.get_response(request)
        request.get_host()  # raises for a host that is not allowed
        return check(request)
