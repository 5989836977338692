"""The page of a return, and its preview beside the list."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from config.htmx import VARY_ON_HTMX, wants_fragment
from returns.people.person import DeskRequest, PersonRequest, get_preferences
from returns.record.details import return_details, return_details_by_id


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def return_detail(request: PersonRequest, reference: str) -> HttpResponse:
    """Show the return with this reference, or 404."""
    language = get_preferences(request.user).shopper_language
    return render(request, "record/page.html", {"details": return_details(reference, language)})


@require_safe
@vary_on_headers(*VARY_ON_HTMX)
@permission_required("returns.view_return", raise_exception=True)
def return_card(request: DeskRequest, pk: int) -> HttpResponse:
    """Show the preview of a return. Without htmx, redirect to its page."""
    details = return_details_by_id(pk, get_preferences(request.user).shopper_language)
    if not wants_fragment(request):
        return redirect(details.record)
    return render(request, "record/preview.html#card", {"details": details})
