"""Macros: managers change them, people run them on one return or on many."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.addresses import next_page
from config.forms import posted_data, save_form
from config.htmx import render_page_or_fragment, wants_fragment
from config.toasts import Toast, add_toast
from returns.filters.claimed import query_of
from returns.lists.bulk import MAY_TAG, TaggingTarget
from returns.macros import editing, starting
from returns.macros.forms import MacroForm, RunForm
from returns.macros.wording import list_macros, macros_to_run
from returns.models import Macro, Return
from returns.people.person import DeskRequest
from returns.views.callers import heavy
from returns.views.deleted import delete_with_undo
from tags import bulk
from tags.models import BulkTagging
from tags.undo import undo
from tags.vocabulary import load_vocabulary

may_see = permission_required("returns.view_return", raise_exception=True)
may_run = permission_required(MAY_TAG, raise_exception=True)
may_change = permission_required(editing.MAY_CHANGE_MACROS, raise_exception=True)
SINGLE_PLACES = {"row", "panel"}


@require_safe
@may_see
def show(request: DeskRequest) -> HttpResponse:
    """Show all macros in the order in which people choose them."""
    return render(request, "macros/page.html", {"macros": list_macros()})


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new(request: DeskRequest) -> HttpResponse:
    """Make a macro."""
    return _edit(request, Macro())


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def macro(request: DeskRequest, pk: int) -> HttpResponse:
    """Show a macro. Change, move or delete it."""
    entry = get_object_or_404(Macro, pk=pk)
    action = request.POST.get("action", "")
    if not action:
        return _edit(request, entry)
    if action in {"up", "down"}:
        editing.move(entry, up=action == "up")
    elif action == "remove":
        text = _("Deleted the macro “%(macro)s”. What it did stays.")
        delete_with_undo(request, entry, text % {"macro": entry})
    else:
        raise BadRequest("Unknown action.")
    return redirect("macros")


def _edit(request: DeskRequest, entry: Macro) -> HttpResponse:
    form = MacroForm.for_macro(entry, posted_data(request))

    def write(data: dict[str, Any]) -> None:
        for name in ("name", *editing.STEP_FIELDS):
            setattr(entry, name, data[name])
        editing.save_macro(entry, data["add"], data["remove"], data["seen"])

    title = _("Macro %(name)s") % {"name": entry} if entry.pk else _("New macro")
    if request.method == "POST" and save_form(form, write):
        messages.success(request, _("Saved the macro “%(macro)s”.") % {"macro": entry})
        return redirect("macros")
    tags, adds = load_vocabulary().values(), form.chosen_ids("add")
    context = {
        "title": title,
        "entry": entry,
        "form": form,
        "offered_tags": [tag for tag in tags if not tag.retired or tag.id in adds],
        "all_tags": tags,
        "adds": adds,
        "removes": form.chosen_ids("remove"),
    }
    return render(request, "macros/macro.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@may_run
@heavy
def run(request: DeskRequest) -> HttpResponse:
    """Choose a macro for the returns that the query string names, and run or preview it."""
    problem, chosen = "", None
    try:
        chosen = starting.choose_returns(query_of(request))
        if request.method == "POST":
            return _run(request, chosen)
    except ValidationError as error:
        problem = error.messages[0]
    return _choose(request, chosen, problem)


def _run(request: DeskRequest, target: TaggingTarget) -> HttpResponse:
    form = RunForm(request.POST)
    if not form.is_valid():
        raise ValidationError(_("Choose a macro."))
    job = starting.draft(target, form.chosen, form.cleaned_data["token"], request.user)
    if not target.is_single:
        return redirect("bulk-tagging", job.pk)
    starting.run_now(job)
    return _done(request, job, target.ids[0])


def _choose(request: DeskRequest, target: TaggingTarget | None, problem: str) -> HttpResponse:
    """Show the macros to choose from; with a problem, why none was run."""
    is_single = target is not None and target.is_single
    record = Return.objects.get(pk=target.ids[0]) if target and is_single else None
    context = {
        "target": target,
        "record": record,
        "problem": problem,
        "macros": macros_to_run(request.user, record) if target and target.ids else [],
        "token": uuid4(),
        "at": _place(request),
        "next": next_page(request, default=_path_back(target, record)),
    }
    status = 422 if request.method == "POST" else 200
    return render_page_or_fragment(request, "macros/run.html", "dialog", context, status)


def _path_back(target: TaggingTarget | None, record: Return | None) -> str:
    if record:
        return record.get_absolute_url()
    return target.list_path if target else reverse("return-list")


def _place(request: DeskRequest) -> str:
    place = request.POST.get("at") or request.GET.get("at", "")
    return place if place in SINGLE_PLACES else ""


def _done(request: DeskRequest, job: BulkTagging, pk: int) -> HttpResponse:
    job = bulk.find_bulk(job.pk, request.user) or job
    text = str(job.action.words) if job.action else ""
    return _answer(request, job, text, reverse("undo-macro", args=[job.pk]), pk)


@may_run
@require_POST
def undo_run(request: DeskRequest, pk: int) -> HttpResponse:
    """Undo the run of a macro on one return."""
    job = bulk.find_bulk(pk, request.user)
    if job is None or job.action_id is None:
        raise Http404(_("This macro was not run, or by somebody else."))
    try:
        text = undo(job.action_id, request.user)
    except ValidationError as error:
        text = error.messages[0]
    job = bulk.find_bulk(pk, request.user) or job
    return _answer(request, job, text, "", BulkTagging.objects.get(pk=pk).entity_ids[0])


def _answer(
    request: DeskRequest, job: BulkTagging, text: str, undo_path: str, pk: int
) -> HttpResponse:
    if wants_fragment(request):
        toast = Toast(text, undo_path, "#macro-body", _place(request))
        return render(request, "macros/run.html#answer", {"toast": toast})
    if undo_path:
        add_toast(request, text, undo_path)
    else:
        messages.success(request, text)
    record = Return.objects.filter(pk=pk).first()
    path = record.get_absolute_url() if record else reverse("bulk-tagging", args=[job.pk])
    response: HttpResponse = HttpResponseRedirect(next_page(request, default=path), status=303)
    return response
