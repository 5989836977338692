"""The forms of macros: what one does, and which one to run."""

from typing import Any, Self
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.text import require_visible
from returns.follow_ups.forms import When
from returns.macros.editing import STEP_FIELDS, version_of
from returns.models import (
    COMMENT_LENGTH,
    MAX_MACRO_NAME_LENGTH,
    MAX_WHY_LENGTH,
    Language,
    Macro,
)
from returns.record.forms import CommentField
from returns.rules.editing import adds_and_removes
from tags.forms import BulkForm

MAX_DIGITS_OF_MACRO = 18
REMIND_CHOICES = [
    ("", pgettext_lazy("remind me", "no reminder")),
    *((each.value, each.label) for each in When if each is not When.DATE),
]
SENTENCE_CHOICES = [("", pgettext_lazy("sentence", "none")), *Language.choices]


class MacroForm(BulkForm):
    """A macro's name, its tags, and what else it does."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_MACRO_NAME_LENGTH, validators=[require_visible]
    )
    comment = CommentField(
        label=_("Comment"),
        max_length=COMMENT_LENGTH,
        required=False,
        help_text=_("Written by whoever runs the macro. @ and a user name tells a colleague."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "max_length": _(
                "A comment can have up to %(limit_value)s characters; this one has %(show_value)s."
            ),
        },
    )
    language = forms.ChoiceField(
        label=_("Sentence for the shopper"),
        choices=SENTENCE_CHOICES,
        required=False,
        help_text=_("Copied when the macro is run on a single return."),
    )
    claims = forms.BooleanField(
        label=_("Claim the return for whoever runs the macro"), required=False
    )
    remind = forms.ChoiceField(label=_("Reminder"), choices=REMIND_CHOICES, required=False)
    why = forms.CharField(
        label=_("Reason of the reminder"),
        max_length=MAX_WHY_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"class": "text", "autocomplete": "off"}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def for_macro(cls, macro: Macro, data: QueryDict | None) -> Self:
        """Return the form of a macro, with the submitted data, if any."""
        adds, removes = adds_and_removes(macro)
        initial: dict[str, Any] = {name: getattr(macro, name) for name in ("name", *STEP_FIELDS)}
        return cls(data, initial=initial | {"add": adds, "remove": removes} | _seen(macro))


def _seen(macro: Macro) -> dict[str, str]:
    return {"seen": version_of(macro)}


class RunForm(forms.Form):
    """The macro that a person chose: its id and version as they saw it, behind one another.

    ``token`` identifies the page on which it was chosen.
    """

    macro = forms.RegexField(rf"^[0-9]{{1,{MAX_DIGITS_OF_MACRO}}} [0-9a-f]{{1,16}}\Z")
    token = forms.UUIDField(required=False)

    def clean_token(self) -> UUID:
        """Return the token, or a new one if the form was sent without it."""
        return self.cleaned_data["token"] or uuid4()

    @property
    def chosen(self) -> tuple[int, str]:
        """Return the id and the version of the macro."""
        pk, version = self.cleaned_data["macro"].split(" ")
        return int(pk), version
