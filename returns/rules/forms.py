"""The form of a rule."""

from typing import Self

from django import forms
from django.http import QueryDict

from returns.filters.named import NAME_LENGTH
from returns.models import Moment, TagRule
from returns.rules.editing import adds_and_removes, version_of
from tags.forms import BulkForm


class RuleForm(BulkForm):
    """A rule's name, its moment, and its tags."""

    name = forms.CharField(max_length=NAME_LENGTH)
    moment = forms.ChoiceField(choices=Moment, label="Looks at a return")

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["name", "moment"]

    @classmethod
    def of(cls, rule: TagRule, data: QueryDict | None) -> Self:
        """Return the form of a rule that is kept, with what a person sent."""
        adds, removes = adds_and_removes(rule)
        starts = {"name": rule.name, "moment": rule.moment, "add": adds, "remove": removes}
        return cls(data, initial=starts | {"seen": version_of(rule)})
