"""The form of a rule."""

from collections.abc import Iterable
from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from config.text import require_visible
from returns.filters.named import MAX_ENTRY_NAME_LENGTH
from returns.models import Moment, Subscription, TagRule
from returns.rules.editing import adds_and_removes, version_of
from tags.forms import BulkForm


class RuleForm(BulkForm):
    """A rule's name, when it runs, and its tags."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_ENTRY_NAME_LENGTH, validators=[require_visible]
    )
    moment = forms.ChoiceField(choices=Moment, label=_("Runs"))

    notifies = forms.TypedChoiceField(
        label=_("Notify"), coerce=int, empty_value=None, required=False
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = ["name", "moment"]

    @classmethod
    def for_rule(
        cls, rule: TagRule, data: QueryDict | None, subscriptions: Iterable[Subscription] = ()
    ) -> Self:
        """Return the form of a rule, with the submitted data, if any.

        It may notify one of some subscriptions, or the one that it notifies already.
        """
        adds, removes = adds_and_removes(rule)
        initial: dict[str, Any] = {
            "name": rule.name,
            "moment": rule.moment,
            "add": adds,
            "remove": removes,
        }
        initial |= {"notifies": rule.notifies, "seen": version_of(rule)}
        form = cls(data, initial=initial)
        choices: list[tuple[int | str, str]] = [("", pgettext("notification", "nobody"))]
        choices += [(each.pk, each.name) for each in subscriptions]
        if rule.notifies and rule.notifies not in dict(choices):
            choices.append((rule.notifies, gettext("a notification of somebody else")))
        form.fields["notifies"].choices = choices  # type: ignore[attr-defined]
        return form
