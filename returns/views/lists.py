"""The list of returns."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.htmx import HtmxRequest, lead_to, render_page_or_fragment, wants_fragment
from returns.filtersets import without_blanks
from returns.lists import only_match, return_list


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def returns(request: HtmxRequest) -> HttpResponse:
    """Show the returns that the query string selects, a page at a time."""
    found = return_list(request.GET)
    return render_page_or_fragment(
        request, "returns/list.html", "answer", {"list": found}, address=found.address
    )


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def find(request: HtmxRequest) -> HttpResponse:
    """Open the return whose number was typed, if it is one alone; otherwise list the matches.

    The list in front of a person follows what they type, so htmx is told to leave it.
    """
    if found := only_match(request.GET):
        return lead_to(request, found.get_absolute_url())
    if wants_fragment(request):
        return HttpResponse(status=204)
    return lead_to(request, reverse("return-list", query=without_blanks(request.GET)))
