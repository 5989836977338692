"""What a person chooses for themselves: the zone of their times, the columns of their list."""

from django.contrib import messages
from django.forms import model_to_dict
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from config.addresses import next_page
from config.htmx import render_page_or_fragment, wants_fragment
from returns.lists.columns import column_choices, shown_columns
from returns.lists.forms import ColumnsForm
from returns.people import person as people
from returns.people.forms import PreferencesForm


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: people.PersonRequest) -> HttpResponse:
    """Show a person's own preferences, and keep what they choose."""
    now = model_to_dict(people.get_preferences(request.user), PreferencesForm.base_fields)
    form = PreferencesForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        people.save_preferences(request.user, form.cleaned_data)
        messages.success(request, "Saved")
        return redirect("preferences")
    return render(
        request, "people/preferences.html", {"form": form}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: people.PersonRequest) -> HttpResponse:
    """Show a person's columns of the list; keep what they choose, and lead back to the list.

    The list's own menu stays where it is, and the list is told to follow.
    """
    form = ColumnsForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _show_columns(request, form)
    people.save_preferences(request.user, form.chosen())
    if wants_fragment(request):
        return trigger_client_event(_show_columns(request, form), "columns-kept")
    return HttpResponseRedirect(next_page(request, default=reverse("return-list")), status=303)


def _show_columns(request: people.PersonRequest, form: ColumnsForm) -> HttpResponse:
    chosen = people.get_preferences(request.user)
    context = {
        "form": form,
        "choices": column_choices(shown_columns(chosen.columns)),
        "density": chosen.density,
        "next": next_page(request, default=reverse("return-list")),
    }
    status = 422 if form.errors else 200
    return render_page_or_fragment(request, "lists/columns.html", "menu", context, status)
