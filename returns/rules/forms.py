"""The form of a rule."""

from django import forms

from returns.lists.saved_views import NAME_LENGTH
from returns.models import Moment
from tags.forms import BulkForm


class RuleForm(BulkForm):
    """A rule's name, its moment, and its tags."""

    name = forms.CharField(max_length=NAME_LENGTH)
    moment = forms.ChoiceField(choices=Moment, label="Looks at a return")

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["name", "moment"]
