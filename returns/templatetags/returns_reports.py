"""The rows of a report's tables and the points of its charts.

Not a template, for speed: a report has hundreds of numbers.
"""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from config.markup import format_html, join_html
from returns.reports.charts import Chart, Point, Series
from returns.reports.figures import Figure, Table

register = template.Library()

ROW_OF_FIGURES = '<tr><th scope="row">{}</th>{}</tr>'
FIGURE_CELL, SHADED_CELL = "<td>{}</td>", '<td class="shade-{}">{}</td>'
LINKED_POINT = '<a href="{}" aria-label="{}">{}<title>{}</title></a>'
POINT = '<g tabindex="0" role="img" aria-label="{}">{}<title>{}</title></g>'
BAR = '<rect x="{}" y="{}" width="{}" height="{}"/>'
DOT = '<circle cx="{}" cy="{}" r="4"/>'


@register.simple_tag
def figure_rows(table: Table) -> SafeString:
    """Format the rows of a table: each a heading and its figures."""
    return join_html(
        format_html(ROW_OF_FIGURES, heading, join_html(map(_cell, figures)))
        for heading, *figures in table.rows
    )


def _cell(figure: Figure) -> SafeString:
    if figure.shade:
        return format_html(SHADED_CELL, figure.shade, figure.linked)
    return format_html(FIGURE_CELL, figure.linked)


@register.simple_tag
def chart_points(series: Series, chart: Chart) -> SafeString:
    """Format the points of a series, each with its label and a link to its list."""
    is_bars = chart.is_bars and series is not chart.shares
    return join_html(_point(point, series, is_bar=is_bars) for point in series.points)


def _point(point: Point, series: Series, *, is_bar: bool) -> SafeString:
    figure = point.figure
    label = _("%(at)s: %(number)s %(name)s") % {
        "at": point.label,
        "number": figure,
        "name": series.name,
    }
    title = f"{label} – {figure.title}" if figure.title else label
    # As text: SVG takes numbers as they are written in English.
    shape = (
        format_html(BAR, *map(str, (point.x, point.y, point.width, point.height)))
        if is_bar
        else format_html(DOT, str(point.middle), str(point.y))
    )
    if figure.address:
        return format_html(LINKED_POINT, figure.address, label, shape, title)
    return format_html(POINT, label, shape, title)
