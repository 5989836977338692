"""Deadlines and the working calendar: seen by everybody, changed by managers."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from returns.deadlines import editing
from returns.deadlines.forms import CalendarForm, DeadlineForm
from returns.deadlines.wording import calendar_in_words, described, listed
from returns.filters.due import calendar_kept
from returns.filters.query import Query
from returns.models import DeadlinePolicy
from returns.people.person import PersonRequest

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
    form = DeadlineForm(request.POST if request.method == "POST" else None)
    found = DeadlinePolicy()
    problems: list[str] = []
    try:
        found.parameters = editing.parameters_of(Query.read(request.GET))
    except ValidationError as error:
        problems = error.messages
    if not problems and "replaces" in request.POST:
        return _use_filter(request, found)
    if not problems and request.method == "POST" and (answer := _save(request, form, found)):
        return answer
    return _page(request, form, found, problems)


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def deadline(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a deadline; change, move or delete it."""
    found = get_object_or_404(DeadlinePolicy, pk=pk)
    if request.method == "POST" and not request.user.has_perm(editing.MAY_CHANGE):
        raise PermissionDenied("Deadlines are changed by managers.")
    if "action" in request.POST:
        return _act(request, found)
    starts = {"name": found.name, "amount": found.amount, "unit": found.unit}
    starts["seen"] = editing.version_of(found)
    form = DeadlineForm(request.POST or None, initial=starts)
    if request.method == "POST" and (answer := _save(request, form, found)):
        return answer
    return _page(request, form, found, [])


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def calendar(request: PersonRequest) -> HttpResponse:
    """Change when the warehouse works."""
    form = CalendarForm.of(calendar_kept(), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            editing.keep_calendar(form.calendar(), form.cleaned_data["seen"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "Saved the calendar. It counts for every return at once.")
            return redirect("deadlines")
    status = 422 if form.errors else 200
    context = {"form": form, "zone": settings.TIME_ZONE}
    return render(request, "deadlines/calendar.html", context, status=status)


def _save(request: PersonRequest, form: DeadlineForm, found: DeadlinePolicy) -> HttpResponse | None:
    if not form.is_valid():
        return None
    chosen = form.cleaned_data
    found.name, found.amount, found.unit = chosen["name"], chosen["amount"], chosen["unit"]
    try:
        editing.keep(found, chosen["seen"])
    except ValidationError as error:
        form.add_error(None, error)
        return None
    messages.success(request, f"Saved the deadline “{found}”. It counts for every return at once.")
    return redirect("deadlines")


def _use_filter(request: PersonRequest, found: DeadlinePolicy) -> HttpResponse:
    replaced = request.POST["replaces"]
    policy = get_object_or_404(DeadlinePolicy, pk=int(replaced) if replaced.isdecimal() else 0)
    editing.use_filter(policy, found.parameters)
    messages.success(request, f"“{policy}” has this filter now.")
    return redirect("deadline", policy.pk)


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


def _page(
    request: PersonRequest, form: DeadlineForm, found: DeadlinePolicy, problems: list[str]
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "problems": problems,
        "listed": None if problems else described(found, timezone.now()),
        "others": () if found.pk else DeadlinePolicy.objects.all(),
    }
    failed = bool(form.errors) or (bool(problems) and request.method == "POST")
    return render(request, "deadlines/deadline.html", context, status=422 if failed else 200)
