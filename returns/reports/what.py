"""What was in the parcels: items by outcome, over time, by product, category, carrier, channel."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from config.shipped_names import group_label
from returns.models import Dimension
from returns.reports.charts import Chart, build_chart
from returns.reports.contents import (
    OUTCOMES,
    SHARE_HEADS,
    Contents,
    contents_head,
    contents_row,
    has_lists_by_outcome,
)
from returns.reports.dimensions import DIMENSION_TITLES, dimension_filter, dimension_label
from returns.reports.figures import Figure, Stat, Table, text_figure
from returns.reports.periods import Period, Span
from returns.reports.scope import Scope, event_filters
from returns.reports.sections import Section
from returns.reports.sources import ARRIVED, ItemCounts, Source
from returns.reports.why import default_groups

MAX_PRODUCTS = 20
SHARE_LABELS = {
    "damaged": gettext_lazy("Share of damaged items"),
    "missing": gettext_lazy("Share of missing items"),
}
RETURN_LABELS = {
    "damaged": gettext_lazy("Returns with damaged items"),
    "missing": gettext_lazy("Returns with missing items"),
    "waiting": gettext_lazy("Returns with waiting items"),
}
CHART_TITLES_OF_ITEMS = {
    "day": gettext_lazy("Items by outcome and day of arrival"),
    "week": gettext_lazy("Items by outcome and week of arrival"),
}
TABLE_TITLES_OF_ITEMS = {
    "day": gettext_lazy("By day of arrival"),
    "week": gettext_lazy("By week of arrival"),
}
# One look into the index for each.
SKU_NAMES = """
    SELECT key, sku FROM unnest(%s::text[]) AS key CROSS JOIN LATERAL (
        SELECT sku FROM returns_returnitem WHERE sku_key = key COLLATE "C" AND is_first_of_sku
        ORDER BY record_created_at DESC, record_id DESC LIMIT 1
    ) AS latest
