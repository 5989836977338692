"""Deadlines and the working calendar: seen by everybody, changed by managers."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from config.forms import posted_data, save_form
from returns.deadlines import editing
from returns.deadlines.forms import CalendarForm, DeadlineForm
from returns.deadlines.wording import calendar_in_words, described, listed
from returns.filters.due import calendar_kept
from returns.filters.query import Query
from returns.models import DeadlinePolicy
from returns.people.person import PersonRequest
from returns.views.named import refuse, replaced

may_see = permission_required("returns.view_return", raise_exception=True)
may_change = permission_required(editing.MAY_CHANGE, raise_exception=True)


@require_safe
@may_see
def show(request: PersonRequest) -> HttpResponse:
    """Show every deadline in its order, and the calendar that they are counted in."""
    now = timezone.now()
    context = {"deadlines": listed(now), "calendar": calendar_in_words(now)}
    return render(request, "deadlines/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new(request: PersonRequest) -> HttpResponse:
    """Make a deadline of the filter in the query string, or give it to one that is there."""
    try:
        parameters = editing.parameters_of(Query.read(request.GET))
    except ValidationError as error:
        return refuse(request, error, "New deadline", (reverse("deadlines"), "All deadlines"))
    if "replaces" in request.POST:
        return _use_filter(request, parameters)
    return _edit(request, DeadlinePolicy(parameters=parameters), DeadlineForm(posted_data(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def deadline(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a deadline; change, move or delete it."""
    found = get_object_or_404(DeadlinePolicy, pk=pk)
    if request.method == "POST" and not request.user.has_perm(editing.MAY_CHANGE):
        raise PermissionDenied("Deadlines are changed by managers.")
    if "action" in request.POST:
        return _act(request, found)
    return _edit(request, found, DeadlineForm.of(found, posted_data(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def calendar(request: PersonRequest) -> HttpResponse:
    """Change when the warehouse works."""
    form = CalendarForm.of(calendar_kept(), posted_data(request))

    def write(chosen: dict[str, Any]) -> None:
        editing.keep_calendar(form.calendar(), chosen["seen"])

    if request.method == "POST" and save_form(form, write):
        messages.success(request, "Saved the calendar. It counts for every return at once.")
        return redirect("deadlines")
    context = {"form": form, "zone": settings.TIME_ZONE}
    status = 422 if form.errors else 200
    return render(request, "deadlines/calendar.html", context, status=status)


def _edit(request: PersonRequest, found: DeadlinePolicy, form: DeadlineForm) -> HttpResponse:
    def write(chosen: dict[str, Any]) -> None:
        found.name, found.amount, found.unit = chosen["name"], chosen["amount"], chosen["unit"]
        editing.keep(found, chosen["seen"])

    if request.method == "POST" and save_form(form, write):
        said = f"Saved the deadline “{found}”. It counts for every return at once."
        messages.success(request, said)
        return redirect("deadlines")
    return _page(request, found, form)


def _use_filter(request: PersonRequest, parameters: dict[str, Any]) -> HttpResponse:
    found = replaced(request, DeadlinePolicy)
    editing.use_filter(found, parameters)
    messages.success(request, f"“{found}” has this filter now.")
    return redirect("deadline", found.pk)


def _act(request: PersonRequest, found: DeadlinePolicy) -> HttpResponse:
    action = request.POST["action"]
    if action in {"up", "down"}:
        editing.move(found, up=action == "up")
    elif action == "remove":
        editing.remove(found)
        said = f"Deleted the deadline “{found}”. The next one that matches its returns counts."
        messages.success(request, said)
    else:
        return HttpResponseBadRequest("There is no such action.")
    return redirect("deadlines")


def _page(request: PersonRequest, found: DeadlinePolicy, form: DeadlineForm) -> HttpResponse:
    context = {
        "title": f"Deadline {found}" if found.pk else "New deadline",
        "entry": found,
        "may_change": request.user.has_perm(editing.MAY_CHANGE),
        "form": form,
        "listed": described(found, timezone.now()),
        "others": () if found.pk else DeadlinePolicy.objects.all(),
    }
    status = 422 if form.errors else 200
    return render(request, "deadlines/deadline.html", context, status=status)
