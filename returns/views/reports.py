"""Reports. Every number links to the list that it counts."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config.client import client_address
from returns.database.replica import from_replica, reads_replica
from returns.exports.file_names import content_disposition
from returns.filters.claimed import query_of
from returns.lists.saved_views import visible_views
from returns.people.access import record_export
from returns.people.person import PersonRequest
from returns.reports import files
from returns.reports.figures import Table
from returns.reports.filter_bar import build_filter_bar
from returns.reports.report import SUBJECTS, Report, build_report, saved_view_choices
from returns.views.callers import heavy


@require_safe
@permission_required("returns.view_return", raise_exception=True)
@heavy
@reads_replica
def show(request: PersonRequest, subject: str = "flow") -> HttpResponse:
    """Show a report for the scope and period in the query string."""
    if subject not in SUBJECTS:
        raise Http404(_("This report does not exist."))
    report = build_report(subject, query_of(request), timezone.now())
    views = saved_view_choices(report, visible_views(request.user))
    context = {
        "report": report,
        "bar": build_filter_bar(report),
        "views": views,
        "zone": settings.TIME_ZONE,
    }
    return render(request, "reports/page.html", context)


@require_safe
@permission_required("returns.view_return", raise_exception=True)
@heavy
def file(request: PersonRequest, subject: str, name: str, ending: str) -> HttpResponse:
    """Return a table of a report as a CSV file or a workbook."""
    if subject not in SUBJECTS or ending not in files.CONTENT_TYPES:
        raise Http404(_("This file does not exist."))
    now = timezone.now()
    report, table = from_replica(_read_table, subject, name, request, now)
    if not table:
        raise Http404(_("This table does not exist in the report."))
    query, what = request.GET.urlencode(), f"{ending}, report {subject}: {name}"
    record_export(request.user, client_address(request), what, query, len(table.rows))
    write = files.table_as_csv if ending == "csv" else files.table_as_xlsx
    answer = HttpResponse(write(report, table), content_type=files.CONTENT_TYPES[ending])
    answer["Content-Disposition"] = content_disposition(
        files.table_file_name(report, table, now, ending)
    )
    return answer


def _read_table(
    subject: str, name: str, request: PersonRequest, now: datetime
) -> tuple[Report, Table | None]:
    report = build_report(subject, query_of(request), now)
    return report, report.table(name)