"""


def what_sections(
    scope: Scope, source: Source, period: Period, category_group: str = ""
) -> list[Section]:
    """Return the sections of the report. The group is a name; "" for the default one."""
    both = Span(period.before.first, period.span.last)
    by_day, arrivals = source.items(both), source.arrivals(both)
    now, before = (_contents(scope, by_day, span) for span in (period.span, period.before))
    overview = _overview_section(scope, arrivals, period, now, before)
    if not now.counts.returns:
        return [overview]
    sections = [overview, _time_section(scope, by_day, period)]
    # The list of another SKU would replace the scope's own.
    if not scope.filters_by("sku"):
        sections.append(_product_section(scope, source, period.span))
    sections.append(_group_section(scope, source, period.span, category_group))
    return sections


def _contents(scope: Scope, by_day: Mapping[date, ItemCounts], span: Span) -> Contents:
    days = (by_day[day] for day in span.each_day() if day in by_day)
    return Contents(scope, span, sum(days, ItemCounts()))


def _overview_section(
    scope: Scope, arrivals: Counter[date], period: Period, now: Contents, before: Contents
) -> Section:
    title = pgettext("report", "Contents")
    definition = _(
        "Returns that arrived in the period and whose line items the WMS has sent. Shares are of "
        "all their items, also of those that still wait for their inspection. Numbers of items "
        "have no list."
    )

    def arrived(span: Span) -> Figure:
        number = sum(arrivals[day] for day in span.each_day())
        return Figure(number, scope.address(*event_filters(ARRIVED, span)))

    arrived_label = pgettext("number of returns", "Arrived")
    stats = [
        Stat(arrived_label, ARRIVED, arrived(period.span), arrived(period.before)),
        Stat(_("With known line items"), "returns", now.returns(), before.returns()),
        Stat(pgettext("number", "Items"), "returns", now.items(), before.items()),
        Stat(_("Items per return"), "returns", now.items_per_return(), before.items_per_return()),
        *(
            Stat(str(label), outcome, now.share(outcome), before.share(outcome))
            for outcome, label in SHARE_LABELS.items()
        ),
    ]
    if has_lists_by_outcome(scope):
        stats += [
            Stat(str(label), outcome, now.returns_with(outcome), before.returns_with(outcome))
            for outcome, label in RETURN_LABELS.items()
        ]
    empty = "" if now.counts.returns else _("No line items are known in this period.")
    return Section("contents", title, definition, stats, empty=empty)


def _time_section(scope: Scope, by_day: Mapping[date, ItemCounts], period: Period) -> Section:
    intervals = [(span, _contents(scope, by_day, span)) for span in period.intervals()]
    rows = [contents_row(text_figure(span.text, str(span.first)), each) for span, each in intervals]
    title = str(TABLE_TITLES_OF_ITEMS[period.unit])
    definition = _("Items are counted on the day on which their return arrived.")
    charts = [_outcome_chart(period, intervals), _share_chart(intervals)]
    table = Table("items", title, contents_head(period.unit_label), rows)
    return Section("items", title, definition, charts=charts, tables=[table])


def _outcome_chart(period: Period, intervals: Sequence[tuple[Span, Contents]]) -> Chart:
    series = {
        str(state.label): [each.items_with(outcome) for _, each in intervals]
        for outcome, state in OUTCOMES.items()
    }
    title, labels = str(CHART_TITLES_OF_ITEMS[period.unit]), [span.label for span, _ in intervals]
    kinds = [*OUTCOMES]
    return build_chart(title, labels, series, is_bars=True, is_stacked=True, kinds=kinds)


def _share_chart(intervals: Sequence[tuple[Span, Contents]]) -> Chart:
    series = {
        str(OUTCOMES[outcome].label): [each.share(outcome) for _, each in intervals]
        for outcome in SHARE_HEADS
    }
    labels, title = [span.label for span, _ in intervals], _("Damaged and missing items in %")
    return build_chart(title, labels, series, is_bars=False, kinds=[*SHARE_HEADS])


def _product_section(scope: Scope, source: Source, span: Span) -> Section:
    top = source.top_skus(span, MAX_PRODUCTS)
    names = _sku_names([key for key, _ in top])
    rows = []
    for key, counts in top:
        name = names.get(key, key)
        contents = Contents(scope, span, counts, ("sku", name))
        rows.append(contents_row(text_figure(name), contents))
    title = _("By product")
    definition = _(
        "The 20 SKUs with the most items, and the items of each. A return with several SKUs counts "
        "for each of them. Items without a SKU are left out."
    )
    if not rows:
        empty = _("No item that arrived in this period has a SKU.")
        return Section("products", title, definition, empty=empty)
    table = Table("by-sku", title, contents_head(pgettext("item", "SKU")), rows)
    return Section("products", title, definition, tables=[table])


def _sku_names(keys: Sequence[str]) -> dict[str, str]:
    """Return how the latest return of each SKU writes it, by search key."""
    with connection.cursor() as cursor:
        cursor.execute(SKU_NAMES, [list(keys)])
        return dict(cursor.fetchall())


def _group_section(scope: Scope, source: Source, span: Span, category_group: str) -> Section:
    group = category_group or default_groups(scope.vocabulary)[1]
    chips = scope.vocabulary.values()
    tags = {str(chip.id) for chip in chips if chip.group == group}
    by_tag = source.items_by(Dimension.TAG, span)
    categories = {value: counts for value, counts in by_tag.items() if value in tags}
    tables = [
        _table_of(scope, span, "categories", group_label(group), Dimension.TAG, categories),
        *(
            _table_of(
                *(scope, span, f"by-{dimension.name.lower()}", str(DIMENSION_TITLES[dimension])),
                *(dimension, source.items_by(dimension, span)),
            )
            for dimension in (Dimension.CARRIER, Dimension.CHANNEL)
        ),
    ]
    return Section(
        "kinds",
        _("By category, carrier and sales channel"),
        _(
            "All items of the returns in each group. A return with several of the tags counts for "
            "each of them."
        ),
        tables=[table for table in tables if table.rows],
    )


def _table_of(
    scope: Scope,
    span: Span,
    name: str,
    title: str,
    dimension: Dimension,
    by_value: Mapping[str, ItemCounts],
) -> Table:
    by_outcome, rows = has_lists_by_outcome(scope), []
    for value in sorted(by_value):
        if label := dimension_label(dimension, value, scope.vocabulary):
            param = dimension_filter(dimension, value, scope.vocabulary)
            contents = Contents(scope, span, by_value[value], param)
            rows.append(contents_row(text_figure(label), contents, by_outcome=by_outcome))
    table = Table(name, title, contents_head(title, by_outcome=by_outcome), rows)
    return table.sorted_by(table.head.index(pgettext("number", "Items")), descending=True)
