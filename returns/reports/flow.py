"""How many returns were created, arrived and were completed, and how many were waiting."""

from datetime import date
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from returns.filters.queues import Queue
from returns.reports.charts import Chart, build_chart
from returns.reports.figures import WAITING, Figure, Stat, Table, text_figure
from returns.reports.periods import Period, Span
from returns.reports.scope import Scope, event_filters
from returns.reports.sections import Section
from returns.reports.sources import (
    ARRIVED,
    COMPLETED,
    CREATED,
    WAIT_BEGAN,
    WAIT_ENDED,
    Source,
)

FLOW_EVENTS = (CREATED, ARRIVED, COMPLETED)
STAT_LABELS = {
    CREATED: pgettext_lazy("number of returns", "Created"),
    ARRIVED: pgettext_lazy("number of returns", "Arrived"),
    COMPLETED: pgettext_lazy("number of returns", "Completed"),
}
SERIES_NAMES = {
    CREATED: pgettext_lazy("returns", "created"),
    ARRIVED: pgettext_lazy("returns", "arrived"),
    COMPLETED: pgettext_lazy("returns", "completed"),
}
BACKLOG_TITLES = {
    "day": gettext_lazy("Waiting in the warehouse at the end of each day"),
    "week": gettext_lazy("Waiting in the warehouse at the end of each week"),
}


class Flow:
    """The numbers of the report."""

    def __init__(self, scope: Scope, source: Source, period: Period) -> None:
        self.scope, self.source, self.period = scope, source, period
        span = Span(period.before.first, period.span.last)
        self.events = source.events(span, period.span.first)

    def event(self, name: str, span: Span) -> Figure:
        """Return how many returns had an event in a span."""
        number = sum(self.events.by_day[name][day] for day in span.each_day())
        return Figure(number, self.scope.address(*event_filters(name, span)))

    def backlog(self, span: Span) -> Figure:
        """Return how many returns were waiting at the end of a span."""
        number = self.waiting_at_end_of_day[span.last]
        return Figure(number, self.scope.address(("open_at", str(span.last))))

    @cached_property
    def waiting_at_end_of_day(self) -> dict[date, int]:
        """Return how many returns were waiting at the end of each day of the period."""
        by_day = self.events.by_day
        number, at_end_of_day = self.events.waiting_before, {}
        for day in self.period.span.each_day():
            number += by_day[WAIT_BEGAN][day] - by_day[WAIT_ENDED][day]
            at_end_of_day[day] = number
        return at_end_of_day


def flow_sections(scope: Scope, source: Source, period: Period) -> list[Section]:
    """Return the sections of the report."""
    flow, now, before = Flow(scope, source, period), period.span, period.before
    stats = [
        Stat(str(STAT_LABELS[name]), name, flow.event(name, now), flow.event(name, before))
        for name in FLOW_EVENTS
    ]
    stats.append(_waiting_now(flow))
    title = pgettext("report", "Flow")
    definition = _(
        "Returns are counted on the day they were created, arrived or were completed. Waiting: "
        "they had arrived by the end of the day and were not completed yet. Returns that were "
        "completed before they arrived, or without an arrival, never waited."
    )
    if not any(stat.now.number for stat in stats) and not any(flow.waiting_at_end_of_day.values()):
        empty = _("No returns were created, arrived, completed or waiting in this period.")
        return [Section("flow", title, definition, stats, empty=empty)]
    charts, tables = [_event_chart(flow), _backlog_chart(flow)], [_table(flow)]
    return [Section("flow", title, definition, stats, charts, tables)]


def _waiting_now(flow: Flow) -> Stat:
    number, since = flow.source.waiting.total(), None
    if number:
        first_day = min(day for day, waiting in flow.source.waiting.items() if waiting)
        since = flow.scope.first_arrival(Span(first_day, first_day))
    address = flow.scope.address(("queue", Queue.TO_INSPECT.value))
    note = "" if since else _("none waiting")
    return Stat(_("Waiting now"), WAITING, Figure(number, address), note=note, since=since)


def _event_chart(flow: Flow) -> Chart:
    intervals = flow.period.intervals()
    series = {
        str(SERIES_NAMES[name]): [flow.event(name, span) for span in intervals]
        for name in FLOW_EVENTS
    }
    title, labels = _("Created, arrived and completed"), [span.label for span in intervals]
    return build_chart(title, labels, series, is_bars=True, kinds=FLOW_EVENTS)


def _backlog_chart(flow: Flow) -> Chart:
    intervals = flow.period.intervals()
    series = {pgettext("returns", "waiting"): [flow.backlog(span) for span in intervals]}
    title, labels = str(BACKLOG_TITLES[flow.period.unit]), [span.label for span in intervals]
    return build_chart(title, labels, series, is_bars=False, kinds=[WAITING])


def _table(flow: Flow) -> Table:
    rows = [
        (
            text_figure(span.text, str(span.first)),
            *(flow.event(name, span) for name in FLOW_EVENTS),
            flow.backlog(span),
        )
        for span in flow.period.intervals()
    ]
    labels = (str(STAT_LABELS[name]) for name in FLOW_EVENTS)
    head = (flow.period.unit_label, *labels, _("Waiting at the end"))
    return Table("flow", _("Flow in numbers"), head, rows)
