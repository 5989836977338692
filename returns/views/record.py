"""The page of one return, and its card beside the list."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from config.htmx import VARY_ON_HTMX, wants_fragment
from returns.people.person import DeskRequest, PersonRequest, get_preferences
from returns.record.details import details_of_id, return_details


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def return_detail(request: PersonRequest, reference: str) -> HttpResponse:
    """Show one return; 404 when there is none with this reference."""
    language = get_preferences(request.user).shopper_language
    return render(request, "record/page.html", {"details": return_details(reference, language)})


@require_safe
@vary_on_headers(*VARY_ON_HTMX)
@permission_required("returns.view_return", raise_exception=True)
def return_card(request: DeskRequest, pk: int) -> HttpResponse:
    """Show a return beside the list; its whole page where there is no list to show it beside."""
    details = details_of_id(pk, get_preferences(request.user).shopper_language)
    if not wants_fragment(request):
        return redirect(details.record)
    return render(request, "record/preview.html#card", {"details": details})
