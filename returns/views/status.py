"""How the desk is doing: admins can see it."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from config.htmx import render_page_or_fragment
from returns.operations.page import MAY_SEE_STATUS, status_page
from returns.people.person import DeskRequest


@require_safe
@permission_required(MAY_SEE_STATUS, raise_exception=True)
def show(request: DeskRequest) -> HttpResponse:
    """Show the facts of now in words; the page asks again by itself."""
    context = {"status": status_page()}
    return render_page_or_fragment(request, "operations/page.html", "state", context)
