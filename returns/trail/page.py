"""The record of access, filtered, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import django_filters
from django import forms
from django.contrib.auth.models import User
from django.db.models import Max, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from returns.models import AccessEvent, AccessKind
from returns.trail.sentences import actor_name, describe

EVENTS_PER_PAGE = 50
# The parameter of the next page: the number of the last event of this one.
BEYOND = "beyond"


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """An event, who did it, and what it says."""

    event: AccessEvent
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class TrailPage:
    """A page of events, newest first; ``beyond`` begins the next page, and is None on the last.

    If the filter has ``problems``, there are no events.
    """

    form: forms.Form
    problems: list[str]
    events: list[TrailEvent]
    beyond: int | None


class TrailFilterSet(django_filters.FilterSet):
    """By kind, person, days of the warehouse, and a text in name, address or details."""

    kind = django_filters.ChoiceFilter(
        label=pgettext_lazy("access", "Kind"),
        choices=AccessKind.choices,
        empty_label=pgettext_lazy("kinds", "All"),
    )
    person = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Person"),
        queryset=User.objects.order_by("username"),
        to_field_name="username",
        empty_label=gettext_lazy("Everybody"),
    )
    since = django_filters.DateFilter(
        label=pgettext_lazy("period", "From"),
        method="filter_since",
        widget=forms.DateInput({"type": "date"}),
    )
    until = django_filters.DateFilter(
        label=pgettext_lazy("period", "To"),
        method="filter_until",
        widget=forms.DateInput({"type": "date"}),
    )
    text = django_filters.CharFilter(
        label=gettext_lazy("Name, address or details"), method="filter_text"
    )

    class Meta:
        model = AccessEvent
        fields: list[str] = []

    def filter_since(self, rows: QuerySet[AccessEvent], _name: str, day: date) -> object:
        """Return the events since the beginning of a day."""
        return rows.filter(at__gte=_beginning(day))

    def filter_until(self, rows: QuerySet[AccessEvent], _name: str, day: date) -> object:
        """Return the events until the end of a day."""
        return rows if day == date.max else rows.filter(at__lt=_beginning(day + timedelta(days=1)))

    def filter_text(self, rows: QuerySet[AccessEvent], _name: str, text: str) -> object:
        """Return the events with a text in any case."""
        rows = rows.alias(
            details_text=Cast("details", TextField()), address_text=Cast("address", TextField())
        )
        return rows.filter(
            Q(name__icontains=text)
            | Q(address_text__icontains=text)
            | Q(details_text__icontains=text)
        )


def trail_page(params: QueryDict) -> TrailPage:
    """Return the page of the events that the parameters choose."""
    filterset, problems = _read(params)
    if problems:
        return TrailPage(filterset.form, problems, [], None)
    rows = filterset.qs.order_by("-pk")
    if beyond := params.get(BEYOND, ""):
        rows = rows.filter(pk__lt=int(beyond))
    found = list(rows[: EVENTS_PER_PAGE + 1])
    shown = found[:EVENTS_PER_PAGE]
    events = [TrailEvent(event, actor_name(event), describe(event)) for event in shown]
    return TrailPage(filterset.form, [], events, shown[-1].pk if len(found) > len(shown) else None)


def chosen_events(params: QueryDict) -> QuerySet[AccessEvent] | None:
    """Return the events so far that the parameters choose, or None if these are wrong."""
    filterset, problems = _read(params)
    if problems:
        return None
    newest = AccessEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0
    chosen: QuerySet[AccessEvent] = filterset.qs.filter(pk__lte=newest).order_by("-pk")
    return chosen


def _read(params: QueryDict) -> tuple[TrailFilterSet, list[str]]:
    filterset = TrailFilterSet(params, queryset=AccessEvent.objects.all())
    return filterset, list(_problems(filterset, params))


def _problems(filterset: TrailFilterSet, params: QueryDict) -> Iterator[str]:
    known = {*filterset.form.fields, BEYOND}
    for name in sorted(params.keys() - known):
        yield _("Unknown filter: %(name)s.") % {"name": name}
    beyond = params.get(BEYOND, "")
    if beyond and not (beyond.isascii() and beyond.isdecimal() and len(beyond) < 19):
        yield _("The beginning of the page is not valid.")
    for name, errors in filterset.form.errors.items():
        for error in errors:
            yield f"{filterset.form.fields[name].label}: {error}"


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
