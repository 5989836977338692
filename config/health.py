"""Answers for load balancers and monitoring: whether the process is alive, the database ready."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.decorators.cache import never_cache

from config.concurrency import ServerBusyError, one_thread_left
from config.diagnosis import add_what_was_seen
from config.observing.metrics import METRICS_TYPE, may_scrape
from config.schema import unapplied_migrations
from returns.operations.exposition import all_metrics
from returns.operations.readiness import deep_readiness


@login_not_required
@never_cache
def alive(_request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process runs."""
    return JsonResponse({"status": "alive"})


@login_not_required
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database is reachable and migrated, otherwise 503 with the reason.

    With ``?deep=1``, the answer says of everything whether it works. That is for monitoring: what
    the background work lacks is no reason to send nobody to this web server.
    """
    is_deep = request.GET.get("deep") == "1"
    try:
        if is_deep:
            return _deeply_ready()
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


def _deeply_ready() -> JsonResponse:
    with one_thread_left():
        is_ready, answer = deep_readiness()
    return JsonResponse(answer, status=200 if is_ready else 503)


@login_not_required
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics to whoever sends ``METRICS_TOKEN``. Without that setting: none."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not may_scrape(request.headers.get("Authorization", "")):
        refusal = "Send METRICS_TOKEN as a bearer token.\n"
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse(refusal, status=401, content_type="text/plain", headers=headers)
    return HttpResponse(all_metrics(), content_type=METRICS_TYPE)


CHECKS = {"/healthz": alive, "/readyz": ready, "/metrics": metrics}


class HealthMiddleware:
    """Answers health checks before sessions, which are in the database, are looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer to a check, or pass the request on."""
        check = CHECKS.get(request.path_info)
        if check is None or (check is metrics and not settings.METRICS_TOKEN):
            return self.get_response(request)
        request.get_host()  # raises for a host that is not allowed
        return add_what_was_seen(request, check(request))
