"""The list of returns."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from config.htmx import HtmxRequest, render_page_or_fragment
from returns.lists import return_list


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def returns(request: HtmxRequest) -> HttpResponse:
    """Show the returns that the query string selects, a page at a time."""
    found = return_list(request.GET)
    return render_page_or_fragment(
        request, "returns/list.html", "answer", {"list": found}, address=found.address
    )
