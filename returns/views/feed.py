"""The feed: how it goes, each run, and what was rejected; seen by everybody, mended by managers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBadRequest, QueryDict
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from config.htmx import render_page_or_fragment
from returns.exports import abort
from returns.feed import overview, retries
from returns.feed.intake import IntakeResult
from returns.models import Fate, FeedRun, RejectedRecord
from returns.people.person import DeskRequest, PersonRequest

may_see = permission_required("returns.view_return", raise_exception=True)
may_change = permission_required(retries.MAY_CHANGE_FEED, raise_exception=True)


@require_safe
@may_see
def show(request: PersonRequest) -> HttpResponse:
    """Show how the feed goes, and its runs."""
    context = {
        "health": overview.feed_health(timezone.now()),
        "runs": overview.list_runs(_number(request.GET.get("before", ""))),
    }
    return render(request, "feed/page.html", context)


@require_safe
@may_see
def run(request: DeskRequest, pk: int) -> HttpResponse:
    """Show a run with the records that it rejected."""
    row = get_object_or_404(FeedRun.objects.select_related("by"), pk=pk)
    context = {"run": overview.run_status(row), "rejects": overview.list_rejects(Fate.WAITING, row)}
    return render_page_or_fragment(request, "feed/run.html", "facts", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def rejected(request: PersonRequest) -> HttpResponse:
    """Show rejected records: those that wait, or by ``fate`` others, of one ``run`` or of all."""
    fate, row = _chosen(request.GET)
    if request.method == "POST":
        return _act(request, fate, row)
    context = {
        "rejects": overview.list_rejects(fate, row, _number(request.GET.get("beyond", ""))),
        "fate": fate,
        "fates": Fate,
        "run": row,
    }
    return render(request, "feed/rejected.html", context)


@require_safe
@may_change
def rejected_file(request: PersonRequest) -> HttpResponseBase:
    """Give the records as they came, a JSON line each, to be mended and uploaded."""
    lines = abort.plain_stream(overview.json_lines(overview.filter_rejects(*_chosen(request.GET))))
    name = f"rejected {timezone.localtime():%Y-%m-%d %H%M}.jsonl"
    answer = StreamingHttpResponse(lines, content_type="application/jsonl; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _chosen(asked: QueryDict) -> tuple[Fate, FeedRun | None]:
    fate = asked.get("fate", Fate.WAITING)
    if fate not in Fate.values:
        raise Http404("There is no such fate of records.")
    row = get_object_or_404(FeedRun, pk=_number(asked.get("run", ""))) if asked.get("run") else None
    return Fate(fate), row


def _act(request: PersonRequest, fate: Fate, row: FeedRun | None) -> HttpResponse:
    if not request.user.has_perm(retries.MAY_CHANGE_FEED):
        raise PermissionDenied("Rejected records are mended by managers.")
    action = next((name for name in ("retry", "mend", "aside", "back") if name in request.POST), "")
    if not action:
        return HttpResponseBadRequest("There is no such action.")
    which = request.POST[action]
    all_of_them = which == "all" and action != "mend"
    found = overview.filter_rejects(fate, row, None if all_of_them else _number(which))
    try:
        messages.success(request, _done(request, action, found))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    query: dict[str, Any] = {name: value for name, value in request.GET.items() if value}
    return redirect(reverse("feed-rejected", query=query))


def _done(request: PersonRequest, action: str, found: QuerySet[RejectedRecord]) -> str:
    if action in ("retry", "mend"):
        taken = _tried(request, action, found)
        came, still = taken.read - taken.rejected, taken.rejected
        return f"Tried {taken.read:,} again: {came:,} came in, {still:,} are still rejected."
    if action == "aside":
        return f"Set {retries.set_aside(found, request.user):,} aside."
    return f"{retries.put_back(found):,} wait again."


def _tried(request: PersonRequest, action: str, found: QuerySet[RejectedRecord]) -> IntakeResult:
    if action == "mend":
        return retries.fix_value(found, request.POST.get("value", ""), request.user)
    return retries.retry(found, request.user)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
