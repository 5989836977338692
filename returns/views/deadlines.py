"""Deadlines and the working calendar: everybody can see them, managers change them."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from config.forms import posted_data, save_form
from returns.deadlines import editing
from returns.deadlines.forms import CalendarForm, DeadlineForm
from returns.deadlines.wording import describe_calendar, describe_deadline, list_deadlines
from returns.filters.claimed import query_of
from returns.filters.due import stored_calendar
from returns.models import DeadlinePolicy
from returns.people.person import PersonRequest
from returns.views.deleted import delete_with_undo
from returns.views.named import entry_to_change, show_problems

may_see = permission_required("returns.view_return", raise_exception=True)
may_change = permission_required(editing.MAY_CHANGE_DEADLINES, raise_exception=True)


@require_safe
@may_see
def show(request: PersonRequest) -> HttpResponse:
    """Show all deadlines in order, and the working calendar."""
    now = timezone.now()
    context = {"deadlines": list_deadlines(now), "calendar": describe_calendar(now)}
    return render(request, "deadlines/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new(request: PersonRequest) -> HttpResponse:
    """Create a deadline from the filter in the query string, or use it in an existing one."""
    try:
        parameters = editing.to_parameters(query_of(request))
    except ValidationError as error:
        return _refuse(request, error)
    if "replaces" in request.POST:
        return _use_filter(request, parameters)
    return _edit(request, DeadlinePolicy(parameters=parameters), DeadlineForm(posted_data(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def deadline(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a deadline. Change, move or delete it."""
    entry = get_object_or_404(DeadlinePolicy, pk=pk)
    if request.method == "POST" and not request.user.has_perm(editing.MAY_CHANGE_DEADLINES):
        raise PermissionDenied(_("Only managers can change deadlines."))
    if "action" in request.POST:
        return _run_action(request, entry)
    return _edit(request, entry, DeadlineForm.for_policy(entry, posted_data(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def calendar(request: PersonRequest) -> HttpResponse:
    """Change the working hours and days of the warehouse."""
    form = CalendarForm.for_calendar(stored_calendar(), posted_data(request))

    def write(data: dict[str, Any]) -> None:
        editing.save_calendar(form.calendar(), data["seen"])

    if request.method == "POST" and save_form(form, write):
        messages.success(request, _("Saved the calendar. It now applies to all returns."))
        return redirect("deadlines")
    context = {"form": form, "zone": settings.TIME_ZONE}
    status = 422 if form.errors else 200
    return render(request, "deadlines/calendar.html", context, status=status)


def _edit(request: PersonRequest, entry: DeadlinePolicy, form: DeadlineForm) -> HttpResponse:
    def write(data: dict[str, Any]) -> None:
        entry.name, entry.amount, entry.unit = data["name"], data["amount"], data["unit"]
        editing.save_policy(entry, data["seen"])

    if request.method == "POST" and save_form(form, write):
        messages.success(request, _("Saved the deadline “%(deadline)s”.") % {"deadline": entry})
        return redirect("deadlines")
    return _page(request, entry, form)


def _refuse(request: PersonRequest, error: ValidationError) -> HttpResponse:
    all_deadlines = (reverse("deadlines"), _("All deadlines"))
    return show_problems(request, error, _("New deadline"), all_deadlines)


def _use_filter(request: PersonRequest, parameters: dict[str, Any]) -> HttpResponse:
    entry = entry_to_change(request, DeadlinePolicy)
    try:
        editing.use_filter(entry, parameters)
    except ValidationError as error:
        return _refuse(request, error)
    message = _("“%(deadline)s” now uses this filter.")
    messages.success(request, message % {"deadline": entry})
    return redirect("deadline", entry.pk)


def _run_action(request: PersonRequest, entry: DeadlinePolicy) -> HttpResponse:
    action = request.POST["action"]
    if action in {"up", "down"}:
        editing.move(entry, up=action == "up")
    elif action == "remove":
        text = _("Deleted the deadline “%(deadline)s”. The next matching deadline now applies.")
        delete_with_undo(request, entry, text % {"deadline": entry})
    else:
        raise BadRequest("Unknown action.")
    return redirect("deadlines")


def _page(request: PersonRequest, entry: DeadlinePolicy, form: DeadlineForm) -> HttpResponse:
    context = {
        "title": _("Deadline %(name)s") % {"name": entry} if entry.pk else _("New deadline"),
        "entry": entry,
        "may_change": request.user.has_perm(editing.MAY_CHANGE_DEADLINES),
        "form": form,
        "listed": describe_deadline(entry, timezone.now()),
        "others": () if entry.pk else DeadlinePolicy.objects.all(),
    }
    status = 422 if form.errors else 200
    return render(request, "deadlines/deadline.html", context, status=status)
