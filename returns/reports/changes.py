"""For the morning: what is due, and what has changed by channel, carrier and tags."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.numbers import grouped
from config.shipped_names import group_label
from returns.models import Dimension
from returns.reports.charts import Chart, build_chart
from returns.reports.dimensions import (
    DIMENSION_TITLES,
    dimension_filter,
    dimension_label,
)
from returns.reports.due import due_section
from returns.reports.figures import (
    Figure,
    Stat,
    Table,
    change_figures,
    change_heads,
    text_figure,
)
from returns.reports.periods import WEEK, Period, Span
from returns.reports.scope import Scope, event_filters
from returns.reports.sections import Section
from returns.reports.sources import CREATED, Source
from returns.reports.why import default_groups

MAX_CHART_VALUES = 8  # more have no room for their names

TAG_SECTION = "by-tag"

type Row = tuple[Figure, Figure, Figure]


def change_sections(
    scope: Scope, source: Source, period: Period, tag_group: str = ""
) -> list[Section]:
    """Return the sections of the report; ``tag_group`` is a name, "" for the default one."""
    both = Span(period.before.first, period.span.last)
    group = tag_group or default_groups(scope.vocabulary)[0]
    sections = []
    for dimension in (Dimension.CHANNEL, Dimension.CARRIER, Dimension.TAG):
        by_value = source.created_by(dimension, both)
        if dimension == Dimension.TAG:
            chips = scope.vocabulary.values()
            wanted = {str(chip.id) for chip in chips if chip.group == group}
            by_value = {value: days for value, days in by_value.items() if value in wanted}
        is_tag = dimension == Dimension.TAG
        title = group_label(group) if is_tag else str(DIMENSION_TITLES[dimension])
        rows = sorted(_rows(scope, period, dimension, by_value), key=_size_of_change)
        sections.append(_section(f"by-{dimension.name.lower()}", title, period, rows))
    all_created = source.created_by(Dimension.ALL, both).get("", Counter())
    now, before = (
        Figure(
            sum(all_created[day] for day in span.each_day()),
            scope.address(*event_filters(CREATED, span)),
        )
        for span in (period.span, period.before)
    )
    sections[0].stats.append(Stat(pgettext("number of returns", "Created"), CREATED, now, before))
    return [due_section(scope, period), *sections]


def _rows(
    scope: Scope, period: Period, dimension: Dimension, by_value: dict[str, Counter[date]]
) -> Iterator[Row]:
    for value, by_day in by_value.items():
        label = dimension_label(dimension, value, scope.vocabulary)
        if not label:
            continue
        param = dimension_filter(dimension, value, scope.vocabulary)
        now, before = (
            Figure(
                sum(by_day[day] for day in span.each_day()),
                scope.address(*event_filters(CREATED, span), param),
            )
            for span in (period.span, period.before)
        )
        if now.number or before.number:
            yield text_figure(label), now, before


def _size_of_change(row: Row) -> tuple[int, int, str]:
    name, now, before = row
    return -abs(now.number - before.number), -now.number, name.text


def _section(name: str, title: str, period: Period, rows: list[Row]) -> Section:
    definition = _definition(period)
    if not rows:
        empty = _("No returns were created in this period or the one before.")
        if name == TAG_SECTION:
            empty = _(
                "No return created in this period or the one before has a tag from “%(group)s”."
            ) % {"group": title}
        return Section(name, title, definition, empty=empty)
    table_rows = [(*row, *change_figures(row[1], row[2])) for row in rows]
    head = (title, pgettext("number of returns", "Created"), *change_heads())
    return Section(
        name,
        title,
        definition,
        charts=[_chart(title, rows)],
        tables=[Table(name, title, head, table_rows)],
    )


def _definition(period: Period) -> str:
    if period.choice == WEEK:
        return _(
            "Returns created in the period, compared with those created on the same days last "
            "week. The largest changes come first."
        )
    if period.span.days == 1:
        return _(
            "Returns created in the period, compared with those created the day before. The "
            "largest changes come first."
        )
    return _(
        "Returns created in the period, compared with those created in the %(days)s days before. "
        "The largest changes come first."
    ) % {"days": grouped(period.span.days)}


def _chart(title: str, rows: list[Row]) -> Chart:
    shown = rows[:MAX_CHART_VALUES]
    series = {
        pgettext("returns", "this period"): [row[1] for row in shown],
        pgettext("returns", "before"): [row[2] for row in shown],
    }
    heading = _("%(title)s: the largest changes") % {"title": title}
    labels = [row[0].text for row in shown]
    return build_chart(heading, labels, series, is_bars=True, kinds=("returns", "created"))
