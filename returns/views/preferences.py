"""A person's own preferences, and the columns of their list."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.forms import model_to_dict
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language_from_request, gettext, override
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from config.addresses import next_page
from config.htmx import render_page_or_fragment, wants_fragment
from returns.lists.columns import column_choices, shown_columns
from returns.lists.forms import ColumnsForm
from returns.people.forms import PreferencesForm
from returns.people.person import PersonRequest, get_preferences, save_preferences
from returns.views.languages import remember_in_browser


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    """Show and save a person's own preferences."""
    current = model_to_dict(get_preferences(request.user), PreferencesForm.base_fields)
    form = PreferencesForm(request.POST or None, initial=current)
    if request.method == "POST" and form.is_valid():
        return _save(request, form.cleaned_data)
    return render(
        request, "people/preferences.html", {"form": form}, status=422 if form.errors else 200
    )


def _save(request: PersonRequest, chosen: dict[str, Any]) -> HttpResponse:
    save_preferences(request.user, chosen)
    response = redirect("preferences")
    remember_in_browser(response, chosen["language"])
    request.COOKIES.pop(settings.LANGUAGE_COOKIE_NAME, None)
    # The next page is in the language that was chosen, or else in the browser's, and so is this.
    with override(chosen["language"] or get_language_from_request(request)):
        messages.success(request, gettext("Preferences saved."))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: PersonRequest) -> HttpResponse:
    """Show and save the columns of a person's list, then return to the list.

    For the menu on the list itself, the answer is the menu and an event that reloads the list.
    """
    form = ColumnsForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _show_columns(request, form)
    save_preferences(request.user, form.chosen())
    if wants_fragment(request):
        return trigger_client_event(_show_columns(request, form), "columns-kept")
    return HttpResponseRedirect(next_page(request, default=reverse("return-list")), status=303)


def _show_columns(request: PersonRequest, form: ColumnsForm) -> HttpResponse:
    saved = get_preferences(request.user)
    context = {
        "form": form,
        "choices": column_choices(shown_columns(saved.columns)),
        "density": saved.density,
        "next": next_page(request, default=reverse("return-list")),
    }
    status = 422 if form.errors else 200
    return render_page_or_fragment(request, "lists/columns.html", "menu", context, status)
