"""Finding the returns of a shopper by a number that must not stay in an address."""

from collections.abc import Callable
from typing import cast

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import escape_leading_slashes
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from config.addresses import with_query
from returns.filters.query import Query
from returns.filters.typed_shoppers import find_likely_number, find_shopper_number
from returns.lists.shopper_search import find_typed, without_shopper_number
from returns.models.access import ShopperView
from returns.people.access import record_shopper_view
from returns.people.person import PersonRequest
from returns.search import MAX_SEARCH_LENGTH
from returns.views.lists import to_list

# Django admin searches people by their e-mail addresses.
OTHER_SEARCHES = ("/admin/", "/openapi/")


@sensitive_post_parameters("text")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@permission_required("returns.view_return", raise_exception=True)
def find(request: PersonRequest) -> HttpResponse:
    """Open what a posted text means: a return, the returns of a shopper, or a choice of both."""
    text = request.POST.get("text", "").strip()[:MAX_SEARCH_LENGTH]
    if request.method != "POST" or not text:
        # Also for Back to the choice, which has nothing to go by.
        return redirect("return-list")
    target = find_typed(text)
    if find_shopper_number(text):
        record_shopper_view(request, ShopperView.SEARCH, "")
    if isinstance(target, str):
        return to_list(target)
    return render(request, "lists/shopper_choice.html", {"choice": target})


class ShopperNumberMiddleware:
    """Takes e-mail addresses and phone numbers of shoppers out of addresses.

    The box never sends them there, but without scripts a form does. The answer is a redirect to
    the same page with the shopper in their place, before any page repeats the number in its links.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, or the redirect."""
        is_other = request.path.startswith(OTHER_SEARCHES) or request.method not in {"GET", "HEAD"}
        if is_other or "q" not in request.GET:
            return self.get_response(request)
        query = Query.from_querydict(request.GET)
        path = escape_leading_slashes(
            request.path
        )  # two of them would begin another site's address
        if not request.user.has_perm("returns.view_return"):
            # The answer depends on the text alone: it does not tell what the desk knows.
            if any(map(find_likely_number, query.getlist("q"))):
                return to_list(with_query(path, query.without("q", "shopper")))
            return self.get_response(request)
        found = without_shopper_number(query)
        if found is None:
            return self.get_response(request)
        record_shopper_view(cast("PersonRequest", request), ShopperView.SEARCH, "")
        is_box = request.path == reverse("return-find")
        return to_list(found.path(reverse("return-list") if is_box else path))
