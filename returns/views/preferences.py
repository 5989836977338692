"""What a person chooses for themselves: the zone of their times, the density of their rows."""

from django.contrib import messages
from django.forms import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from returns import people
from returns.forms import PreferencesForm


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: people.PersonRequest) -> HttpResponse:
    """Show a person's own preferences, and keep what they choose."""
    now = model_to_dict(people.preferences_of(request.user), PreferencesForm.base_fields)
    form = PreferencesForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        people.save_preferences(request.user, form.cleaned_data)
        messages.success(request, "Saved")
        return redirect("preferences")
    return render(request, "preferences.html", {"form": form}, status=422 if form.errors else 200)
