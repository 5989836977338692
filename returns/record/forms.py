"""The form of a comment."""

from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.forms import GroupedNumbersMixin
from returns.models import COMMENT_LENGTH
from returns.record.comments import clean_text, has_invisible


class CommentField(GroupedNumbersMixin, forms.CharField):
    """The text of a comment."""

    widget = forms.Textarea

    def to_python(self, value: str | None) -> str:
        """Remove invisible characters before validation, so that they cause no errors."""
        return clean_text(value or "")


class CommentForm(forms.Form):
    """A new comment on a return, or a changed one that ``replaces`` an earlier text."""

    text = CommentField(
        max_length=COMMENT_LENGTH,
        error_messages={
            "required": _("Enter a comment."),
            "max_length": _(
                "A comment can have up to %(limit_value)s characters; this one has %(show_value)s."
            ),
        },
    )
    token = forms.UUIDField(required=False)
    replaces = forms.CharField(required=False)

    def clean_token(self) -> UUID:
        """Return the token of the form, or a new one if the form was sent without it."""
        return self.cleaned_data["token"] or uuid4()

    @property
    def cleaned_note(self) -> str:
        """Return a sentence if invisible characters were removed from the text, otherwise ""."""
        cleaned = has_invisible(self.data.get("text", ""))
        return gettext("Invisible characters were removed.") if cleaned else ""


class DeletionForm(forms.Form):
    """The reference of a return that is to be deleted, and the reason."""

    required_css_class = "required"
    reference = forms.CharField(
        label=_("Type the return reference to confirm"),
        widget=forms.TextInput(attrs={"class": "text", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_(
            "For example: a test by the carrier, never a parcel. Admins can read it later."
        ),
        widget=forms.TextInput(attrs={"class": "text", "autocomplete": "off"}),
    )
