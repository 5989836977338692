"""The form of an upload."""

from django import forms


class UploadForm(forms.Form):
    """A file of returns."""

    required_css_class = "required"
    file = forms.FileField(
        label="File",
        help_text="CSV or JSON, up to 20 MB. Nothing is imported before you saw what it does.",
        allow_empty_file=True,  # our own words say so
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.json,.jsonl"}),
        error_messages={"required": "Choose a file."},
    )
