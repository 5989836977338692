"""The forms that confirm a redaction."""

from django import forms
from django.utils.translation import gettext_lazy as _

from config.forms import WholeNumberField


class _RedactionForm(forms.Form):
    required_css_class = "required"
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_(
            "For example: asked for by the shopper. It is kept for ever, so write no names, "
            "addresses or numbers."
        ),
        widget=forms.TextInput(attrs={"class": "text", "autocomplete": "off"}),
    )


class ReturnRedactionForm(_RedactionForm):
    """The reference of a return that is to be redacted, and the reason."""

    reference = forms.CharField(
        label=_("Type the return reference to confirm"),
        widget=forms.TextInput(attrs={"class": "text", "autocomplete": "off"}),
    )
    field_order = ("reference", "reason")


class ShopperRedactionForm(_RedactionForm):
    """How many returns of a shopper are to be redacted, and the reason."""

    number = WholeNumberField(
        label=_("Type the number of returns to confirm"),
        min_value=0,
        widget=forms.TextInput(
            attrs={"class": "text", "autocomplete": "off", "inputmode": "numeric"}
        ),
    )
    field_order = ("number", "reason")
