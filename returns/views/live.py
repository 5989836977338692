"""Answers to the polling of open pages."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from returns.filters.claimed import query_of
from returns.live.forms import PresenceForm
from returns.live.open_return import poll_return
from returns.live.polling import poll_page
from returns.live.presence import end_presence, note_presence
from returns.models import Return
from returns.notices.bell import BELL_PARAMETER, bell_number
from returns.people.person import DeskRequest, PersonRequest
from returns.people.recent import note_opened


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


@require_safe
@cache_control(no_store=True)
@permission_required("returns.view_return", raise_exception=True)
def one_return(request: DeskRequest, pk: int) -> HttpResponse:
    """Return what has changed on the page of a return since its last answer."""
    page = poll_return(pk, query_of(request), request.user)
    if page is None:
        return _unchanged(request)
    return render(request, "record/page.html#answer", {"live": page, "details": page.details})


@require_safe
@cache_control(no_store=True)
@permission_required("returns.view_return", raise_exception=True)
def bell(request: DeskRequest) -> HttpResponse:
    """Return the number at the bell if it is another than the page shows."""
    return _unchanged(request)


@permission_required("returns.view_return", raise_exception=True)
@require_POST
def presence(request: PersonRequest, pk: int) -> HttpResponse:
    """Note that a page of a person shows a return, or with ``leave`` that it no longer does."""
    record = get_object_or_404(Return.objects.only("pk"), pk=pk)
    form = PresenceForm(request.POST)
    if not form.is_valid():
        raise BadRequest("This is not the id of a page.")
    page = form.cleaned_data["page"]
    if form.cleaned_data["leave"]:
        end_presence(record.pk, request.user, page)
    else:
        note_presence(record.pk, request.user, page)
        note_opened(record.pk, request.user)
    return HttpResponse(status=204)


def _unchanged(request: DeskRequest) -> HttpResponse:
    """Answer a page that shows everything but, perhaps, the number at the bell."""
    shown = request.GET.get(BELL_PARAMETER)
    if shown is None or shown == str(bell_number(request.user)):
        return HttpResponseNotModified()
    return render(request, "components/bell.html#answer")


def _changes(request: DeskRequest, base: str) -> HttpResponse:
    page = poll_page(base, query_of(request), request.user)
    if page is None:
        return _unchanged(request)
    return render(request, "live/bar.html#answer", {"live": page})
