"""The page of an order."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from returns.order_page.page import order_page
from returns.people.person import DeskRequest


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def order(request: DeskRequest, reference: str) -> HttpResponse:
    """Show the order with this reference and its returns, or 404."""
    return render(request, "order_page/page.html", {"page": order_page(reference)})
