"""The form that asks whose password is to be reset."""

from django import forms
from django.utils.translation import gettext_lazy as _

MAX_WHO_LENGTH = 254


class AskForResetForm(forms.Form):
    """A user name or an e-mail address."""

    who = forms.CharField(
        label=_("Username or e-mail address"),
        max_length=MAX_WHO_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
