"""The page of a person."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from returns.mine.page import my_page
from returns.people.person import PersonRequest


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def show(request: PersonRequest) -> HttpResponse:
    """Show what the person has to do, has claimed, has running, and did last."""
    return render(request, "mine/page.html", {"page": my_page(request.user, timezone.now())})
