"""Forms of deadlines and of the working calendar."""

from datetime import date, time
from typing import Any, Self

from django import forms
from django.http import QueryDict

from config.text import shorten
from returns.calendar.holidays import COUNTRIES
from returns.calendar.working_time import MIDNIGHT
from returns.deadlines.editing import version_of
from returns.deadlines.wording import WEEKDAYS
from returns.filters.named import NAME_LENGTH
from returns.models import MAX_DEADLINE_AMOUNTS, DeadlinePolicy, Unit, WorkingCalendar

MOST_DAYS = 400
SHORTEST_MINUTES = 60


class DeadlineForm(forms.Form):
    """A deadline's name, and how long after arrival it leaves."""

    name = forms.CharField(max_length=NAME_LENGTH)
    amount = forms.IntegerField(
        label="Due after", min_value=1, max_value=max(MAX_DEADLINE_AMOUNTS.values())
    )
    unit = forms.ChoiceField(choices=Unit, label="Counted in", initial=Unit.BUSINESS_DAYS)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, policy: DeadlinePolicy, data: QueryDict | None) -> Self:
        """Return the form of a deadline that is kept, with what a person sent."""
        starts = {"name": policy.name, "amount": policy.amount, "unit": policy.unit}
        return cls(data, initial=starts | {"seen": version_of(policy)})


class DaysField(forms.CharField):
    """Days, one a line."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def to_python(self, value: Any) -> list[date]:  # type: ignore[override]
        """Return the days in order, each once. A line that is none is named."""
        lines = str(value or "").splitlines()
        days = {self._day(number, line) for number, line in enumerate(lines, 1) if line.strip()}
        if len(days) > MOST_DAYS:
            raise forms.ValidationError(f"at most {MOST_DAYS} days; these are {len(days)}.")
        return sorted(days)

    def prepare_value(self, value: Any) -> Any:
        """Return days as the lines that people write."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def _day(self, number: int, line: str) -> date:
        try:
            return date.fromisoformat(line.strip())
        except ValueError as error:
            raise forms.ValidationError(
                f"Line {number}: “{shorten(line.strip(), 30)}” is no day; write 2026-12-24."
            ) from error


class Clock(forms.TimeInput):
    """A time of the day, as a browser asks for it."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class CalendarForm(forms.Form):
    """When the warehouse works: the hours of the week, holidays, and single days."""

    country = forms.ChoiceField(
        required=False,
        choices=[("", "None"), *COUNTRIES],
        label="Public holidays of",
        help_text="Of half holidays the afternoon is off, from 13:00. "
        "Feasts by the moon are estimates until their year is near.",
    )
    closed_days = DaysField(
        required=False, help_text="Days off that the holidays do not know, one a line: 2026-12-24"
    )
    open_days = DaysField(
        required=False,
        help_text="Days on which you work all the same, one a line. "
        "A day off of the week has the hours of the first working day then.",
    )
    at_risk_hours = forms.IntegerField(
        label="At risk from so many hours before", min_value=1, max_value=720
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, name in enumerate(WEEKDAYS):
            for end in ("opens", "closes"):
                label = f"{name} {end}"
                self.fields[f"{end}_{number}"] = forms.TimeField(
                    label=label, required=False, widget=Clock()
                )

    @classmethod
    def of(cls, kept: WorkingCalendar, data: QueryDict | None) -> Self:
        """Return the form of a calendar that is kept, with what a person sent."""
        starts: dict[str, Any] = {
            "country": kept.country,
            "closed_days": kept.closed_days,
            "open_days": kept.open_days,
            "at_risk_hours": kept.at_risk_hours,
            "seen": version_of(kept),
        }
        for number, hours in enumerate(kept.hours):
            starts |= dict(zip((f"opens_{number}", f"closes_{number}"), hours, strict=False))
        return cls(data, initial=starts)

    def week(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Return each day of the week with the fields of its hours."""
        return [(n, self[f"opens_{i}"], self[f"closes_{i}"]) for i, n in enumerate(WEEKDAYS)]

    def clean(self) -> dict[str, Any]:
        """Refuse hours that are none, days that are both, and a warehouse that never opens."""
        chosen = super().clean() or {}
        for number, name in enumerate(WEEKDAYS):
            self._check_hours(number, name, *self._hours(chosen, number))
        both = set(chosen.get("closed_days", ())) & set(chosen.get("open_days", ()))
        if both:
            self.add_error("open_days", f"{min(both)} is among the closed days too.")
        if not self.errors and not any(self._hours(chosen, n)[0] for n in range(7)):
            self.add_error(None, "The warehouse has to open on one day of the week at least.")
        return chosen

    def _check_hours(self, number: int, name: str, opens: time | None, closes: time | None) -> None:
        if self.errors.keys() & {f"opens_{number}", f"closes_{number}"}:
            return
        if (opens is None) != (closes is None):
            missing = "opens" if opens is None else "closes"
            self.add_error(f"{missing}_{number}", f"Say when {name} {missing}, or leave both out.")
        elif (
            opens is not None and closes is not None and _minutes(opens, closes) < SHORTEST_MINUTES
        ):
            said = f"{name} has to close an hour after it opens, or later; 00:00 is midnight."
            self.add_error(f"closes_{number}", said)

    def _hours(self, chosen: dict[str, Any], number: int) -> tuple[time | None, time | None]:
        return chosen.get(f"opens_{number}"), chosen.get(f"closes_{number}")

    def calendar(self) -> WorkingCalendar:
        """Return the calendar that was chosen."""
        chosen = self.cleaned_data
        hours = [
            [f"{opens:%H:%M}", f"{closes:%H:%M}"] if opens and closes is not None else []
            for opens, closes in (self._hours(chosen, number) for number in range(7))
        ]
        return WorkingCalendar(
            hours=hours,
            country=chosen["country"],
            closed_days=chosen["closed_days"],
            open_days=chosen["open_days"],
            at_risk_hours=chosen["at_risk_hours"],
        )


def _minutes(opens: time, closes: time) -> int:
    end = 24 * 60 if closes == MIDNIGHT else closes.hour * 60 + closes.minute
    return end - opens.hour * 60 - opens.minute
