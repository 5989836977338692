"""The forms of a subscription."""

from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.forms import WholeNumberField
from config.text import require_visible
from returns.models import EventType, Subscription
from returns.models.outgoing import ADDRESS_LENGTH
from returns.outgoing.addresses import AddressError, parse_target
from returns.outgoing.editing import MAX_RATE, version_of


class SubscriptionForm(forms.Form):
    """What people choose of a subscription."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, validators=[require_visible])
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=ADDRESS_LENGTH,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "Where messages are sent. It must be public and begin with https://."
        ),
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Send a message when"),
        choices=EventType,
        widget=forms.CheckboxSelectMultiple,
    )
    rate = WholeNumberField(
        label=gettext_lazy("Messages per minute, at most"),
        min_value=1,
        max_value=MAX_RATE,
        initial=300,
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def for_subscription(cls, subscription: Subscription, data: QueryDict | None) -> Self:
        """Return the form of a subscription, with the submitted data, if any."""
        names = ("name", "address", "types", "rate")
        initial = {name: getattr(subscription, name) for name in names}
        return cls(data, initial=initial | {"seen": version_of(subscription)})

    def clean_address(self) -> str:
        """Return the address. It is resolved when something is sent, and not now."""
        address: str = self.cleaned_data["address"]
        try:
            parse_target(address)
        except AddressError as error:
            raise ValidationError(str(error.reason)) from error
        return address

    def clean_types(self) -> list[str]:
        """Return the types in the order in which they are declared."""
        chosen = self.cleaned_data["types"]
        return [type_ for type_ in EventType.values if type_ in chosen]


class SpanForm(forms.Form):
    """From when until when messages are sent again, in the person's time zone."""

    since = forms.DateTimeField(
        label=gettext_lazy("From"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    until = forms.DateTimeField(
        label=gettext_lazy("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins."""
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until <= since:
            raise ValidationError(_("The end must be after the beginning."))
        return data
