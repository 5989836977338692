"""Reports: how returns run, every number with the list behind it."""

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from returns.people import PersonRequest
from returns.reports.report import report_of


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def show(request: PersonRequest) -> HttpResponse:
    """Show the report that the query string asks for."""
    context = {"report": report_of(request.GET, timezone.now()), "zone": settings.TIME_ZONE}
    return render(request, "reports/page.html", context)
