"""Tag many returns at once: choose tags, preview, follow the progress, undo."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from config.htmx import render_page_or_fragment
from returns.filters.claimed import query_of
from returns.lists.bulk import choose_returns, create_draft, list_path, start
from returns.macros.wording import name_of_run, preview_of
from returns.models import Loop
from returns.models.access import BulkWork
from returns.operations.heartbeat import is_running
from returns.people.access import record_bulk_work
from returns.people.person import DeskRequest
from returns.views.callers import heavy
from tags import bulk
from tags.forms import BulkForm
from tags.models import BulkTagging
from tags.undo import undo
from tags.vocabulary import load_vocabulary

may_tag = permission_required("returns.tag_return", raise_exception=True)
# Seconds of work in one request: when it is started, and when its page polls for progress.
START_SECONDS = 1.5
POLL_SECONDS = 0.7
AT_WORK = {bulk.Status.RUNNING, bulk.Status.UNDOING}


@require_http_methods(["GET", "HEAD", "POST"])
@may_tag
@heavy
def new(request: DeskRequest) -> HttpResponse:
    """Choose the tags for the returns selected by the query string."""
    form = BulkForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "chosen": None, "problems": []}
    try:
        chosen = context["chosen"] = choose_returns(query_of(request), request.user)
        if request.method == "POST" and form.is_valid():
            adds, removes = form.cleaned_data["add"], form.cleaned_data["remove"]
            job = create_draft(chosen, adds, removes, request.user)
            return redirect("bulk-tagging", job.pk)
    except ValidationError as error:
        context["problems"] = error.messages
    tags = load_vocabulary().values()
    context |= {"offered_tags": [tag for tag in tags if not tag.retired], "all_tags": tags}
    context |= {"adds": form.chosen_ids("add"), "removes": form.chosen_ids("remove")}
    status = 422 if request.method == "POST" else 200
    return render(request, "lists/bulk_new.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@may_tag
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """Show the preview, progress or result of a bulk tagging. Start, stop or undo it."""
    job = bulk.find_bulk(pk, request.user)
    if job is None:
        raise Http404(_("This bulk tagging does not exist, or belongs to somebody else."))
    if request.method != "POST":
        return _page(request, job)
    action = request.POST.get("action", "")
    if action == "go-on":
        bulk.run_steps(job, POLL_SECONDS)
        return _page(request, bulk.find_bulk(pk, request.user) or job)
    if action not in {"start", "stop", "undo"}:
        raise BadRequest("Unknown action.")
    try:
        if message := _run_action(request, job, action):
            messages.success(request, message)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("bulk-tagging", pk)


def _run_action(request: DeskRequest, job: BulkTagging, action: str) -> str:
    if action == "start":
        start(job, request.user)
        record_bulk_work(request, BulkWork.TAGGING, bulk.count_records(job), query=job.query)
        bulk.run_steps(job, START_SECONDS)
    elif job.action_id:
        words = undo(job.action_id, request.user)
        record_bulk_work(request, BulkWork.TAGGING_UNDONE, bulk.count_records(job), query=job.query)
        return words
    return ""


def _page(request: DeskRequest, job: BulkTagging) -> HttpResponse:
    total = bulk.count_records(job)
    context = {
        "job": job,
        "total": total,
        "is_unattended": job.status in AT_WORK and not is_running(Loop.STEPS),
        "list_path": list_path(job.query),
        "percent": 100 * job.position // total if total else 100,
        "preview": bulk.preview(job) if job.status == bulk.Status.DRAFT else None,
        "macro": name_of_run(job),
        "macro_preview": preview_of(job) if job.status == bulk.Status.DRAFT else None,
    }
    return render_page_or_fragment(request, "lists/bulk.html", "progress", context)
