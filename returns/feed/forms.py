"""The form for uploading a file."""

from django import forms
from django.utils.translation import gettext_lazy as _


class UploadForm(forms.Form):
    """A file of returns."""

    required_css_class = "required"
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "Excel (.xlsx), CSV or JSON, up to 20 MB. Nothing is imported until you confirm."
        ),
        allow_empty_file=True,  # ``save_upload`` reports it
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt,.tsv,.json,.jsonl"}),
        error_messages={"required": _("Choose a file.")},
    )
