"""The page of a return, and its preview beside the list."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from config.forms import save_form
from config.htmx import VARY_ON_HTMX, wants_fragment
from returns.filters.claimed import query_of
from returns.lists.place import find_place
from returns.live.open_return import open_return
from returns.models import Return
from returns.models.access import ShopperView
from returns.people.access import record_shopper_view
from returns.people.person import DeskRequest, PersonRequest, get_preferences
from returns.people.recent import note_opened, recent_returns
from returns.record import deletion
from returns.record.details import ReturnDetails, return_details
from returns.record.forms import DeletionForm
from returns.record.shopper import MAY_SEE_SHOPPER_NAMES


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def return_detail(request: PersonRequest, reference: str) -> HttpResponse:
    """Show the return with this reference, or 404. Admins read there who deleted it, and why."""
    try:
        page = open_return(reference, request.user)
    except Http404:
        may_see = request.user.has_perm(deletion.MAY_SEE_DELETED)
        trace = deletion.trace_of(reference) if may_see else None
        if trace is None:
            raise
        return render(request, "record/deleted.html", {"trace": trace}, status=404)
    details = page.details
    _record_name(request, details)
    query = query_of(request)
    place = find_place(query, details.record, details.vocabulary) if details else None
    here = request.get_full_path() if place else ""
    context = {"live": page, "details": details, "place": place, "here": here}
    return render(request, "record/page.html", context)


@require_safe
@vary_on_headers(*VARY_ON_HTMX)
@permission_required("returns.view_return", raise_exception=True)
def recent(request: DeskRequest) -> HttpResponse:
    """Show the returns that the person opened last; for the search box, the list alone."""
    template = "people/recent.html#offers" if wants_fragment(request) else "people/recent.html"
    return render(request, template, {"records": recent_returns(request.user)})


@permission_required("returns.view_return", raise_exception=True)
@require_POST
def opened(request: PersonRequest, pk: int) -> HttpResponse:
    """Note that the person has opened the preview of a return."""
    note_opened(get_object_or_404(Return.objects.only("pk"), pk=pk).pk, request.user)
    return HttpResponse(status=204)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(deletion.MAY_DELETE, raise_exception=True)
def delete(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask for the reference and the reason, then delete a return that never was."""
    record = get_object_or_404(Return, pk=pk)
    form = DeletionForm(request.POST or None)
    if request.method == "POST" and save_form(form, partial(_delete, request, record)):
        text = _("Deleted %(reference)s. Its trace is in Django admin.")
        messages.success(request, text % {"reference": record})
        return redirect("return-list")
    context = {"record": record, "form": form, "belongings": deletion.belongings_of(record)}
    status = 422 if request.method == "POST" else 200
    return render(request, "record/delete.html", context, status=status)


def _delete(request: PersonRequest, record: Return, data: dict[str, Any]) -> None:
    deletion.delete_return(record, data["reference"], data["reason"], request.user)


@require_safe
@vary_on_headers(*VARY_ON_HTMX)
@permission_required("returns.view_return", raise_exception=True)
def return_card(request: DeskRequest, pk: int) -> HttpResponse:
    """Show the preview of a return. Without htmx, redirect to its page."""
    may_see_names = request.user.has_perm(MAY_SEE_SHOPPER_NAMES)
    language = get_preferences(request.user).shopper_language
    details = return_details(pk, language, may_see_names=may_see_names)
    if not wants_fragment(request):
        return redirect(details.record)
    _record_name(request, details)
    return render(request, "record/preview.html#card", {"details": details})


def _record_name(request: PersonRequest, details: ReturnDetails | None) -> None:
    """Record that the person sees the name of a shopper, if it is shown."""
    if details and details.shopper.name:
        record_shopper_view(request, ShopperView.NAME, details.record.return_reference_number)
