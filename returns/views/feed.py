"""The feed: its state, its runs and rejected records. Only managers can fix and retry records."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from config.client import client_address
from config.htmx import render_page_or_fragment
from config.numbers import grouped
from returns.exports import abort
from returns.feed import overview, retries
from returns.feed import undo as undoing
from returns.feed.intake import IntakeResult
from returns.feed.run_changes import list_changes
from returns.models import Fate, FeedRun, Loop, RejectedRecord
from returns.models.access import BulkWork
from returns.operations.heartbeat import are_running, is_running
from returns.people.access import record_bulk_work, record_export
from returns.people.person import DeskRequest, PersonRequest
from returns.views.callers import heavy

FATE_TABS = (
    (Fate.WAITING, pgettext_lazy("rejected records", "Waiting")),
    (Fate.IMPORTED, pgettext_lazy("rejected records", "Imported")),
    (Fate.SUPERSEDED, pgettext_lazy("rejected records", "Superseded")),
    (Fate.ASIDE, pgettext_lazy("rejected records", "Set aside")),
)
may_see = permission_required("returns.view_return", raise_exception=True)
may_change = permission_required(retries.MAY_CHANGE_FEED, raise_exception=True)


@require_safe
@may_see
def show(request: PersonRequest) -> HttpResponse:
    """Show the state of the feed and its runs, or with ``?files`` only imports of files."""
    before, only_files = _number(request.GET.get("before", "")), "files" in request.GET
    context = {
        "health": overview.feed_health(),
        "runs": overview.list_runs(before, only_files=only_files),
        "only_files": only_files,
        "is_attended": are_running(Loop.STEPS, Loop.FILES),
    }
    return render(request, "feed/page.html", context)


@require_safe
@may_see
def run(request: DeskRequest, pk: int) -> HttpResponse:
    """Show a run with what it changed, or with ``?kept=1`` what undoing it left as it is."""
    row = _run(pk)
    only_kept = "kept" in request.GET
    beyond = _number(request.GET.get("beyond", ""))
    context = {
        "run": overview.run_status(row),
        "is_unattended": _is_being_undone(row) and not is_running(Loop.STEPS),
        "rejects": overview.list_rejects(Fate.WAITING, row),
        "changes": list_changes(row, beyond, only_kept=only_kept),
        "only_kept": only_kept,
        "beyond": beyond,
        "undo_problem": undoing.undo_problem(row),
    }
    return render_page_or_fragment(request, "feed/run.html", "facts", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
@heavy
def undo_run(request: PersonRequest, pk: int) -> HttpResponse:
    """Show what undoing an import would do. Undo it."""
    row = _run(pk)
    if request.method == "POST":
        try:
            undoing.undo(row, request.user)
            record_bulk_work(request, BulkWork.IMPORT_UNDONE, None, origin=row.origin)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        return redirect("feed-run", pk)
    problem = undoing.undo_problem(row)
    context = {"run": row, "problem": problem, "preview": None if problem else undoing.preview(row)}
    return render(request, "feed/undo.html", context)


def _is_being_undone(row: FeedRun) -> bool:
    undo = getattr(row, "undo", None)
    return undo is not None and undo.ended_at is None


def _run(pk: int) -> FeedRun:
    return get_object_or_404(FeedRun.objects.select_related("by", "undo__by", "tag_action"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def rejected(request: PersonRequest) -> HttpResponse:
    """Show rejected records with a ``fate`` (default: waiting), of one ``run`` or of all."""
    fate, row = _selection(request.GET)
    if request.method == "POST":
        return _run_action(request, fate, row)
    context = {
        "rejects": overview.list_rejects(fate, row, _number(request.GET.get("beyond", ""))),
        "fate": fate,
        "fates": Fate,
        "tabs": FATE_TABS,
        "run": row,
    }
    return render(request, "feed/rejected.html", context)


@require_GET
@may_change
@heavy
def rejected_file(request: PersonRequest) -> HttpResponseBase:
    """Return the rejected records as received, one JSON line each, to be fixed and uploaded."""
    rejects = overview.filter_rejects(*_selection(request.GET))
    query, address = request.GET.urlencode(), client_address(request)
    record_export(request.user, address, "rejected records", query, rejects.count())
    lines = abort.plain_stream(overview.json_lines(rejects))
    # Translators: the beginning of the name of a downloaded file.
    beginning = pgettext("file name", "rejected")
    name = f"{beginning} {timezone.localtime():%Y-%m-%d %H%M}.jsonl"
    answer = StreamingHttpResponse(lines, content_type="application/jsonl; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def _selection(params: QueryDict) -> tuple[Fate, FeedRun | None]:
    fate = params.get("fate", Fate.WAITING)
    if fate not in Fate.values:
        raise Http404(_("Unknown kind of rejected records."))
    run_id = params.get("run", "")
    return Fate(fate), get_object_or_404(FeedRun, pk=_number(run_id)) if run_id else None


def _run_action(request: PersonRequest, fate: Fate, row: FeedRun | None) -> HttpResponse:
    if not request.user.has_perm(retries.MAY_CHANGE_FEED):
        raise PermissionDenied(_("Only managers can fix rejected records."))
    action = next((name for name in ("retry", "mend", "aside", "back") if name in request.POST), "")
    if not action:
        raise BadRequest(_("Unknown action."))
    value = request.POST[action]
    is_all = value == "all" and action != "mend"
    rejects = overview.filter_rejects(fate, row, None if is_all else _number(value))
    try:
        messages.success(request, _apply(request, action, rejects))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    query: dict[str, Any] = {name: value for name, value in request.GET.items() if value}
    return redirect(reverse("feed-rejected", query=query))


def _apply(request: PersonRequest, action: str, rejects: QuerySet[RejectedRecord]) -> str:
    """Run the action and return a message about the result."""
    if action in ("retry", "mend"):
        result = _retry(request, action, rejects)
        record_bulk_work(request, BulkWork.RETRIED, result.read, query=request.GET.urlencode())
        imported, rejected = result.read - result.rejected, result.rejected
        return ngettext(
            "%(count)s record retried: %(imported)s imported, %(rejected)s rejected again.",
            "%(count)s records retried: %(imported)s imported, %(rejected)s rejected again.",
            result.read,
        ) % {
            "count": grouped(result.read),
            "imported": grouped(imported),
            "rejected": grouped(rejected),
        }
    if action == "aside":
        count = retries.set_aside(rejects, request.user)
        text = ngettext("%(count)s record set aside.", "%(count)s records set aside.", count)
    else:
        count = retries.put_back(rejects)
        text = ngettext(
            "%(count)s record waiting again.", "%(count)s records waiting again.", count
        )
    return text % {"count": grouped(count)}


def _retry(request: PersonRequest, action: str, rejects: QuerySet[RejectedRecord]) -> IntakeResult:
    if action == "mend":
        return retries.fix_value(rejects, request.POST.get("value", ""), request.user)
    return retries.retry(rejects, request.user)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
