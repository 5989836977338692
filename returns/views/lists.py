"""The list of returns."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.htmx import (
    is_request_from,
    leave_page_unchanged,
    render_page_or_fragment,
    wants_fragment,
)
from returns.database.replica import lists_from_replica
from returns.filters.claimed import query_of
from returns.filters.known_values import offered_values
from returns.filters.query import Query
from returns.lists.facets import count_facets
from returns.lists.forms import SaveViewForm
from returns.lists.page import return_list
from returns.lists.shopper_search import SHOPPER_PARAMETER, find_number
from returns.lists.tabs import tabs, views_expression, views_of
from returns.live import polling
from returns.models.access import ShopperView
from returns.orders.tokens import orders_of_token
from returns.people.access import record_shopper_view
from returns.people.person import DeskRequest, get_preferences
from tags.vocabulary import load_vocabulary


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def returns(request: DeskRequest) -> HttpResponse:
    """Show the returns that match the query string, a page at a time."""
    query = query_of(request)
    views = () if wants_fragment(request) else views_expression(request.user)
    page = polling.open_page(request.path, query, *views)
    for token in query.getlist(SHOPPER_PARAMETER):
        if orders := orders_of_token(token):
            record_shopper_view(request, ShopperView.RETURNS, orders)
    # The page's token is of the primary, and older than the rows, so that a poll misses no change.
    return lists_from_replica(_list_page, request, query, page)


def _list_page(request: DeskRequest, query: Query, page: polling.LivePage) -> HttpResponse:
    vocabulary = load_vocabulary(page.vocabulary_mark)
    columns = get_preferences(request.user).columns
    matches = return_list(query, columns, vocabulary=vocabulary)
    context: dict[str, Any] = {"list": matches, "live": page.showing(matches)}
    if not wants_fragment(request):
        context["known_values"] = offered_values()
        context["tabs"] = tabs(views_of(page.further), query, matches.vocabulary)
        context["save_form"] = SaveViewForm(request.user)
    return render_page_or_fragment(
        request, "lists/page.html", "answer", context, address=matches.address
    )


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def find(request: DeskRequest) -> HttpResponse:
    """Open the return or the order with the number in the box, or else the list of matches.

    On the list itself nothing more is needed, because it filters while a person types.
    """
    query = query_of(request)
    if path := find_number(query):
        return to_list(path)
    if is_request_from(request, reverse("return-list")):
        return leave_page_unchanged()
    return to_list(query.path(reverse("return-list")))


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def facets(request: DeskRequest) -> HttpResponse:
    """Count the returns that match the query string by tag."""
    return lists_from_replica(_facets, request)


def _facets(request: DeskRequest) -> HttpResponse:
    context = {"facets": count_facets(query_of(request))}
    return render(request, "lists/page.html#facets", context)


def to_list(address: str) -> HttpResponse:
    """Redirect to a list of returns. Its address may be of any length; the list checks it."""
    return redirect(address, max_length=None)
