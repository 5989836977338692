"""The forms for second factors: a code, the name of a passkey, and a password to confirm."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.text import require_visible
from returns.people.second_factor import MAX_PASSKEY_NAME

WRONG_CODE = _("This code is wrong, was used before, or is too old. Enter the one shown now.")
MAX_CODE_LENGTH = 20


class CodeForm(forms.Form):
    """A code of an app, or a recovery code. Browsers must not keep it."""

    code = forms.CharField(
        label=pgettext_lazy("second factor", "Code"),
        max_length=MAX_CODE_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )


class PasskeyNameForm(forms.Form):
    """How a person calls a passkey."""

    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_PASSKEY_NAME,
        validators=[require_visible],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For example the device that keeps it, such as “Work phone”."),
    )


class ConfirmPasswordForm(forms.Form):
    """The password of the person who is signed in."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
