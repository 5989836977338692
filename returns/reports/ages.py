"""How long the waiting returns have been waiting, which averages of completed returns hide."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from returns.calendar.working_time import ONE_DAY
from returns.filters.queues import Queue
from returns.reports.charts import build_chart
from returns.reports.figures import WAITING, Figure, Table, text_figure
from returns.reports.periods import Period
from returns.reports.scope import Scope
from returns.reports.sections import Section
from returns.reports.sources import Source

# Days since the day of arrival, from and to; None for no limit.
AGE_RANGES = ((0, 0), (1, 1), (2, 2), (3, 6), (7, 13), (14, 29), (30, None))


def age_section(scope: Scope, source: Source, period: Period) -> Section:
    """Return the section about the ages of waiting returns."""
    waiting = source.waiting

    def arrived_ago(start: int, end: int | None) -> Figure:
        last = period.today - start * ONE_DAY if start else date.max
        params = [("queue", Queue.TO_INSPECT.value)]
        # If a clock is ahead, a return arrives tomorrow. It counts as today's, so today has no
        # limit.
        if start:
            params.append(("arrived_to", str(last)))
        days = [day for day in waiting if day <= last]
        if end is not None:
            first = period.today - end * ONE_DAY
            params.append(("arrived_from", str(first)))
            days = [day for day in days if day >= first]
        return Figure(sum(waiting[day] for day in days), scope.address(*params))

    figures = [arrived_ago(start, end) for start, end in AGE_RANGES]
    labels = [_label(start, end) for start, end in AGE_RANGES]
    rows = [
        (text_figure(label, start), figure)
        for label, figure, (start, _) in zip(labels, figures, AGE_RANGES, strict=True)
    ]
    definition = _(
        "All returns in the warehouse now, whatever the period, by full days since the day "
        "they arrived. Processing times only include completed returns, so a long wait does "
        "not show there until it is over."
    )
    title = _("Age of waiting returns")
    if not waiting:
        return Section(
            "ages", title, definition, empty=_("No returns are waiting in the warehouse.")
        )
    chart_title = _("Waiting returns by day of arrival")
    series = {pgettext("returns", "waiting"): figures}
    chart = build_chart(chart_title, labels, series, is_bars=True, kinds=[WAITING])
    head = (pgettext("when", "Arrived"), pgettext("number of returns", "Waiting"))
    table = Table("ages", _("Waiting returns by age"), head, rows)
    return Section("ages", title, definition, charts=[chart], tables=[table])


def _label(start: int, end: int | None) -> str:
    if end is None:
        return _("%(days)s days ago or earlier") % {"days": start}
    if start != end:
        return _("%(first)s to %(last)s days ago") % {"first": start, "last": end}
    if start < 2:
        return (pgettext("arrived", "today"), pgettext("arrived", "yesterday"))[start]
    return _("%(days)s days ago") % {"days": start}
