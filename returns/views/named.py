"""What the pages of rules and of deadlines have in common: each is made of the list's filter."""

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from returns.people.person import PersonRequest


def refuse(
    request: PersonRequest, error: ValidationError, title: str, all_entries: tuple[str, str]
) -> HttpResponse:
    """Say on a page with this title why a filter makes nothing.

    ``all_entries`` are the path and the words of the link to all entries of its kind.
    """
    context = {"title": title, "problems": error.messages, "all_entries": all_entries}
    status = 422 if request.method == "POST" else 200
    return render(request, "filters/refused.html", context, status=status)


def replaced[Entry: Model](request: PersonRequest, model: type[Entry]) -> Entry:
    """Return the entry that a person gives another filter. Raises ``Http404``."""
    number = request.POST["replaces"]
    return get_object_or_404(model, pk=int(number) if number.isdecimal() else 0)
