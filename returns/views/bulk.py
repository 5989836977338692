"""Tag many returns at once: choose tags, see what would happen, follow it, undo it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from config.htmx import render_page_or_fragment
from returns.filters.query import Query
from returns.lists import bulk as returns_bulk
from returns.people.person import DeskRequest
from tags import bulk
from tags.forms import BulkForm
from tags.models import BulkTagging
from tags.undo import undo
from tags.vocabulary import vocabulary

may_tag = permission_required("returns.tag_return", raise_exception=True)
# Seconds of work in one request; whoever looks at its page lets a bulk tagging go on.
AT_ONCE = 1.5
STEP = 0.7


@require_http_methods(["GET", "HEAD", "POST"])
@may_tag
def new(request: DeskRequest) -> HttpResponse:
    """Choose the tags for the returns that the query string chooses."""
    form = BulkForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "chosen": None, "problems": []}
    try:
        chosen = context["chosen"] = returns_bulk.choose(Query.read(request.GET), request.user)
        if request.method == "POST" and form.is_valid():
            adds, removes = form.cleaned_data["add"], form.cleaned_data["remove"]
            job = returns_bulk.ask(chosen, adds, removes, request.user)
            return redirect("bulk-tagging", job.pk)
    except ValidationError as error:
        context["problems"] = error.messages
    context["words"] = [tag for tag in vocabulary().values() if not tag.retired]
    context["every_word"] = vocabulary().values()
    context |= {"adds": form.chosen("add"), "removes": form.chosen("remove")}
    status = 422 if request.method == "POST" else 200
    return render(request, "lists/bulk_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@may_tag
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """Show the preview, the progress or the result of a bulk tagging; start, stop or undo it."""
    job = bulk.bulk_of(pk, request.user)
    if job is None:
        raise Http404("There is no such bulk tagging, or it is somebody else's.")
    if request.method != "POST":
        return _page(request, job)
    action = request.POST.get("action", "")
    if action == "go-on":
        bulk.go_on(job, STEP)
        return _page(request, bulk.bulk_of(pk, request.user) or job)
    if action not in {"start", "stop", "undo"}:
        return HttpResponseBadRequest("There is no such action.")
    try:
        if words := _act(request, job, action):
            messages.success(request, words)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("bulk-tagging", pk)


def _act(request: DeskRequest, job: BulkTagging, action: str) -> str:
    if action == "start":
        returns_bulk.start(job, request.user)
        bulk.go_on(job, AT_ONCE)
    elif job.action_id:
        return undo(job.action_id, request.user)
    return ""


def _page(request: DeskRequest, job: BulkTagging) -> HttpResponse:
    total = bulk.records_of(job)
    context = {
        "job": job,
        "total": total,
        "list_path": returns_bulk.list_path(job.query),
        "percent": 100 * job.position // total if total else 100,
        "preview": bulk.preview(job) if job.status == bulk.Status.DRAFT else None,
    }
    return render_page_or_fragment(request, "lists/bulk.html", "progress", context)
