"""The form for personal settings."""

from collections import defaultdict
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from config.shipped_names import role_label
from returns.models import Density, StartPage, Theme

# The first part of the name of a time zone, and how people call it.
REGIONS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": pgettext_lazy("oceans and the lands around them", "Arctic"),
    "Asia": _("Asia"),
    "Atlantic": pgettext_lazy("oceans and the lands around them", "Atlantic"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": pgettext_lazy("oceans and the lands around them", "Indian"),
    "Pacific": pgettext_lazy("oceans and the lands around them", "Pacific"),
}
Choices = list[tuple[str, str]]


def _zones() -> list[tuple[str, str | Choices]]:
    """Return the warehouse's time zone, then all time zones by region, as choices of a select."""
    cities: dict[str, Choices] = defaultdict(list)
    for name in sorted(available_timezones()):
        region, _, city = name.partition("/")
        if region in REGIONS:
            cities[region].append((name, city.replace("_", " ")))
    warehouse = gettext("Warehouse time (%(zone)s)") % {"zone": settings.TIME_ZONE}
    named = [(str(REGIONS[region]), zones) for region, zones in cities.items()]
    return [("", warehouse), ("UTC", "UTC"), *named]


class RoleField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A role, by the name that the reader knows."""

    def label_from_instance(self, obj: Group) -> str:
        """Return the name of the role."""
        return role_label(obj.name)


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Roles, by the names that the reader knows."""

    def label_from_instance(self, obj: Group) -> str:
        """Return the name of the role."""
        return role_label(obj.name)


class PreferencesForm(forms.Form):
    """A person's own settings. Its fields have the names of ``Preferences``."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser")), *settings.LANGUAGES],
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=_zones,
        help_text=_("Used for the times that you see. Date filters always use warehouse time."),
    )
    theme = forms.ChoiceField(
        label=_("Colours"), choices=Theme.choices, required=False, widget=forms.RadioSelect
    )
    start_page = forms.ChoiceField(label=_("Start page"), choices=StartPage.choices, required=False)
    density = forms.ChoiceField(
        label=_("Row density"), choices=Density.choices, widget=forms.RadioSelect
    )
    single_keys = forms.BooleanField(
        label=_("Single-key shortcuts"),
        required=False,
        help_text=_("Turn them off if you use dictation, or if you press keys by accident."),
    )
