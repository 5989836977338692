"""Answers for load balancers: whether the process is alive, and the database ready."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

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
        waiting = unapplied_migrations()
    except Error:
        return JsonResponse({"status": "the database is not reachable"}, status=503)
    if waiting:
        return JsonResponse({"status": f"{waiting} migrations are not applied"}, status=503)
    return JsonResponse({"status": "ready"})
