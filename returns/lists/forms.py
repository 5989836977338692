"""Forms of the list: choosing columns, and saving a view."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.ordering import moved
from returns.filters.named import MAX_ENTRY_NAME_LENGTH
from returns.lists.columns import COLUMN_NAMES, DEFAULT_COLUMNS, FIRST_COLUMN
from returns.lists.saved_views import MAY_SHARE
from returns.models import Density
from returns.people.forms import RoleField
from returns.search import MAX_SEARCH_LENGTH

NO_SUCH_COLUMN = _("There is no column “%(value)s”.")
UP, DOWN = "up", "down"


class ColumnsForm(forms.Form):
    """The columns of the list, in their order, and the density of its rows."""

    columns = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name) for name in COLUMN_NAMES],
        error_messages={"invalid_choice": NO_SUCH_COLUMN},
    )
    density = forms.ChoiceField(
        choices=Density.choices, error_messages={"required": _("Choose a row density.")}
    )
    move = forms.ChoiceField(
        required=False,
        choices=[
            (f"{direction} {name}", name) for name in COLUMN_NAMES for direction in (UP, DOWN)
        ],
        error_messages={"invalid_choice": _("“%(value)s” is not a valid move.")},
    )
    usual = forms.BooleanField(required=False)

    def chosen(self) -> dict[str, Any]:
        """Return the choices by the field names of ``Preferences``."""
        data = self.cleaned_data
        columns = [name for name in data["columns"] if name != FIRST_COLUMN]
        if data["move"]:
            direction, name = data["move"].split()
            columns = moved(columns, name, up=direction == UP)
        columns = [FIRST_COLUMN, *columns]
        # Store the defaults as an empty list, so that new defaults apply.
        is_default = data["usual"] or tuple(columns) == DEFAULT_COLUMNS
        return {"columns": [] if is_default else columns, "density": data["density"]}


class SaveViewForm(forms.Form):
    """A name for a filter, and for whom to save it."""

    name = forms.CharField(label=_("Name"), max_length=MAX_ENTRY_NAME_LENGTH)
    query = forms.CharField(
        required=False, max_length=2 * MAX_SEARCH_LENGTH, widget=forms.HiddenInput
    )
    role = RoleField(
        Group.objects.none(),
        label=pgettext_lazy("whose saved view", "For"),
        required=False,
        empty_label=_("Only me"),
    )
    is_queue = forms.BooleanField(label=_("Also show as a queue"), required=False)

    def __init__(self, user: User, data: Any = None, *, is_queue: bool = False) -> None:
        super().__init__(data, auto_id="save-view-%s", initial={"is_queue": is_queue})
        if user.has_perm(MAY_SHARE):
            self.fields["role"].queryset = Group.objects.all()  # type: ignore[attr-defined]
        else:
            del self.fields["role"]

    def clean(self) -> dict[str, Any]:
        """Return the choices; without a field for the role, the role is None."""
        return {"role": None, **(super().clean() or {})}
