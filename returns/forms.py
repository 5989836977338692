"""Forms of people's own pages, of comments and of rules."""

from collections import defaultdict
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group, User

from returns.comments import clean_text, holds_unseen
from returns.models import COMMENT_LENGTH, Density, Moment
from returns.saved_views import MAY_SHARE, NAME_LENGTH
from returns.search import LONGEST_TEXT
from returns.tables import ALWAYS, COLUMNS, USUAL
from tags.forms import BulkForm

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


NO_SUCH_COLUMN = "There is no column “%(value)s”."
UP, DOWN = "up", "down"


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
        columns = [ALWAYS, *(name for name in data["columns"] if name != ALWAYS)]
        if data["move"]:
            _move(columns, *data["move"].split())
        # The usual ones are kept as none, so that they change with the program.
        is_usual = data["usual"] or tuple(columns) == USUAL
        return {"columns": [] if is_usual else columns, "density": data["density"]}


def _move(columns: list[str], way: str, name: str) -> None:
    if name not in columns:
        return
    here = columns.index(name)
    there = here - 1 if way == UP else here + 1
    if 0 < there < len(columns):
        columns.insert(there, columns.pop(here))


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


class RuleForm(BulkForm):
    """A rule's name, its moment, and its tags."""

    name = forms.CharField(max_length=NAME_LENGTH)
    moment = forms.ChoiceField(choices=Moment, label="Looks at a return")

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["name", "moment"]


class CommentField(forms.CharField):
    """The text of a comment, as it is kept."""

    widget = forms.Textarea

    def to_python(self, value: str | None) -> str:
        """Clean the text before it is checked, so that what cannot be seen refuses nothing."""
        return clean_text(value or "")


class CommentForm(forms.Form):
    """What a person writes about a return: a new comment, or one that ``replaces`` a text."""

    text = CommentField(
        max_length=COMMENT_LENGTH,
        error_messages={
            "required": "Write something first.",
            "max_length": "A comment has at most %(limit_value)d characters; "
            "this has %(show_value)d.",
        },
    )
    token = forms.UUIDField(required=False)
    replaces = forms.CharField(required=False)

    def clean_token(self) -> UUID:
        """Return the form's own token; a form that came without one is like no other."""
        return self.cleaned_data["token"] or uuid4()

    @property
    def left_out(self) -> str:
        """Say that something was left out of the text, or nothing."""
        unseen = holds_unseen(self.data.get("text", ""))
        return ", without characters that cannot be seen" if unseen else ""


class UploadForm(forms.Form):
    """A file of returns."""

    required_css_class = "required"
    file = forms.FileField(
        label="File",
        help_text="CSV or JSON, up to 20 MB. Nothing is imported before you saw what it does.",
        allow_empty_file=True,  # our own words say so
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.json,.jsonl"}),
        error_messages={"required": "Choose a file."},
    )
