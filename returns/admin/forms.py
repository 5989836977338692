"""The form in which an admin corrects a return."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils import timezone

from returns.feed.records import EARLIEST, LATEST
from returns.models import Return
from returns.models.facts import BY_COLUMN, CORRECTABLE, Kind
from returns.record.corrections import affected, as_sent


class ExactTimeField(forms.DateTimeField):
    """A time as text with microseconds and offset, so that what was not touched stays exact."""

    widget = AdminTextInputWidget

    def to_python(self, value: Any) -> datetime | None:
        """Return the time in UTC, or refuse one that some zone or the database cannot show."""
        try:
            time = super().to_python(value)
            time = time and time.astimezone(UTC)
        except OverflowError:
            time = LATEST + timedelta(days=1)
        if time and not EARLIEST <= time <= LATEST:
            raise forms.ValidationError("This time is out of range.")
        return time

    def prepare_value(self, value: Any) -> Any:
        """Write the time in the person's zone."""
        if isinstance(value, datetime) and timezone.is_aware(value):
            return timezone.localtime(value).isoformat(sep=" ")
        return value


class ProseField(forms.CharField):
    """A text of several lines, with the line ends that the WMS uses, not those of a browser."""

    widget = AdminTextareaWidget

    def to_python(self, value: Any) -> str:
        """Return the text."""
        return str(super().to_python(value)).replace("\r\n", "\n")


FIELD_CLASSES: dict[Kind, type[forms.Field]] = {Kind.TIME: ExactTimeField, Kind.PROSE: ProseField}
KINDS = {name: BY_COLUMN[name].kind for name in CORRECTABLE}


class CorrectionForm(forms.ModelForm):
    """What the person changed since they saw the return, and nothing else.

    ``seen`` carries the values that were shown. A field that they left alone keeps what the feed
    or another admin wrote meanwhile; a field that both changed is refused in words once.
    """

    seen = forms.JSONField(widget=forms.HiddenInput)

    class Meta:
        model = Return
        fields = CORRECTABLE
        field_classes = {
            name: FIELD_CLASSES[kind] for name, kind in KINDS.items() if kind in FIELD_CLASSES
        }
        widgets = {name: field.widget for name, field in field_classes.items()}
        help_texts = {
            "arrived_to_warehouse_at": "Such as 2026-03-01 14:30:00+03:00. Without an offset: in "
            "your own zone."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = values_of(self.instance)

    def clean_seen(self) -> dict[str, Any]:
        """Return the values that were shown, or say that the form is damaged."""
        seen = self.cleaned_data["seen"]
        if not isinstance(seen, dict) or seen.keys() != set(CORRECTABLE):
            raise forms.ValidationError("This form is damaged. Open the return again.")
        return seen

    def clean(self) -> dict[str, Any]:
        """Tell what the person changed, and refuse what somebody else changed meanwhile."""
        values = super().clean() or {}
        if "seen" in values:
            now = values_of(self.instance)
            changed = {name for name in CORRECTABLE if _differs(values, values["seen"], name)}
            for name in affected(changed):
                if now[name] != values["seen"][name]:
                    self._refuse_once(name, now[name])
            self.changed_data = [name for name in CORRECTABLE if name in changed]
        return values

    def _refuse_once(self, name: str, now: Any) -> None:
        self.add_error(
            name, f"Changed while you were editing, it is now {_quoted(now)}. Look again."
        )
        posted = {key: self.data[key] for key in self.data}
        seen = json.loads(posted["seen"]) | {name: now}
        self.data = posted | {"seen": json.dumps(seen)}


def values_of(record: Return) -> dict[str, str | None]:
    """Return the fields open to correction, as JSON carries them."""
    return {name: as_sent(getattr(record, name)) for name in CORRECTABLE}


def _differs(values: Mapping[str, Any], seen: Mapping[str, Any], name: str) -> bool:
    return name in values and _plain(as_sent(values[name])) != _plain(seen[name])


def _plain(text: Any) -> Any:
    # A browser sends CR LF for a line's end, and a form strips what surrounds a text.
    return "\n".join(text.splitlines()).strip() if isinstance(text, str) else text


def _quoted(value: Any) -> str:
    return f"“{value}”" if value else "empty"
