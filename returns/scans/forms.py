"""The forms of scans."""

from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

MAX_SCAN_LENGTH = 500  # characters
SCAN_A_NUMBER = _("Scan or type a number.")


class ScanForm(forms.Form):
    """A scan. Without a script, the browser sends no token."""

    text = forms.CharField(
        max_length=MAX_SCAN_LENGTH,
        error_messages={
            "required": SCAN_A_NUMBER,
            "max_length": _(
                "This is longer than %(limit_value)d characters, so it is not a number of a "
                "return. Scan another barcode of the parcel."
            ),
        },
    )
    token = forms.UUIDField(required=False)

    def clean_text(self) -> str:
        """Return the text without the control characters that scanners put around a number."""
        text = "".join(filter(str.isprintable, self.cleaned_data["text"])).strip()
        if not text:
            raise forms.ValidationError(SCAN_A_NUMBER)
        return text

    def clean_token(self) -> object:
        """Return the token of the browser, or a new one."""
        return self.cleaned_data["token"] or uuid4()


class ChoiceForm(forms.Form):
    """Which of several returns was scanned, by its id."""

    record = forms.IntegerField(min_value=1, max_value=2**63 - 1)
