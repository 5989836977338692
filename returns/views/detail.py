"""The page of one return."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from returns.details import return_details
from returns.people import PersonRequest, preferences_of


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def return_detail(request: PersonRequest, reference: str) -> HttpResponse:
    """Show one return; 404 when there is none with this reference."""
    language = preferences_of(request.user).shopper_language
    return render(request, "returns/detail.html", {"details": return_details(reference, language)})
