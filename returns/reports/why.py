"""Why returns come back: their tags by group, how these change, and which occur together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import accumulate

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from config.numbers import grouped
from config.shipped_names import group_label
from returns.models import Dimension
from returns.reports.charts import Chart, build_chart, with_shares
from returns.reports.figures import (
    Figure,
    Stat,
    Table,
    change_figures,
    change_heads,
    shade_cells,
    share_figure,
    text_figure,
)
from returns.reports.periods import Period, Span
from returns.reports.scope import Param, Scope, event_filters
from returns.reports.sections import Section
from returns.reports.sources import CREATED, Source
from tags.vocabulary import TagChip, Vocabulary

# The groups that the report shows unless the address names others.
DEFAULT_REASONS, DEFAULT_CATEGORIES = "Return reason", "Product category"
MAX_TREND_LINES = 5  # more cannot be told apart
TREND_TITLES = {
    "day": gettext_lazy("%(group)s by day"),
    "week": gettext_lazy("%(group)s by week"),
}
TOP_TREND_TITLES = {
    "day": gettext_lazy("%(group)s by day, top %(number)s"),
    "week": gettext_lazy("%(group)s by week, top %(number)s"),
}
UNTAGGED_FILTER: Param = ("missing", "tags")


@dataclass(frozen=True)
class TagCounts:
    """How many returns have which tags, by their day of creation."""

    scope: Scope
    source: Source
    period: Period

    @cached_property
    def created_by_tag(self) -> dict[str, Counter[date]]:
        """Return how many returns were created, by id of a tag and day."""
        return self.source.created_by(Dimension.TAG, self._both_periods)

    @cached_property
    def created(self) -> Counter[date]:
        """Return how many returns were created, by day."""
        return self.source.created_by(Dimension.ALL, self._both_periods).get("", Counter())

    @cached_property
    def created_untagged(self) -> Counter[date]:
        """Return how many returns without a tag were created, by day."""
        return self.source.created_by(Dimension.UNTAGGED, self._both_periods).get("", Counter())

    @property
    def _both_periods(self) -> Span:
        return Span(self.period.before.first, self.period.span.last)

    def total(self, span: Span) -> Figure:
        """Return how many returns were created in a span."""
        return self._figure(self.created, span)

    def untagged(self, span: Span) -> Figure:
        """Return how many of them have no tag."""
        return self._figure(self.created_untagged, span, UNTAGGED_FILTER)

    def untagged_share(self, span: Span) -> Figure:
        """Return which percentage of them has no tag."""
        return share_figure(self.untagged(span).number, self.total(span).number)

    def tagged(self, chip: TagChip, span: Span) -> Figure:
        """Return how many of them have a tag."""
        by_day = self.created_by_tag.get(str(chip.id), Counter())
        return self._figure(by_day, span, ("tag", chip.name))

    def tagged_with_both(self, one: TagChip, other: TagChip, number: int) -> Figure:
        """Return a number of returns created in the period that have both tags, with their list."""
        params = (*event_filters(CREATED, self.period.span), ("tag", one.name), ("tag", other.name))
        return Figure(number, self.scope.address(*params))

    def most_used(self, chips: Sequence[TagChip]) -> list[TagChip]:
        """Return the tags that are used in the period, the most used first."""
        numbers = {chip.id: self.tagged(chip, self.period.span).number for chip in chips}
        used = [chip for chip in chips if numbers[chip.id]]
        return sorted(used, key=lambda chip: (-numbers[chip.id], chip.order))

    def _figure(self, by_day: Counter[date], span: Span, *params: Param) -> Figure:
        number = sum(by_day[day] for day in span.each_day())
        return Figure(number, self.scope.address(*event_filters(CREATED, span), *params))


def group_names(vocabulary: Vocabulary) -> list[str]:
    """Return the names of the tag groups, in their order."""
    return list(dict.fromkeys(chip.group for chip in vocabulary.values()))


def default_groups(vocabulary: Vocabulary) -> tuple[str, str]:
    """Return the groups for rows and columns; the first other ones if these do not exist."""
    names = group_names(vocabulary)
    rows = DEFAULT_REASONS if DEFAULT_REASONS in names else next(iter(names), DEFAULT_REASONS)
    others = (name for name in names if name != rows)
    columns = DEFAULT_CATEGORIES
    return rows, columns if columns in names else next(others, columns)


def why_sections(
    scope: Scope, source: Source, period: Period, row_group: str = "", column_group: str = ""
) -> list[Section]:
    """Return the sections of the report. The groups are names; "" for the default ones."""
    counts = TagCounts(scope, source, period)
    default_rows, default_columns = default_groups(scope.vocabulary)
    row_group, column_group = row_group or default_rows, column_group or default_columns
    chips = scope.vocabulary.values()
    rows = counts.most_used([chip for chip in chips if chip.group == row_group])
    columns = counts.most_used([chip for chip in chips if chip.group == column_group])
    return [
        _reason_section(counts, group_label(row_group), rows),
        _cross_section(counts, row_group, column_group, rows, columns),
        _change_section(counts),
    ]


def _reason_section(counts: TagCounts, group: str, used: list[TagChip]) -> Section:
    span, before = counts.period.span, counts.period.before
    total = counts.total(span)
    stats = [
        Stat(pgettext("number of returns", "Created"), CREATED, total, counts.total(before)),
        Stat(_("Without a tag"), "created", counts.untagged(span), counts.untagged(before)),
        Stat(
            _("Share without a tag"),
            "created",
            counts.untagged_share(span),
            counts.untagged_share(before),
        ),
    ]
    definition = _(
        "Returns created in the period, by their current tags from the group “%(group)s”. A return "
        "with several of these tags counts for each, so the shares can add up to more than 100%%."
    ) % {"group": group}
    if not used:
        empty = _("No return created in this period has a tag from the group “%(group)s”.")
        empty %= {"group": group}
        return Section("reasons", group, definition, stats, empty=empty)
    charts = [_pareto_chart(counts, group, used), _trend_chart(counts, group, used)]
    tables = [_pareto_table(counts, group, used, total.number), _trend_table(counts, group, used)]
    return Section("reasons", group, definition, stats, charts, tables)


def _pareto_chart(counts: TagCounts, group: str, used: list[TagChip]) -> Chart:
    figures = [counts.tagged(chip, counts.period.span) for chip in used]
    title, names = _("%(group)s, most frequent first") % {"group": group}, [c.label for c in used]
    series = {pgettext("number", "returns"): figures}
    chart = build_chart(title, names, series, is_bars=True, kinds=["returns"])
    return with_shares(chart, _("cumulative share"), _cumulative_shares(figures))


def _cumulative_shares(figures: Sequence[Figure]) -> list[Figure]:
    numbers = [figure.number for figure in figures]
    return [share_figure(number, sum(numbers)) for number in accumulate(numbers)]


def _pareto_table(counts: TagCounts, group: str, used: list[TagChip], total: int) -> Table:
    figures = [counts.tagged(chip, counts.period.span) for chip in used]
    rows = [
        (
            *(text_figure(chip.label), figure, share_figure(figure.number, total), cumulative),
            counts.tagged(chip, counts.period.before),
        )
        for chip, figure, cumulative in zip(used, figures, _cumulative_shares(figures), strict=True)
    ]
    head = (
        group,
        pgettext("number", "Returns"),
        _("Share of all returns"),
        _("Cumulative share"),
        pgettext("number of returns", "Before"),
    )
    title = _("%(group)s by number of returns") % {"group": group}
    return Table("reasons", title, head, rows)


def _trend_chart(counts: TagCounts, group: str, used: list[TagChip]) -> Chart:
    intervals, shown = counts.period.intervals(), used[:MAX_TREND_LINES]
    series = {chip.name: [counts.tagged(chip, span) for span in intervals] for chip in shown}
    title = str(TREND_TITLES[counts.period.unit])
    if len(used) > len(shown):
        title = str(TOP_TREND_TITLES[counts.period.unit])
    title %= {"group": group, "number": grouped(len(shown))}
    kinds = [f"line-{number}" for number in range(1, MAX_TREND_LINES + 1)]
    labels = [span.label for span in intervals]
    chart = build_chart(title, labels, series, is_bars=False, kinds=kinds)
    # Two tags may have the same label.
    named = zip(shown, chart.series, strict=True)
    return replace(chart, series=[replace(each, name=chip.label) for chip, each in named])


def _trend_table(counts: TagCounts, group: str, used: list[TagChip]) -> Table:
    rows = [
        (text_figure(span.text, str(span.first)), *(counts.tagged(chip, span) for chip in used))
        for span in counts.period.intervals()
    ]
    head = (counts.period.unit_label, *(chip.label for chip in used))
    title = str(TREND_TITLES[counts.period.unit]) % {"group": group}
    return Table("trend", title, head, rows)


def _cross_section(
    counts: TagCounts,
    row_group: str,
    column_group: str,
    row_chips: list[TagChip],
    column_chips: list[TagChip],
) -> Section:
    """Return the section that counts pairs of tags, one from each group."""
    groups = {"rows": group_label(row_group), "columns": group_label(column_group)}
    title = _("%(rows)s by %(columns)s") % groups
    definition = (
        _(
            "Returns created in the period with a tag from “%(rows)s” and a tag from "
            "“%(columns)s”. Darker cells have more returns."
        )
        % groups
    )
    if not row_chips or not column_chips or row_group == column_group:
        empty = _("No return created in this period has tags from both groups.")
        return Section("together", title, definition, empty=empty)
    ids = {chip.id for chip in (*row_chips, *column_chips)}
    numbers = counts.source.tag_pairs(ids, counts.period.span)

    def cell(one: TagChip, other: TagChip) -> Figure:
        number = numbers[min(one.id, other.id), max(one.id, other.id)]
        return counts.tagged_with_both(one, other, number)

    rows = [
        (text_figure(one.label), *(cell(one, other) for other in column_chips)) for one in row_chips
    ]
    head = (groups["rows"], *(chip.label for chip in column_chips))
    table = Table("together", title, head, shade_cells(rows))
    return Section("together", title, definition, tables=[table])


def _change_section(counts: TagCounts) -> Section:
    title = _("Rising and falling tags")
    definition = _(
        "All tags of returns created in the period, compared with as many days before. The largest "
        "changes come first."
    )
    rows = []
    for chip in counts.scope.vocabulary.values():
        now, before = (
            counts.tagged(chip, span) for span in (counts.period.span, counts.period.before)
        )
        if now.number or before.number:
            name, group = text_figure(chip.label), text_figure(chip.group_label)
            rows.append((name, group, now, before, *change_figures(now, before)))
    if not rows:
        empty = _("No return created in this period or the one before has a tag.")
        return Section("moves", title, definition, empty=empty)
    rows.sort(key=lambda row: -abs(row[2].number - row[3].number))
    head = (
        pgettext("noun", "Tag"),
        pgettext("of tags", "Group"),
        pgettext("number", "Returns"),
        *change_heads(),
    )
    return Section("moves", title, definition, tables=[Table("moves", title, head, rows)])
