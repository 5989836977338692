"""The form of what people choose for themselves."""

from collections import defaultdict
from zoneinfo import available_timezones

from django import forms
from django.conf import settings

from returns.models import Density

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
    """Return the warehouse's zone, then all zones in their regions, as a select shows them."""
    cities: dict[str, Choices] = defaultdict(list)
    for name in sorted(available_timezones()):
        region, _, city = name.partition("/")
        if region in REGIONS:
            cities[region].append((name, city.replace("_", " ")))
    warehouse = f"The warehouse's zone, {settings.TIME_ZONE}"
    return [("", warehouse), ("UTC", "UTC"), *cities.items()]


class PreferencesForm(forms.Form):
    """A person's own choices; its names are those of ``Preferences``."""

    time_zone = forms.ChoiceField(
        required=False,
        choices=_zones,
        help_text="Only how times are shown to you: filters by date use the warehouse's zone.",
    )
    density = forms.ChoiceField(
        label="Rows of tables", choices=Density.choices, widget=forms.RadioSelect
    )
    single_keys = forms.BooleanField(
        label="Single-key shortcuts",
        required=False,
        help_text="Switch them off if you dictate, or if keys are pressed by accident.",
    )
