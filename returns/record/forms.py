"""The form of a comment."""

from uuid import UUID, uuid4

from django import forms

from returns.models import COMMENT_LENGTH
from returns.record.comments import clean_text, holds_unseen


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
