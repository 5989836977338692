"""How many returns were created, arrived and were completed, and how many waited when."""

from datetime import date
from functools import cached_property

from returns.filters.queues import Queue
from returns.reports.charts import Chart, chart_of
from returns.reports.figures import Figure, Stat, Table, plain
from returns.reports.parts import Part
from returns.reports.periods import Period, Span
from returns.reports.scope import Scope, within
from returns.reports.sources import ARRIVED, COMPLETED, CREATED, Source

NAMES = (CREATED, ARRIVED, COMPLETED)
WAITING = "waiting"


class Flow:
    """The numbers of the flow."""

    def __init__(self, scope: Scope, source: Source, period: Period) -> None:
        self.scope, self.source, self.period = scope, source, period
        span = Span(period.before.first, period.span.last)
        self.events = source.events(span, period.span.first)

    def event(self, name: str, span: Span) -> Figure:
        """Return how often an event was within a span."""
        number = sum(self.events.by_day[name][day] for day in span.each_day())
        return Figure(number, self.scope.address(*within(name, span)))

    def backlog(self, span: Span) -> Figure:
        """Return how many waited at the end of a span."""
        return Figure(self.ends[span.last], self.scope.address(("open_at", str(span.last))))

    @cached_property
    def ends(self) -> dict[date, int]:
        """Return how many waited at the end of each day: those before, and what came and went."""
        number, by_day, ends = self.events.open_before, self.events.by_day, {}
        for day in self.period.span.each_day():
            number += by_day["came"][day] - by_day["went"][day]
            ends[day] = number
        return ends


def flow_of(scope: Scope, source: Source, period: Period) -> list[Part]:
    """Return the parts about the flow."""
    flow, now, before = Flow(scope, source, period), period.span, period.before
    stats = [
        Stat(name.capitalize(), name, flow.event(name, now), flow.event(name, before))
        for name in NAMES
    ]
    stats.append(_waiting(flow))
    definition = (
        "Each counted by its own time. “Waiting” is rebuilt from the times of the returns: arrived "
        "by the end of the day and not completed by then. What was completed before it arrived, "
        "or without an arrival, never waited."
    )
    if not any(stat.now.number for stat in stats) and not any(flow.ends.values()):
        empty = "Nothing was created, arrived or was completed in this period, and nothing waited."
        return [Part("flow", "Flow", definition, stats, empty=empty)]
    charts, tables = [_events(flow), _backlog(flow)], [_table(flow)]
    return [Part("flow", "Flow", definition, stats, charts, tables)]


def _waiting(flow: Flow) -> Stat:
    number, oldest = flow.source.waiting.total(), None
    if number:
        day = min(day for day, waiting in flow.source.waiting.items() if waiting)
        oldest = flow.scope.first_arrival(Span(day, day))
    address = flow.scope.address(("queue", Queue.TO_INSPECT.value))
    note = "" if oldest else "nothing waits"
    return Stat("Waiting now", WAITING, Figure(number, address), note=note, since=oldest)


def _events(flow: Flow) -> Chart:
    spans = flow.period.buckets()
    series = {name: [flow.event(name, span) for span in spans] for name in NAMES}
    title = "Created, arrived and completed"
    return chart_of(title, [span.label for span in spans], series, beside=True)


def _backlog(flow: Flow) -> Chart:
    spans = flow.period.buckets()
    series = {WAITING: [flow.backlog(span) for span in spans]}
    title = f"Waiting in the warehouse at the end of each {flow.period.unit}"
    return chart_of(title, [span.label for span in spans], series, beside=False)


def _table(flow: Flow) -> Table:
    rows = [
        (
            plain(span.words, str(span.first)),
            *(flow.event(name, span) for name in NAMES),
            flow.backlog(span),
        )
        for span in flow.period.buckets()
    ]
    head = (flow.period.unit.capitalize(), "Created", "Arrived", "Completed", "Waiting at its end")
    return Table("flow", "Flow in numbers", head, rows)
