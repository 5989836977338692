"""What a message about a report says: its main numbers against the period before, and its tables.

The tables are one workbook with a sheet for each, if that is not too large to be mailed.
"""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from config.dates import full_day
from config.numbers import grouped
from config.text import capitalized
from returns.filters.query import Query
from returns.models import Channel, Subscription
from returns.outgoing.contents import Attachment, Line, ReportPart
from returns.outgoing.pages import report_path
from returns.reports.figures import Stat
from returns.reports.files import CONTENT_TYPES, report_as_xlsx, report_file_name
from returns.reports.periods import Span
from returns.reports.report import Report, build_report

MAX_MEGABYTES = 5
MAX_ATTACHED_BYTES = MAX_MEGABYTES * 1024 * 1024


def write_report(subscription: Subscription, now: datetime) -> ReportPart:
    """Return what is sent of a subscription's report, in the language that is active."""
    query = Query.parse(subscription.options.get("query", ""))
    report = build_report(subscription.options["report"], query, now)
    path = report_path(subscription)
    if report.problems or report.period is None:
        note = _("This report cannot be made any more: %(problem)s")
        problem = report.problems[0] if report.problems else ""
        return ReportPart(report.title, path, [], note % {"problem": problem})
    lines = [Line(text) for text in _lines(report)]
    if subscription.channel != Channel.EMAIL:
        return ReportPart(report.title, path, lines)
    data = report_as_xlsx(report)
    if len(data) > MAX_ATTACHED_BYTES:
        note = _("The workbook is larger than %(size)s MB, so it is not attached. Open the report.")
        return ReportPart(report.title, path, lines, note % {"size": grouped(MAX_MEGABYTES)})
    file = Attachment(report_file_name(report, now), data, CONTENT_TYPES["xlsx"])
    return ReportPart(report.title, path, lines, "", [file])


def _lines(report: Report) -> Iterator[str]:
    """Yield the period, the filters, and each main number with that of the period before."""
    if report.period:
        yield _days(report.period.span)
    if report.filters:
        yield capitalized(", ".join(report.filters))
    for section in report.sections:
        for stat in section.stats:
            yield _with_before(report, stat)


def _days(span: Span) -> str:
    values = {"first": full_day(span.first), "last": full_day(span.last)}
    values["zone"] = settings.TIME_ZONE
    if span.days == 1:
        return _("%(first)s, a day in %(zone)s") % values
    return _("%(first)s – %(last)s, days in %(zone)s") % values


def _with_before(report: Report, stat: Stat) -> str:
    values = {"label": stat.label, "number": str(stat.now)}
    if stat.before is None or report.period is None:
        return _("%(label)s: %(number)s") % values
    values |= {"before": str(stat.before), "when": report.period.before_label}
    if not stat.change:
        return _("%(label)s: %(number)s (%(before)s %(when)s)") % values
    values["change"] = stat.change
    return _("%(label)s: %(number)s (%(before)s %(when)s, %(change)s)") % values
