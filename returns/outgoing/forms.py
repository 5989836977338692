"""The forms of a subscription."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from config.forms import WholeNumberField
from config.text import require_visible
from returns.models import Channel, EventType, Occasion, Subscription
from returns.models.outgoing import ADDRESS_LENGTH
from returns.outgoing.addresses import AddressError, parse_target
from returns.outgoing.allowing import channels_for
from returns.outgoing.beginnings import BEGINNINGS, MAX_COUNT
from returns.outgoing.editing import MAX_RATE, address_of, version_of
from returns.outgoing.schedules import DAILY, WEEKLY
from returns.people.encryption import UnreadableSecretError

MAY_MAKE_RULES = "returns.change_tagrule"
RATE = 300  # messages a minute
EVERY = [
    (DAILY, pgettext_lazy("schedule", "every day")),
    (WEEKLY, pgettext_lazy("schedule", "every week")),
]
WEEKDAYS = [(number, WEEKDAY_NAMES[number]) for number in range(7)]
# The fields that an occasion cannot do without.
NEEDED = {
    Occasion.EVENT.value: ("types",),
    Occasion.COUNT.value: ("above",),
    Occasion.TIMED.value: ("every", "at"),
    Occasion.SILENCE.value: ("minutes",),
}


class SubscriptionForm(forms.Form):
    """When a subscription tells something, what, and where. Each choice needs some of the fields.

    ``options`` has what the choices need, once the form is valid.
    """

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, validators=[require_visible])
    occasion = forms.ChoiceField(
        label=pgettext_lazy("notification", "When"), widget=forms.RadioSelect
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Send a message when"),
        choices=EventType,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    above = WholeNumberField(
        label=gettext_lazy("More returns than"),
        min_value=0,
        max_value=MAX_COUNT - 1,
        required=False,
        help_text=gettext_lazy("You are told again only after there were fewer."),
    )
    every = forms.ChoiceField(
        label=pgettext_lazy("schedule", "How often"), choices=EVERY, required=False
    )
    weekday = forms.TypedChoiceField(
        label=pgettext_lazy("schedule", "Day of the week"),
        choices=WEEKDAYS,
        coerce=int,
        required=False,
    )
    at = forms.TimeField(
        label=pgettext_lazy("schedule", "Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    minutes = WholeNumberField(
        label=gettext_lazy("Minutes without reading"),
        min_value=5,
        max_value=7 * 24 * 60,
        required=False,
    )
    channel = forms.ChoiceField(
        label=pgettext_lazy("notification", "Where"), widget=forms.RadioSelect
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=ADDRESS_LENGTH,
        required=False,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "Where messages are sent. It must be public and begin with https://."
        ),
    )
    rate = WholeNumberField(
        label=gettext_lazy("Messages per minute, at most"),
        min_value=1,
        max_value=MAX_RATE,
        required=False,
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None,
        *args: Any,
        occasions: Sequence[Occasion],
        channels: Sequence[Channel],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, *args, **kwargs)
        self.fields["occasion"].choices = [(each.value, each.label) for each in occasions]  # type: ignore[attr-defined]
        self.fields["channel"].choices = [(each.value, each.label) for each in channels]  # type: ignore[attr-defined]

    @classmethod
    def for_subscription(
        cls, subscription: Subscription, data: QueryDict | None, person: User
    ) -> Self:
        """Return the form of a subscription for a person, with the submitted data, if any."""
        names = ("name", "occasion", "types", "rate", "channel")
        initial = {name: getattr(subscription, name) for name in names}
        with suppress(UnreadableSecretError):  # has to be entered again
            initial["address"] = address_of(subscription) if subscription.pk else ""
        initial |= BEGINNINGS | subscription.options | {"seen": version_of(subscription)}
        has_report = "report" in subscription.options
        channels = channels_for(person)
        if subscription.pk and subscription.channel not in channels:
            channels.append(Channel(subscription.channel))
        if has_report:
            channels = [each for each in channels if each != Channel.WEBHOOK]
        occasions = [Occasion.TIMED] if has_report else occasions_for(person)
        if subscription.pk and subscription.occasion not in occasions:
            occasions.append(Occasion(subscription.occasion))
        return cls(data, initial=initial, occasions=occasions, channels=channels)

    def clean_address(self) -> str:
        """Return the address, if one is needed. It is resolved when something is sent."""
        address: str = self.cleaned_data["address"]
        if self.data.get("channel") not in {Channel.CHAT.value, Channel.WEBHOOK.value}:
            return ""
        try:
            parse_target(address)
        except AddressError as error:
            raise ValidationError(str(error.reason)) from error
        return address

    def clean_types(self) -> list[str]:
        """Return the types in the order in which they are declared."""
        chosen = self.cleaned_data["types"]
        return [type_ for type_ in EventType.values if type_ in chosen]

    def clean(self) -> dict[str, Any]:
        """Require what the occasion needs."""
        data = super().clean() or {}
        needed = NEEDED.get(data.get("occasion", ""), ())
        if data.get("every") == WEEKLY:
            needed = (*needed, "weekday")
        for name in needed:
            if data.get(name) in (None, "", []) and not self.has_error(name):
                self.add_error(name, self.fields[name].error_messages["required"])
        if not self.has_error("rate"):
            data["rate"] = data.get("rate") or RATE
        return data

    @property
    def options(self) -> dict[str, Any]:
        """Return what the occasion needs to know, as it is stored."""
        data = self.cleaned_data
        match data["occasion"]:
            case Occasion.COUNT:
                return {"above": data["above"]}
            case Occasion.SILENCE:
                return {"minutes": data["minutes"]}
            case Occasion.TIMED:
                at = data["at"].strftime("%H:%M")
                weekday = {"weekday": data["weekday"]} if data["every"] == WEEKLY else {}
                return {"every": data["every"], "at": at, **weekday}
        return {}


def occasions_for(person: User) -> list[Occasion]:
    """Return the occasions that a person may choose: a rule notifies only for who may make one."""
    without = set() if person.has_perm(MAY_MAKE_RULES) else {Occasion.RULE}
    return [each for each in Occasion if each not in without]


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
