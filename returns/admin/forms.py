"""The form with which an admin corrects a return."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.dates import to_the_minute
from config.written_dates import read_time
from returns.display.values import shown_time
from returns.feed.records import EARLIEST_TIME, LATEST_TIME
from returns.models import Return
from returns.models.facts import CORRECTABLE_COLUMNS, FACTS_BY_COLUMN, MAX_AHEAD, NOTES_COLUMN, Kind
from returns.record.corrections import held_fields, redacted_notes_sentence, to_json_value

_OFFSET = re.compile(r"\s*([+-]\d{2}:?\d{2})$")


def _not_a_time() -> str:
    example = to_the_minute(datetime(2026, 3, 1, 14, 30, tzinfo=UTC))
    message = gettext("This is not a time. Write it as %(example)s, or as 2026-03-01 14:30.")
    return message % {"example": example}


class ExactTimeField(forms.DateTimeField):
    """A time as pages write it, with seconds and microseconds: an untouched value stays exact."""

    widget = AdminTextInputWidget
    default_error_messages = {"invalid": lazy(_not_a_time, str)()}
    # ISO 8601 is read without these, and what people write becomes that.
    input_formats = ()

    def to_python(self, value: Any) -> datetime | None:
        """Return the time in UTC; refuse one that some time zone cannot show."""
        try:
            time = super().to_python(_as_iso(value) if isinstance(value, str) else value)
            time = time and time.astimezone(UTC)
        except OverflowError:
            time = LATEST_TIME + timedelta(days=1)
        if time and not EARLIEST_TIME <= time <= LATEST_TIME:
            raise forms.ValidationError(gettext("This time is out of range."))
        return time

    def prepare_value(self, value: Any) -> Any:
        """Return the time as text in the person's time zone.

        It has its offset only in an hour that the clocks go through twice.
        """
        if not isinstance(value, datetime) or timezone.is_naive(value):
            return value
        local = timezone.localtime(value)
        text = f"{shown_time(value)}:{local:%S}" + (f"{local:.%f}" if local.microsecond else "")
        is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        return f"{text} {local:%z}" if is_twice else text


def _as_iso(text: str) -> str:
    """Return a time in any form in which people write it as "2026-03-01 14:30:00", with its offset.

    Other texts stay as they are.
    """
    text = text.strip()
    try:
        if time := read_time(text):
            return time.isoformat(" ")
        if (offset := _OFFSET.search(text)) and (time := read_time(text[: offset.start()])):
            return f"{time.isoformat(' ')}{offset[1]}"
    except ValueError:
        pass
    return text


class ProseField(forms.CharField):
    """A text of several lines, with the line ends of the WMS, not those of browsers."""

    widget = AdminTextareaWidget

    def to_python(self, value: Any) -> str:
        """Return the text with LF line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")


FIELD_CLASSES: dict[Kind, type[forms.Field]] = {Kind.TIME: ExactTimeField, Kind.PROSE: ProseField}
FACT_KINDS = {name: FACTS_BY_COLUMN[name].kind for name in CORRECTABLE_COLUMNS}


class CorrectionForm(forms.ModelForm):
    """Saves only the fields that the person changed since they opened the form.

    ``seen`` has the values that were shown. Fields that the person left alone keep what the feed or
    another admin wrote meanwhile. A field that both changed is refused once, with the new value.
    """

    seen = forms.JSONField(label="", widget=forms.HiddenInput)

    class Meta:
        model = Return
        fields = CORRECTABLE_COLUMNS
        field_classes = {
            name: FIELD_CLASSES[kind] for name, kind in FACT_KINDS.items() if kind in FIELD_CLASSES
        }
        widgets = {name: field.widget for name, field in field_classes.items()}
        help_texts = {
            "updated_at": _(
                "Records of the WMS with a later time win. Correct a time in the future, "
                "so that they can."
            ),
            "arrived_to_warehouse_at": _(
                "For example 1 Mar 2026, 14:30 or 2026-03-01 14:30+03:00. "
                "Without an offset, your own time zone is used."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = correctable_values(self.instance)

    def clean_seen(self) -> dict[str, Any]:
        """Return the values that were shown; refuse a damaged form."""
        seen = self.cleaned_data["seen"]
        if not isinstance(seen, dict) or seen.keys() != set(CORRECTABLE_COLUMNS):
            raise forms.ValidationError(gettext("This form is damaged. Open the return again."))
        return seen

    def clean(self) -> dict[str, Any]:
        """Set the fields that the person changed; refuse those that somebody else changed too."""
        values = super().clean() or {}
        if "seen" in values:
            now = correctable_values(self.instance)
            changed = {
                name for name in CORRECTABLE_COLUMNS if _differs(values, values["seen"], name)
            }
            for name in changed:
                if isinstance(values[name], datetime) and values[name] > timezone.now() + MAX_AHEAD:
                    self.add_error(name, gettext("This time is more than a day in the future."))
            if self.instance.redacted_at and NOTES_COLUMN in changed and values[NOTES_COLUMN]:
                self.add_error(NOTES_COLUMN, redacted_notes_sentence())
                # The error says all: that somebody else changed them is no news.
                changed.discard(NOTES_COLUMN)
            for name in held_fields(changed):
                if now[name] != values["seen"][name]:
                    self._refuse_once(name, now[name])
            self.changed_data = [name for name in CORRECTABLE_COLUMNS if name in changed]
        return values

    def _refuse_once(self, name: str, now: Any) -> None:
        if now:
            message = gettext(
                "Somebody else changed this to “%(value)s”. Check it, then save again."
            )
            message %= {"value": now}
        else:
            message = gettext("Somebody else cleared this field. Check it, then save again.")
        self.add_error(name, message)
        posted = {key: self.data[key] for key in self.data}
        seen = json.loads(posted["seen"]) | {name: now}
        self.data = posted | {"seen": json.dumps(seen)}


def correctable_values(record: Return) -> dict[str, str | None]:
    """Return the values of the correctable fields, as JSON stores them."""
    return {name: to_json_value(getattr(record, name)) for name in CORRECTABLE_COLUMNS}


def _differs(values: Mapping[str, Any], seen: Mapping[str, Any], name: str) -> bool:
    return name in values and _normalize(to_json_value(values[name])) != _normalize(seen[name])


def _normalize(text: Any) -> Any:
    # Browsers send CR LF as line end, and forms strip the text.
    return "\n".join(text.splitlines()).strip() if isinstance(text, str) else text
