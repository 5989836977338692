"""The form for personal settings."""

from collections import defaultdict
from zoneinfo import available_timezones

from django import forms
from django.conf import settings

from returns.models import Density, StartPage, Theme

REGIONS = {
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}
Choices = list[tuple[str, str]]


def _zones() -> list[tuple[str, str | Choices]]:
    """Return the warehouse's time zone, then all time zones by region, as choices of a select."""
    cities: dict[str, Choices] = defaultdict(list)
    for name in sorted(available_timezones()):
        region, _, city = name.partition("/")
        if region in REGIONS:
            cities[region].append((name, city.replace("_", " ")))
    warehouse = f"Warehouse time ({settings.TIME_ZONE})"
    return [("", warehouse), ("UTC", "UTC"), *cities.items()]


class PreferencesForm(forms.Form):
    """A person's own settings. Its fields have the names of ``Preferences``."""

    time_zone = forms.ChoiceField(
        required=False,
        choices=_zones,
        help_text="Used for the times that you see. Date filters always use warehouse time.",
    )
    theme = forms.ChoiceField(
        label="Colours", choices=Theme.choices, required=False, widget=forms.RadioSelect
    )
    start_page = forms.ChoiceField(label="Start page", choices=StartPage.choices, required=False)
    density = forms.ChoiceField(
        label="Row density", choices=Density.choices, widget=forms.RadioSelect
    )
    single_keys = forms.BooleanField(
        label="Single-key shortcuts",
        required=False,
        help_text="Turn them off if you use dictation, or if you press keys by accident.",
    )
