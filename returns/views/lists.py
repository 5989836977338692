"""The list of returns."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.htmx import HtmxRequest, render_page_or_fragment
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
def find(request: HttpRequest) -> HttpResponse:
    """Open the one return that the number means; otherwise list what it may mean."""
    record = only_match(request.GET)
    return redirect(record or f"{reverse('return-list')}?{without_blanks(request.GET).urlencode()}")
