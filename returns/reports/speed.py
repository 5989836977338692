"""How long returns take from arrival to completion, and whether they meet their deadline."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import zip_longest

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from config.numbers import grouped
from returns.models import Dimension
from returns.reports.ages import age_section
from returns.reports.charts import Chart, build_chart
from returns.reports.dimensions import DIMENSION_TITLES, dimension_filter, dimension_label
from returns.reports.figures import Figure, Stat, Table, format_hours, text_figure
from returns.reports.outcomes import deadline_section
from returns.reports.periods import Period, Span
from returns.reports.scope import Param, Scope, event_filters
from returns.reports.sections import Section
from returns.reports.sources import COMPLETED, DurationCounts, Source
from returns.summaries.durations import BUCKET_EDGES, bucket_end, percentile_bucket

PERCENTS = (50, 90, 95)
GROUPED_BY = (Dimension.CARRIER, Dimension.CHANNEL, Dimension.WEEKDAY, Dimension.TAG)


class ProcessingTimes:
    """The processing times of returns completed in a span that match further filters."""

    def __init__(
        self, scope: Scope, span: Span, rows: Iterable[DurationCounts], *params: Param
    ) -> None:
        rows = list(rows)
        self.scope, self.params = scope, (*event_filters(COMPLETED, span), *params)
        buckets = zip_longest(*(row.counts for row in rows), fillvalue=0)
        self.counts = [sum(bucket) for bucket in buckets]
        self.completed = sum(row.completed for row in rows)

    @property
    def number(self) -> int:
        """Return how many processing times are known."""
        return sum(self.counts)

    def known(self) -> Figure:
        """Return the returns whose processing time is known."""
        return Figure(self.number, self._address(("took_over", "0")))

    def unknown(self) -> Figure:
        """Return the returns whose processing time is unknown."""
        return Figure(self.completed - self.number, self._address(("took", "unknown")))

    def percentile(self, percent: int) -> Figure:
        """Return the hours within which a percentage of the returns were completed.

        Rounded up to the end of a bucket. The figure's number and list are of those returns; in the
        last bucket, which has no end, of the returns that took longer.
        """
        bucket = percentile_bucket(self.counts, percent)
        if bucket is None:
            return Figure(0, text="–", value="")
        hours = bucket_end(bucket)
        if hours is None:
            number, hours = sum(self.counts[bucket:]), BUCKET_EDGES[-1]
            text = _("%(time)s or more") % {"time": format_hours(hours)}
            param = "took_over", str(hours)
            title = _("%(number)s of %(total)s took at least %(hours)s hours")
        else:
            number = sum(self.counts[: bucket + 1])
            text, param = format_hours(hours), ("took_under", str(hours))
            title = ngettext(
                "%(number)s of %(total)s took less than %(hours)s hour",
                "%(number)s of %(total)s took less than %(hours)s hours",
                hours,
            )
        values = {"number": number, "total": self.number, "hours": hours}
        title %= {name: grouped(value) for name, value in values.items()}
        return Figure(number, self._address(param), text, hours, title)

    def _address(self, param: Param) -> str:
        return self.scope.address(*self.params, param)


def speed_sections(scope: Scope, source: Source, period: Period) -> list[Section]:
    """Return the sections of the report."""
    by_day = source.durations(Span(period.before.first, period.span.last))
    now, before = (_processing_times(scope, by_day, span) for span in (period.span, period.before))
    sections = [
        _processing_time_section(scope, by_day, period, now, before),
        age_section(scope, source, period),
    ]
    if not scope.filters_by("deadline"):
        sections.append(deadline_section(scope, source, period))
    if now.number:
        sections.append(_group_section(scope, source, period))
    return sections


def _processing_time_section(
    scope: Scope,
    by_day: Mapping[date, DurationCounts],
    period: Period,
    now: ProcessingTimes,
    before: ProcessingTimes,
) -> Section:
    title = _("Processing time")
    stats = [_percentile_stat(percent, now, before) for percent in PERCENTS]
    stats += [
        Stat(_("Processing time known"), "completed", now.known(), before.known()),
        Stat(_("Processing time unknown"), "created", now.unknown(), before.unknown()),
    ]
    definition = _(
        "From arrival to completion, counted on the day of completion. P90: 90% were completed "
        "within this time (rounded up). Returns that were completed before they arrived, or "
        "without an arrival, have no known processing time."
    )
    if not now.number:
        empty = _("No return completed in this period has a known processing time.")
        return Section("speed", title, definition, stats, empty=empty)
    intervals = [(span, _processing_times(scope, by_day, span)) for span in period.intervals()]
    charts, tables = [_chart(intervals)], [_table_by_time(period, intervals)]
    return Section("speed", title, definition, stats, charts, tables)


def _group_section(scope: Scope, source: Source, period: Period) -> Section:
    return Section(
        "kinds",
        _("By carrier, channel, weekday and tag"),
        _("Processing times by group. A return with several tags counts for each of them."),
        tables=[_table_by_value(scope, source, period.span, each) for each in GROUPED_BY],
    )


def _processing_times(
    scope: Scope, by_day: Mapping[date, DurationCounts], span: Span
) -> ProcessingTimes:
    rows = (by_day[day] for day in span.each_day() if day in by_day)
    return ProcessingTimes(scope, span, rows)


def _percentile_stat(percent: int, now: ProcessingTimes, before: ProcessingTimes) -> Stat:
    return Stat(f"P{percent}", f"p{percent}", now.percentile(percent), before.percentile(percent))


def _chart(intervals: list[tuple[Span, ProcessingTimes]]) -> Chart:
    series = {f"P{p}": [times.percentile(p) for _, times in intervals] for p in PERCENTS}
    labels = [span.label for span, _ in intervals]
    kinds = [f"p{percent}" for percent in PERCENTS]
    title = _("Processing time in hours")
    return build_chart(title, labels, series, is_bars=False, kinds=kinds)


def _head(first: str) -> tuple[str, ...]:
    return (
        first,
        pgettext("number of returns", "Completed"),
        *(f"P{percent}" for percent in PERCENTS),
    )


def _row(heading: Figure, times: ProcessingTimes) -> tuple[Figure, ...]:
    return (heading, times.known(), *(times.percentile(percent) for percent in PERCENTS))


def _table_by_time(period: Period, intervals: list[tuple[Span, ProcessingTimes]]) -> Table:
    rows = [_row(text_figure(span.text, str(span.first)), times) for span, times in intervals]
    return Table("speed", period.by_completion, _head(period.unit_label), rows)


def _table_by_value(scope: Scope, source: Source, span: Span, dimension: Dimension) -> Table:
    by_value, rows = source.durations_by(dimension, span), []
    is_weekday = dimension == Dimension.WEEKDAY
    for value in sorted(by_value):
        if label := dimension_label(dimension, value, scope.vocabulary):
            param = dimension_filter(dimension, value, scope.vocabulary)
            times = ProcessingTimes(scope, span, by_value[value], param)
            rows.append(_row(text_figure(label, int(value) if is_weekday else label), times))
    title = str(DIMENSION_TITLES[dimension])
    table = Table(f"by-{dimension.name.lower()}", title, _head(title), rows)
    return table.sorted_by(0 if is_weekday else 1, descending=not is_weekday)
