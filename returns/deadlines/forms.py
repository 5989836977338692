"""Forms of deadlines and of the working calendar."""

from datetime import date, time
from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.functional import lazy
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from config.dates import date_words, full_day
from config.forms import WholeNumberField
from config.numbers import grouped
from config.text import require_visible, shorten
from config.written_dates import in_numbers, read_day
from returns.calendar.countries import country_choices
from returns.calendar.working_time import MIDNIGHT
from returns.deadlines.editing import version_of
from returns.filters.named import MAX_ENTRY_NAME_LENGTH
from returns.models import MAX_DEADLINE_AMOUNTS, DeadlinePolicy, Unit, WorkingCalendar

MAX_CALENDAR_DAYS = 400
MIN_OPEN_MINUTES = 60


class DeadlineForm(forms.Form):
    """A deadline's name, and how long after arrival a return is due."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_ENTRY_NAME_LENGTH, validators=[require_visible]
    )
    amount = WholeNumberField(
        label=_("Due after"), min_value=1, max_value=max(MAX_DEADLINE_AMOUNTS.values())
    )
    unit = forms.ChoiceField(choices=Unit, label=_("Unit"), initial=Unit.BUSINESS_DAYS)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def for_policy(cls, policy: DeadlinePolicy, data: QueryDict | None) -> Self:
        """Return the form of a stored deadline, with the submitted data, if any."""
        initial = {"name": policy.name, "amount": policy.amount, "unit": policy.unit}
        return cls(data, initial=initial | {"seen": version_of(policy)})


class DaysField(forms.CharField):
    """Days, one per line, in any form in which people write them."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def to_python(self, value: Any) -> list[date]:  # type: ignore[override]
        """Return the days in order, each once. Name the number of a line that is not a day."""
        lines = str(value or "").splitlines()
        days = {self._day(number, line) for number, line in enumerate(lines, 1) if line.strip()}
        if len(days) > MAX_CALENDAR_DAYS:
            message = gettext("Enter at most %(most)s days; these are %(count)s.")
            raise forms.ValidationError(
                message % {"most": grouped(MAX_CALENDAR_DAYS), "count": grouped(len(days))}
            )
        return sorted(days)

    def prepare_value(self, value: Any) -> Any:
        """Return days as the lines of the field, as the language of the page writes them."""
        return "\n".join(map(full_day, value)) if isinstance(value, list) else value

    def _day(self, number: int, line: str) -> date:
        if day := read_day(line):
            return day
        message = gettext("Line %(line)s: “%(text)s” is not a day. Use %(example)s or 2026-12-24.")
        values = {"line": number, "text": shorten(line.strip(), 30), "example": _example()}
        raise forms.ValidationError(message % values)


def _example() -> str:
    """Return a day as the language of the page writes it in numbers."""
    return in_numbers(date(2026, 12, 24))


def _one_per_line() -> str:
    return gettext("One per line: %(example)s or 2026-12-24") % {"example": _example()}


class Clock(forms.TimeInput):
    """A time of day, with the browser's own control."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def _countries() -> list[tuple[str, str]]:
    return [("", pgettext("public holidays", "None")), *country_choices()]


class CalendarForm(forms.Form):
    """When the warehouse works: hours by weekday, public holidays, and single days."""

    country = forms.ChoiceField(
        required=False,
        choices=_countries,
        label=_("Public holidays"),
        help_text=_(
            "On half-day holidays the warehouse closes at 13:00. "
            "Islamic holidays are estimates until officially announced."
        ),
    )
    closed_days = DaysField(
        label=_("Extra closing days"), required=False, help_text=lazy(_one_per_line, str)()
    )
    open_days = DaysField(
        label=_("Extra opening days"),
        required=False,
        help_text=_(
            "One per line. A weekday without hours opens for the hours of the week’s "
            "first working day."
        ),
    )
    at_risk_hours = WholeNumberField(
        label=_("At risk (hours before the deadline)"), min_value=1, max_value=720
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, name in enumerate(date_words().weekdays):
            labels = {
                "opens": gettext("%(weekday)s opens") % {"weekday": name},
                "closes": gettext("%(weekday)s closes") % {"weekday": name},
            }
            for end, label in labels.items():
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
        names = date_words().weekdays
        return [(n, self[f"opens_{i}"], self[f"closes_{i}"]) for i, n in enumerate(names)]

    def clean(self) -> dict[str, Any]:
        """Reject invalid hours, days both closed and open, and a warehouse that never opens."""
        cleaned = super().clean() or {}
        for number, name in enumerate(date_words().weekdays):
            self._check_hours(number, name, *self._hours(cleaned, number))
        contradictory = set(cleaned.get("closed_days", ())) & set(cleaned.get("open_days", ()))
        if contradictory:
            message = gettext("%(day)s is also a closing day.") % {
                "day": full_day(min(contradictory))
            }
            self.add_error("open_days", message)
        if not self.errors and not any(self._hours(cleaned, n)[0] for n in range(7)):
            self.add_error(
                None, gettext("The warehouse must open on at least one day of the week.")
            )
        return cleaned

    def _check_hours(self, number: int, name: str, opens: time | None, closes: time | None) -> None:
        if self.errors.keys() & {f"opens_{number}", f"closes_{number}"}:
            return
        if (opens is None) != (closes is None):
            if opens is None:
                message = gettext("Enter when %(weekday)s opens, or clear both times.")
                field = f"opens_{number}"
            else:
                message = gettext("Enter when %(weekday)s closes, or clear both times.")
                field = f"closes_{number}"
            self.add_error(field, message % {"weekday": name})
        elif (
            opens is not None and closes is not None and _minutes(opens, closes) < MIN_OPEN_MINUTES
        ):
            message = gettext(
                "%(weekday)s must close at least an hour after it opens; 00:00 is midnight."
            )
            self.add_error(f"closes_{number}", message % {"weekday": name})

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
