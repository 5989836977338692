"""How long what is kept: admins can see it."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from returns.people.person import PersonRequest
from returns.retention.overview import MAX_COUNTED, MAY_SEE_RETENTION, overview
from returns.retention.steps import database_time


@require_safe
@permission_required(MAY_SEE_RETENTION, raise_exception=True)
def show(request: PersonRequest) -> HttpResponse:
    """Show what is kept how long, what would go now, and when it last ran."""
    context = {"overview": overview(database_time()), "most": MAX_COUNTED}
    return render(request, "retention/page.html", context)
