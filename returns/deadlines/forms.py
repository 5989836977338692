"""Forms of deadlines and of the working calendar."""

from datetime import date, time
from typing import Any, Self

from django import forms
from django.http import QueryDict

from config.text import require_visible, shorten
from returns.calendar.holidays import COUNTRIES
from returns.calendar.working_time import MIDNIGHT
from returns.deadlines.editing import version_of
from returns.display.values import WEEKDAY_NAMES
from returns.filters.named import MAX_ENTRY_NAME_LENGTH
from returns.models import MAX_DEADLINE_AMOUNTS, DeadlinePolicy, Unit, WorkingCalendar

MAX_CALENDAR_DAYS = 400
MIN_OPEN_MINUTES = 60


class DeadlineForm(forms.Form):
    """A deadline's name, and how long after arrival a return is due."""

    name = forms.CharField(max_length=MAX_ENTRY_NAME_LENGTH, validators=[require_visible])
    amount = forms.IntegerField(
        label="Due after", min_value=1, max_value=max(MAX_DEADLINE_AMOUNTS.values())
    )
    unit = forms.ChoiceField(choices=Unit, label="Unit", initial=Unit.BUSINESS_DAYS)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def for_policy(cls, policy: DeadlinePolicy, data: QueryDict | None) -> Self:
        """Return the form of a stored deadline, with the submitted data, if any."""
        initial = {"name": policy.name, "amount": policy.amount, "unit": policy.unit}
        return cls(data, initial=initial | {"seen": version_of(policy)})


class DaysField(forms.CharField):
    """Days, one per line."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def to_python(self, value: Any) -> list[date]:  # type: ignore[override]
        """Return the days in order, each once. Name the number of a line that is not a day."""
        lines = str(value or "").splitlines()
        days = {self._day(number, line) for number, line in enumerate(lines, 1) if line.strip()}
        if len(days) > MAX_CALENDAR_DAYS:
            raise forms.ValidationError(
                f"Enter at most {MAX_CALENDAR_DAYS} days; these are {len(days)}."
            )
        return sorted(days)

    def prepare_value(self, value: Any) -> Any:
        """Return days as the lines of the field."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def _day(self, number: int, line: str) -> date:
        try:
            return date.fromisoformat(line.strip())
        except ValueError as error:
            raise forms.ValidationError(
                f"Line {number}: “{shorten(line.strip(), 30)}” is not a day. Use 2026-12-24."
            ) from error


class Clock(forms.TimeInput):
    """A time of day, with the browser's own control."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class CalendarForm(forms.Form):
    """When the warehouse works: hours by weekday, public holidays, and single days."""

    country = forms.ChoiceField(
        required=False,
        choices=[("", "None"), *COUNTRIES],
        label="Public holidays",
        help_text="On half-day holidays the warehouse closes at 13:00. "
        "Islamic holidays are estimates until officially announced.",
    )
    closed_days = DaysField(
        label="Extra closing days", required=False, help_text="One per line: 2026-12-24"
    )
    open_days = DaysField(
        label="Extra opening days",
        required=False,
        help_text="One per line. A weekday without hours opens for the hours of the week’s "
        "first working day.",
    )
    at_risk_hours = forms.IntegerField(
        label="At risk (hours before the deadline)", min_value=1, max_value=720
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, name in enumerate(WEEKDAY_NAMES):
            for end in ("opens", "closes"):
                label = f"{name} {end}"
                self.fields[f"{end}_{number}"] = forms.TimeField(
                    label=label, required=False, widget=Clock()
                )

    @classmethod
    def for_calendar(cls, stored: WorkingCalendar, data: QueryDict | None) -> Self:
        """Return the form of a stored calendar, with the submitted data, if any."""
        initial: dict[str, Any] = {
            "country": stored.country,
            "closed_days": stored.closed_days,
            "open_days": stored.open_days,
            "at_risk_hours": stored.at_risk_hours,
            "seen": version_of(stored),
        }
        for number, hours in enumerate(stored.hours):
            initial |= dict(zip((f"opens_{number}", f"closes_{number}"), hours, strict=False))
        return cls(data, initial=initial)

    def week(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Return the name and the two fields of each weekday."""
        return [(n, self[f"opens_{i}"], self[f"closes_{i}"]) for i, n in enumerate(WEEKDAY_NAMES)]

    def clean(self) -> dict[str, Any]:
        """Reject invalid hours, days both closed and open, and a warehouse that never opens."""
        cleaned = super().clean() or {}
        for number, name in enumerate(WEEKDAY_NAMES):
            self._check_hours(number, name, *self._hours(cleaned, number))
        contradictory = set(cleaned.get("closed_days", ())) & set(cleaned.get("open_days", ()))
        if contradictory:
            self.add_error("open_days", f"{min(contradictory)} is also a closing day.")
        if not self.errors and not any(self._hours(cleaned, n)[0] for n in range(7)):
            self.add_error(None, "The warehouse must open on at least one day of the week.")
        return cleaned

    def _check_hours(self, number: int, name: str, opens: time | None, closes: time | None) -> None:
        if self.errors.keys() & {f"opens_{number}", f"closes_{number}"}:
            return
        if (opens is None) != (closes is None):
            missing = "opens" if opens is None else "closes"
            self.add_error(
                f"{missing}_{number}", f"Enter when {name} {missing}, or clear both times."
            )
        elif (
            opens is not None and closes is not None and _minutes(opens, closes) < MIN_OPEN_MINUTES
        ):
            message = f"{name} must close at least an hour after it opens; 00:00 is midnight."
            self.add_error(f"closes_{number}", message)

    def _hours(self, cleaned: dict[str, Any], number: int) -> tuple[time | None, time | None]:
        return cleaned.get(f"opens_{number}"), cleaned.get(f"closes_{number}")

    def calendar(self) -> WorkingCalendar:
        """Return the submitted calendar, not saved."""
        cleaned = self.cleaned_data
        hours = [
            [f"{opens:%H:%M}", f"{closes:%H:%M}"] if opens and closes is not None else []
            for opens, closes in (self._hours(cleaned, number) for number in range(7))
        ]
        return WorkingCalendar(
            hours=hours,
            country=cleaned["country"],
            closed_days=cleaned["closed_days"],
            open_days=cleaned["open_days"],
            at_risk_hours=cleaned["at_risk_hours"],
        )


def _minutes(opens: time, closes: time) -> int:
    end = 24 * 60 if closes == MIDNIGHT else closes.hour * 60 + closes.minute
    return end - opens.hour * 60 - opens.minute
