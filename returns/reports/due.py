"""How many returns are due on each of the next working days."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from config.dates import weekday_and_day
from returns.calendar.working_time import ONE_DAY, Calendar
from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.due import current_deadlines
from returns.models import Deadline
from returns.reports.charts import build_chart
from returns.reports.figures import (
    NO_DEADLINES,
    TOO_MANY,
    WAITING,
    Figure,
    Stat,
    Table,
    text_figure,
)
from returns.reports.periods import Period, Span
from returns.reports.scope import Scope
from returns.reports.sections import Section

DUE_DAYS = 7
DUE_TIME_LIMIT_MS = 3_000  # for each number
# A calendar may have closed days for months.
MAX_DAYS_AHEAD = 366
DUE_DEFINITION = gettext_lazy(
    "Waiting returns by the day on which they are due, whatever the period. What is due on a day "
    "off counts for the next working day."
)


def due_section(scope: Scope, period: Period) -> Section:
    """Return the section about the next working days; it counts the returns as they are now."""
    title, definition = _("Due by day"), str(DUE_DEFINITION)
    deadlines = current_deadlines()
    if not deadlines.policies:
        return Section("due", title, definition, empty=str(NO_DEADLINES))
    spans = list(_working_days(deadlines.calendar, period.today))
    try:
        with time_limit(DUE_TIME_LIMIT_MS):
            figures = [_due(scope, span) for span in spans]
            late = Figure(
                scope.count(("deadline", Deadline.LATE)),
                scope.address(("deadline", Deadline.LATE)),
            )
    except QueryTimeoutError:
        return Section("due", title, definition, empty=str(TOO_MANY))
    labels = [weekday_and_day(span.last) for span in spans]
    rows = [
        (text_figure(label, str(span.last)), figure)
        for label, span, figure in zip(labels, spans, figures, strict=True)
    ]
    series = {pgettext("returns", "waiting"): figures}
    chart = build_chart(_("Returns due by day"), labels, series, is_bars=True, kinds=[WAITING])
    head = (pgettext("day", "Due"), pgettext("number", "Returns"))
    stats = [Stat(_("Late now"), "late", late)]
    tables = [Table("due", title, head, rows)]
    return Section("due", title, definition, stats, charts=[chart], tables=tables)


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
