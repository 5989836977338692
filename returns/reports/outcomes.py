"""How many met their deadline, and how many missed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from returns.database.time_limit import TookTooLongError
from returns.filters.due import deadlines_now
from returns.reports.charts import Chart, chart_of, with_shares
from returns.reports.figures import TOO_MANY, Figure, Stat, Table, percent_in_words, plain
from returns.reports.parts import Part
from returns.reports.periods import Period, Span
from returns.reports.scope import Scope, within
from returns.reports.sources import COMPLETED, Source


@dataclass(frozen=True)
class Outcomes:
    """How many met their deadline within a span, and how many missed it."""

    met: Figure
    missed: Figure

    @property
    def share(self) -> Figure:
        """Return the share of those that met it."""
        return percent_in_words(self.met.number, self.met.number + self.missed.number)


def deadlines_of(scope: Scope, source: Source, period: Period) -> Part:
    """Return the part about what was completed within its deadline."""
    definition = (
        "Of what was completed in the period, by the policies and the working calendar as they "
        "are now. What no policy matches has no deadline."
    )
    part = Part("deadlines", "Within the deadline", definition)
    if not deadlines_now().policies:
        return _without(part, "There are no deadlines yet. A manager sets them under Deadlines.")
    try:
        days = source.outcomes(Span(period.before.first, period.span.last))
    except TookTooLongError as error:
        return _without(part, str(error) or TOO_MANY)
    now, before = (_outcomes(scope, days, span) for span in (period.span, period.before))
    stats = [
        Stat("Within the deadline", "share", now.share, before.share),
        Stat("Met", "completed", now.met, before.met),
        Stat("Missed", "late", now.missed, before.missed),
    ]
    buckets = [(span, _outcomes(scope, days, span)) for span in period.buckets()]
    if not now.met.number and not now.missed.number:
        empty = "Nothing that was completed in this period had a deadline."
        return Part(part.name, part.title, definition, stats, empty=empty)
    charts, tables = [_outcome_chart(period, buckets)], [_outcome_table(period, buckets)]
    return Part(part.name, part.title, definition, stats, charts, tables)


def _without(part: Part, why: str) -> Part:
    return Part(part.name, part.title, part.definition, empty=why)


def _outcomes(scope: Scope, days: Mapping[date, tuple[int, int]], span: Span) -> Outcomes:
    found = [days[day] for day in span.each_day() if day in days]
    said = within(COMPLETED, span)
    return Outcomes(
        Figure(sum(met for met, _ in found), scope.address(*said, ("deadline", "met"))),
        Figure(sum(missed for _, missed in found), scope.address(*said, ("deadline", "missed"))),
    )


def _outcome_chart(period: Period, buckets: list[tuple[Span, Outcomes]]) -> Chart:
    series = {
        "met": [each.met for _, each in buckets],
        "missed": [each.missed for _, each in buckets],
    }
    labels, kinds = [span.label for span, _ in buckets], ["completed", "late"]
    title = f"Met and missed by {period.unit} of completion"
    chart = chart_of(title, labels, series, beside=True, kinds=kinds)
    return with_shares(chart, "within the deadline", [each.share for _, each in buckets])


def _outcome_table(period: Period, buckets: list[tuple[Span, Outcomes]]) -> Table:
    rows = [
        (plain(span.words, str(span.first)), each.met, each.missed, each.share)
        for span, each in buckets
    ]
    head = (period.unit.capitalize(), "Met", "Missed", "Within the deadline")
    return Table("deadlines", f"By {period.unit} of completion", head, rows)
