"""The page of one return."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from returns.details import return_details


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def return_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one return; 404 when there is none with this reference."""
    return render(request, "returns/detail.html", {"details": return_details(reference)})
