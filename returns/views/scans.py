"""Scan parcels one after the other, with a verdict on each."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from config.htmx import render_page_or_fragment, wants_fragment
from returns.filters.claimed import query_of
from returns.filters.query import Query
from returns.models import Scan
from returns.people.person import DeskRequest
from returns.scans.forms import ChoiceForm, ScanForm
from returns.scans.page import scan_page
from returns.scans.recording import choose_return, dismiss_number, record_scan, start_session

# Shows the verdict on the last scan, and all scans of the session.
LAST_SCAN = Query.from_lists({})
may_scan = permission_required("returns.view_return", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@may_scan
def scan(request: DeskRequest) -> HttpResponse:
    """Show the page for scanning, or store a scan and answer with its verdict."""
    if request.method != "POST":
        return _page(request, query_of(request))
    form, now = ScanForm(request.POST), timezone.now()
    if not form.is_valid():
        return _page(request, form=form, status=422)
    stored = record_scan(request.user, form.cleaned_data["text"], form.cleaned_data["token"], now)
    # The answer shows all scans, even if the page showed those of one verdict.
    return (
        _page(request, stored=stored, address="") if wants_fragment(request) else redirect("scan")
    )


@require_POST
@may_scan
def choose(request: DeskRequest, pk: int) -> HttpResponse:
    """Store which of several matching returns was scanned."""
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        raise BadRequest(_("No return was chosen."))
    choose_return(request.user, pk, form.cleaned_data["record"], timezone.now())
    chosen = Query.from_lists({"scan": [str(pk)]})
    return (
        _page(request, chosen)
        if wants_fragment(request)
        else redirect(chosen.path(reverse("scan")))
    )


@require_POST
@may_scan
def dismiss(request: DeskRequest, pk: int) -> HttpResponse:
    """Take an unknown number off the list."""
    dismiss_number(request.user, pk)
    return _page(request) if wants_fragment(request) else redirect("scan")


@require_POST
@may_scan
def new_session(request: DeskRequest) -> HttpResponse:
    """Empty the list of scans."""
    start_session(request.user)
    return redirect("scan")


def _page(
    request: DeskRequest,
    query: Query = LAST_SCAN,
    stored: Scan | None = None,
    form: ScanForm | None = None,
    status: int = 200,
    address: str | None = None,
) -> HttpResponse:
    page = scan_page(request.user, query, timezone.now(), stored)
    context = {"page": page, "form": form}
    return render_page_or_fragment(request, "scans/page.html", "results", context, status, address)
