"""How long returns take from arrival to completion, and whether they meet their deadline."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import zip_longest

from returns.models import By
from returns.reports.ages import ages_of
from returns.reports.charts import Chart, chart_of
from returns.reports.figures import (
    Figure,
    Stat,
    Table,
    hours_in_words,
    plain,
)
from returns.reports.kinds import TITLES, filter_of, words_of
from returns.reports.outcomes import deadlines_of
from returns.reports.parts import Part
from returns.reports.periods import Period, Span
from returns.reports.scope import Said, Scope, within
from returns.reports.sources import COMPLETED, Source, Taken
from returns.summaries.durations import EDGES, hours_of, percentile

PERCENTS = (50, 90, 95)
KINDS = (By.CARRIER, By.CHANNEL, By.WEEKDAY, By.TAG)


class Durations:
    """Returns completed within a span that are told apart alike: how long they took."""

    def __init__(self, scope: Scope, span: Span, rows: Iterable[Taken], *said: Said) -> None:
        rows = list(rows)
        self.scope, self.said = scope, (*within(COMPLETED, span), *said)
        columns = zip_longest(*(row.counts for row in rows), fillvalue=0)
        self.counts = [sum(column) for column in columns]
        self.completed = sum(row.completed for row in rows)

    @property
    def number(self) -> int:
        """Return of how many it is known."""
        return sum(self.counts)

    def known(self) -> Figure:
        """Return those of which it is known."""
        return Figure(self.number, self.scope.address(*self.said, ("took_over", "0")))

    def unknown(self) -> Figure:
        """Return those of which it is not."""
        address = self.scope.address(*self.said, ("took", "unknown"))
        return Figure(self.completed - self.number, address)

    def percentile(self, percent: int) -> Figure:
        """Return in how many hours so many percent were done: the fewest that are enough."""
        place = percentile(self.counts, percent)
        if place is None:
            return Figure(0, words="–", value="")
        hours = hours_of(place)
        if hours is None:
            number, hours = sum(self.counts[place:]), EDGES[-1]
            words, said = f"{hours_in_words(hours)} or more", ("took_over", str(hours))
        else:
            number = sum(self.counts[: place + 1])
            words, said = hours_in_words(hours), ("took_under", str(hours))
        compared = "at least" if said[0] == "took_over" else "less than"
        title = f"{number:,} of {self.number:,} took {compared} {hours:,} hours"
        return Figure(number, self.scope.address(*self.said, said), words, hours, title)


def speed_of(scope: Scope, source: Source, period: Period) -> list[Part]:
    """Return the parts about speed."""
    days = source.taken(Span(period.before.first, period.span.last))
    now, before = (_within(scope, days, span) for span in (period.span, period.before))
    weeks = [(span, _within(scope, days, span)) for span in period.buckets()]
    stats = [_percentile_stat(percent, now, before) for percent in PERCENTS]
    stats += [
        Stat("Completed, time known", "completed", now.known(), before.known()),
        Stat("Time unknown, left out", "created", now.unknown(), before.unknown()),
    ]
    definition = (
        "Counted by completion. P90 is the number of hours in which 90 of 100 were done: the "
        "fewest full hours (six from three days on, days from two weeks on) that are enough. "
        "What was completed before it arrived, or without an arrival, is left out, and counted "
        "as unknown."
    )
    if now.number:
        empty, charts, tables = "", [_chart(weeks)], [_by_time(period, weeks)]
    else:
        empty = "Nothing that was completed in this period has a known time of arrival before it."
        charts, tables = [], []
    parts = [
        Part("speed", "From arrival to completion", definition, stats, charts, tables, empty),
        ages_of(scope, source, period),
    ]
    if not scope.says("deadline"):
        parts.append(deadlines_of(scope, source, period))
    if now.number:
        tables = [_by_kind(scope, source, period.span, by) for by in KINDS]
        parts.append(
            Part(
                "kinds",
                "By carrier, channel, weekday and tag",
                "The same, told apart. A return with several tags counts for each of them.",
                tables=tables,
            )
        )
    return parts


def _within(scope: Scope, days: Mapping[date, Taken], span: Span) -> Durations:
    return Durations(scope, span, (days[day] for day in span.each_day() if day in days))


def _percentile_stat(percent: int, now: Durations, before: Durations) -> Stat:
    return Stat(f"P{percent}", f"p{percent}", now.percentile(percent), before.percentile(percent))


def _chart(weeks: list[tuple[Span, Durations]]) -> Chart:
    series = {f"P{p}": [each.percentile(p) for _, each in weeks] for p in PERCENTS}
    labels = [span.label for span, _ in weeks]
    kinds = [f"p{percent}" for percent in PERCENTS]
    title = "Hours from arrival to completion"
    return chart_of(title, labels, series, beside=False, unit="hours", kinds=kinds)


def _head(first: str) -> tuple[str, ...]:
    return (first, "Completed", *(f"P{percent}" for percent in PERCENTS))


def _row(heading: Figure, durations: Durations) -> tuple[Figure, ...]:
    return (heading, durations.known(), *(durations.percentile(percent) for percent in PERCENTS))


def _by_time(period: Period, weeks: list[tuple[Span, Durations]]) -> Table:
    rows = [_row(plain(span.words, str(span.first)), each) for span, each in weeks]
    title = f"By {period.unit} of completion"
    return Table("speed", title, _head(period.unit.capitalize()), rows)


def _by_kind(scope: Scope, source: Source, span: Span, by: By) -> Table:
    found, rows = source.taken_by(by, span), []
    for value in sorted(found):
        if name := words_of(by, value, scope.words):
            durations = Durations(scope, span, found[value], filter_of(by, value, scope.words))
            heading = plain(name, int(value) if by == By.WEEKDAY else name)
            rows.append(_row(heading, durations))
    table = Table(f"by-{by.name.lower()}", TITLES[by], _head(TITLES[by]), rows)
    return table.sorted_by(0 if by == By.WEEKDAY else 1, descending=by != By.WEEKDAY)
