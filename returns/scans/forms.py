"""The forms of scans."""

from uuid import uuid4

from django import forms

MAX_SCAN_LENGTH = 500  # characters


class ScanForm(forms.Form):
    """A scan. Without a script, the browser sends no token."""

    text = forms.CharField(
        max_length=MAX_SCAN_LENGTH,
        error_messages={
            "required": "Scan or type a number.",
            "max_length": (
                f"This is longer than {MAX_SCAN_LENGTH} characters, so it is not a number of a "
                "return. Scan another barcode of the parcel."
            ),
        },
    )
    token = forms.UUIDField(required=False)

    def clean_text(self) -> str:
        """Return the text without the control characters that scanners put around a number."""
        text = "".join(filter(str.isprintable, self.cleaned_data["text"])).strip()
        if not text:
            raise forms.ValidationError("Scan or type a number.")
        return text

    def clean_token(self) -> object:
        """Return the token of the browser, or a new one."""
        return self.cleaned_data["token"] or uuid4()


class ChoiceForm(forms.Form):
    """Which of several returns was scanned, by its id."""

    record = forms.IntegerField(min_value=1, max_value=2**63 - 1)
