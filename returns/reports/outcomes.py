"""How many returns met or missed their deadline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from returns.database.time_limit import QueryTimeoutError
from returns.filters.due import current_deadlines
from returns.reports.charts import Chart, build_chart, with_shares
from returns.reports.figures import (
    NO_DEADLINES,
    TOO_MANY,
    Figure,
    Stat,
    Table,
    share_figure,
    text_figure,
)
from returns.reports.periods import Period, Span
from returns.reports.scope import Scope, event_filters
from returns.reports.sections import Section
from returns.reports.sources import COMPLETED, Source

SECTION_NAME, SECTION_TITLE = "deadlines", gettext_lazy("Within the deadline")
SECTION_DEFINITION = gettext_lazy(
    "Returns completed in the period, judged by the current deadlines and working calendar. "
    "Returns that match no deadline are not counted."
)
CHART_TITLES = {
    "day": gettext_lazy("Met and missed by day of completion"),
    "week": gettext_lazy("Met and missed by week of completion"),
}


@dataclass(frozen=True)
class Outcomes:
    """The returns completed in a span that met or missed their deadline."""

    met: Figure
    missed: Figure

    @property
    def met_share(self) -> Figure:
        """Return the percentage that met it."""
        return share_figure(self.met.number, self.met.number + self.missed.number)


def deadline_section(scope: Scope, source: Source, period: Period) -> Section:
    """Return the section about deadlines met and missed."""
    if not current_deadlines().policies:
        return _section([], str(NO_DEADLINES))
    try:
        by_day = source.outcomes(Span(period.before.first, period.span.last))
    except QueryTimeoutError as error:
        return _section([], str(error) or str(TOO_MANY))
    now, before = (_outcomes(scope, by_day, span) for span in (period.span, period.before))
    stats = [
        Stat(str(SECTION_TITLE), "share", now.met_share, before.met_share),
        Stat(pgettext("number of deadlines", "Met"), "completed", now.met, before.met),
        Stat(pgettext("number of deadlines", "Missed"), "late", now.missed, before.missed),
    ]
    if not now.met.number and not now.missed.number:
        return _section(stats, _("No return completed in this period had a deadline."))
    intervals = [(span, _outcomes(scope, by_day, span)) for span in period.intervals()]
    section = _section(stats)
    section.charts.append(_chart(period, intervals))
    section.tables.append(_table(period, intervals))
    return section


def _section(stats: list[Stat], empty: str = "") -> Section:
    return Section(SECTION_NAME, str(SECTION_TITLE), str(SECTION_DEFINITION), stats, empty=empty)


def _outcomes(scope: Scope, by_day: Mapping[date, tuple[int, int]], span: Span) -> Outcomes:
    days = [by_day[day] for day in span.each_day() if day in by_day]
    completed = event_filters(COMPLETED, span)
    return Outcomes(
        Figure(sum(met for met, _ in days), scope.address(*completed, ("deadline", "met"))),
        Figure(
            sum(missed for _, missed in days), scope.address(*completed, ("deadline", "missed"))
        ),
    )


def _chart(period: Period, intervals: list[tuple[Span, Outcomes]]) -> Chart:
    series = {
        pgettext("deadlines", "met"): [outcomes.met for _, outcomes in intervals],
        pgettext("deadlines", "missed"): [outcomes.missed for _, outcomes in intervals],
    }
    labels, kinds = [span.label for span, _ in intervals], ["completed", "late"]
    title = str(CHART_TITLES[period.unit])
    chart = build_chart(title, labels, series, is_bars=True, kinds=kinds)
    shares = [outcomes.met_share for _, outcomes in intervals]
    return with_shares(chart, pgettext("returns", "within the deadline"), shares)


def _table(period: Period, intervals: list[tuple[Span, Outcomes]]) -> Table:
    rows = [
        (
            text_figure(span.text, str(span.first)),
            *(outcomes.met, outcomes.missed, outcomes.met_share),
        )
        for span, outcomes in intervals
    ]
    head = (
        period.unit_label,
        pgettext("number of deadlines", "Met"),
        pgettext("number of deadlines", "Missed"),
        str(SECTION_TITLE),
    )
    return Table(SECTION_NAME, period.by_completion, head, rows)
