"""The form of a rule."""

from typing import Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from config.text import require_visible
from returns.filters.named import MAX_ENTRY_NAME_LENGTH
from returns.models import Moment, TagRule
from returns.rules.editing import adds_and_removes, version_of
from tags.forms import BulkForm


class RuleForm(BulkForm):
    """A rule's name, when it runs, and its tags."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_ENTRY_NAME_LENGTH, validators=[require_visible]
    )
    moment = forms.ChoiceField(choices=Moment, label=_("Runs"))

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["name", "moment"]

    @classmethod
    def for_rule(cls, rule: TagRule, data: QueryDict | None) -> Self:
        """Return the form of a stored rule, with the submitted data, if any."""
        adds, removes = adds_and_removes(rule)
        initial = {"name": rule.name, "moment": rule.moment, "add": adds, "remove": removes}
        return cls(data, initial=initial | {"seen": version_of(rule)})
