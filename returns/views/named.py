"""Shared by the views of rules and deadlines, which are both created from the list's filter."""

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from returns.people.person import PersonRequest


def show_problems(
    request: PersonRequest, error: ValidationError, title: str, all_entries: tuple[str, str]
) -> HttpResponse:
    """Show a page that says why the filter cannot be used.

    ``all_entries`` are the path and the label of a link to all rules or deadlines.
    """
    context = {"title": title, "problems": error.messages, "all_entries": all_entries}
    status = 422 if request.method == "POST" else 200
    return render(request, "filters/refused.html", context, status=status)


def entry_to_change[Entry: Model](request: PersonRequest, model: type[Entry]) -> Entry:
    """Return the existing entry that gets the new filter. Raises ``Http404``."""
    return entry_among(request, model._default_manager.all())


def entry_among[Entry: Model](request: PersonRequest, entries: QuerySet[Entry]) -> Entry:
    """Return the same, if it is one of some entries. Raises ``Http404``."""
    number = request.POST["replaces"]
    return get_object_or_404(entries, pk=int(number) if number.isdecimal() else 0)
