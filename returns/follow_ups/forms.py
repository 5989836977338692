"""The form of a follow-up: when to be reminded, and why."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from returns.follow_ups.times import (
    MORNING,
    local_moment,
    next_monday_morning,
    tomorrow_morning,
)
from returns.models import MAX_WHY_LENGTH, FollowUpMoment


class When(TextChoices):
    """When a person wants to be reminded."""

    TOMORROW = "tomorrow", pgettext_lazy("remind me", "tomorrow at 9:00")
    MONDAY = "monday", pgettext_lazy("remind me", "next Monday at 9:00")
    DATE = "date", pgettext_lazy("remind me", "on a date")
    ARRIVED = FollowUpMoment.ARRIVED.value, pgettext_lazy("remind me", "when it arrives")
    COMPLETED = FollowUpMoment.COMPLETED.value, pgettext_lazy("remind me", "when it is completed")
    TAGGED = FollowUpMoment.TAGGED.value, pgettext_lazy("remind me", "when its tags change")


def due_time(when: When, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the time that a choice means now; None for one that is not a time, and for a date."""
    if when == When.TOMORROW:
        return tomorrow_morning(now, zone)
    if when == When.MONDAY:
        return next_monday_morning(now, zone)
    return None


class FollowUpForm(forms.Form):
    """When a person wants to be reminded of a return, in their time zone, and why.

    ``cleaned_data`` has ``moment``, a ``FollowUpMoment``, and ``due_at``, which is None for one
    that is not a time.
    """

    required_css_class = "required"
    when = forms.ChoiceField(label=pgettext_lazy("field", "Remind me"), choices=When)
    day = forms.DateField(
        label=pgettext_lazy("field", "Date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "text"}, format="%Y-%m-%d"),
    )
    at = forms.TimeField(
        label=pgettext_lazy("field", "Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "text"}, format="%H:%M"),
    )
    why = forms.CharField(
        label=gettext_lazy("Why (only you see it)"),
        max_length=MAX_WHY_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"class": "text", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, now: datetime, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.zone = now, zone

    def clean(self) -> dict[str, Any]:
        """Add the moment and the time that the choices mean. Reject a time that is over."""
        cleaned = super().clean() or self.cleaned_data
        when = cleaned.get("when")
        if when is None or self.errors:
            return cleaned
        due_at = self._due_at(When(when), cleaned)
        if due_at and due_at <= self.now:
            raise ValidationError({"day": _("This time is over. Choose a later one.")})
        moment = FollowUpMoment.TIME if due_at else FollowUpMoment(when)
        return cleaned | {"moment": moment, "due_at": due_at}

    def _due_at(self, when: When, cleaned: dict[str, Any]) -> datetime | None:
        if when != When.DATE:
            return due_time(when, self.now, self.zone)
        if cleaned.get("day") is None:
            raise ValidationError({"day": _("Enter the date.")})
        return local_moment(cleaned["day"], cleaned.get("at") or MORNING, self.zone)
