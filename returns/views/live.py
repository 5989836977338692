"""Answers to the polling of open pages."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from returns.filters.query import Query
from returns.live.polling import poll_page
from returns.people.person import DeskRequest


@require_safe
@cache_control(no_store=True)
@permission_required("returns.view_return", raise_exception=True)
def returns(request: DeskRequest) -> HttpResponse:
    """Return the changes since an open list was loaded, and its current numbers."""
    return _changes(request, reverse("return-list"))


@require_safe
@cache_control(no_store=True)
@permission_required("returns.view_return", raise_exception=True)
def queue(request: DeskRequest) -> HttpResponse:
    """Return the changes since an open queue was loaded, and the numbers of all queues."""
    return _changes(request, reverse("queue"))


def _changes(request: DeskRequest, base: str) -> HttpResponse:
    page = poll_page(base, Query.from_querydict(request.GET), request.user)
    if page is None:
        return HttpResponseNotModified()
    return render(request, "live/bar.html#answer", {"live": page})
