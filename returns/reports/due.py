"""How many returns are due on each of the next working days."""

from collections.abc import Iterator
from datetime import date

from returns.calendar.working_time import ONE_DAY, Calendar
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.due import current_deadlines
from returns.models import Deadline
from returns.reports.charts import build_chart
from returns.reports.figures import TOO_MANY, Figure, Stat, Table, text_figure
from returns.reports.periods import Period, Span
from returns.reports.scope import Scope
from returns.reports.sections import Section

DUE_DAYS = 7
DUE_TIME_LIMIT_MS = 3_000  # for each number
# A calendar may have closed days for months.
MAX_DAYS_AHEAD = 366
DUE_DEFINITION = (
    "Waiting returns by the day on which they are due, whatever the period. What is due on a day "
    "off counts for the next working day."
)


def due_section(scope: Scope, period: Period) -> Section:
    """Return the section about the next working days; it counts the returns as they are now."""
    title, deadlines = "Due by day", current_deadlines()
    if not deadlines.policies:
        empty = "There are no deadlines yet. Warehouse managers create them under Deadlines."
        return Section("due", title, DUE_DEFINITION, empty=empty)
    spans = list(_working_days(deadlines.calendar, period.today))
    try:
        with time_limit(DUE_TIME_LIMIT_MS):
            figures = [_due(scope, span) for span in spans]
            late = Figure(
                scope.count(("deadline", Deadline.LATE)),
                scope.address(("deadline", Deadline.LATE)),
            )
    except QueryTimeoutError:
        return Section("due", title, DUE_DEFINITION, empty=TOO_MANY)
    labels = [f"{span.last:%a} {span.last.day} {span.last:%b}" for span in spans]
    rows = [
        (text_figure(label, str(span.last)), figure)
        for label, span, figure in zip(labels, spans, figures, strict=True)
    ]
    chart = build_chart("Returns due by day", labels, {"waiting": figures}, is_bars=True)
    table = Table("due", title, ("Due", "Returns"), rows)
    stats = [Stat("Late now", "late", late)]
    return Section("due", title, DUE_DEFINITION, stats, charts=[chart], tables=[table])


def _due(scope: Scope, span: Span) -> Figure:
    params = ("due_from", str(span.first)), ("due_by", str(span.last))
    return Figure(scope.count(*params), scope.address(*params))


def _working_days(calendar: Calendar, today: date) -> Iterator[Span]:
    """Yield the next working days, each with the days off just before it."""
    first, found = today, 0
    for number in range(MAX_DAYS_AHEAD):
        day = today + number * ONE_DAY
        if calendar.hours_of(day) is None:
            continue
        yield Span(first, day)
        first, found = day + ONE_DAY, found + 1
        if found == DUE_DAYS:
            return
