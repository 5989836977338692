"""Forms of the list: its columns, and a name for its filter."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, User

from config.ordering import moved
from returns.filters.named import NAME_LENGTH
from returns.lists.columns import ALWAYS, COLUMNS, USUAL
from returns.lists.saved_views import MAY_SHARE
from returns.models import Density
from returns.search import LONGEST_TEXT

NO_SUCH_COLUMN = "There is no column “%(value)s”."
UP, DOWN = "up", "down"


class ColumnsForm(forms.Form):
    """The columns of the list, in their order, and the density of its rows."""

    columns = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name) for name in COLUMNS],
        error_messages={"invalid_choice": NO_SUCH_COLUMN},
    )
    density = forms.ChoiceField(
        choices=Density.choices, error_messages={"required": "Choose how much air the rows have."}
    )
    move = forms.ChoiceField(
        required=False,
        choices=[(f"{way} {name}", name) for name in COLUMNS for way in (UP, DOWN)],
        error_messages={"invalid_choice": "“%(value)s” moves no column."},
    )
    usual = forms.BooleanField(required=False)

    def chosen(self) -> dict[str, Any]:
        """Return what the person chose, by the names of ``Preferences``."""
        data = self.cleaned_data
        columns = [name for name in data["columns"] if name != ALWAYS]
        if data["move"]:
            way, name = data["move"].split()
            columns = moved(columns, name, up=way == UP)
        columns = [ALWAYS, *columns]
        # The usual ones are kept as none, so that they change with the program.
        is_usual = data["usual"] or tuple(columns) == USUAL
        return {"columns": [] if is_usual else columns, "density": data["density"]}


class SaveViewForm(forms.Form):
    """A name for a filter, and whom it is for."""

    name = forms.CharField(max_length=NAME_LENGTH)
    query = forms.CharField(required=False, max_length=2 * LONGEST_TEXT, widget=forms.HiddenInput)
    role = forms.ModelChoiceField(
        Group.objects.none(), label="For", required=False, empty_label="Only me"
    )
    is_queue = forms.BooleanField(label="Show it among the queues", required=False)

    def __init__(self, user: User, data: Any = None, *, is_queue: bool = False) -> None:
        super().__init__(data, auto_id="save-view-%s", initial={"is_queue": is_queue})
        if user.has_perm(MAY_SHARE):
            self.fields["role"].queryset = Group.objects.all()  # type: ignore[attr-defined]
        else:
            del self.fields["role"]

    def clean(self) -> dict[str, Any]:
        """Return what was chosen; nobody's role is nobody's."""
        return {"role": None, **(super().clean() or {})}
