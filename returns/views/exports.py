"""Exports of lists: small files at once, large ones in the background."""

from collections.abc import Callable
from functools import wraps
from tempfile import TemporaryFile
from typing import Concatenate

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.http.response import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from config.client import client_address
from config.compression import accepts_gzip
from config.htmx import render_page_or_fragment
from returns.exports import abort, as_csv, as_xlsx, background
from returns.exports.file_names import content_disposition
from returns.exports.forms import BACKGROUND_THRESHOLD, ExportRequest, parse_request
from returns.filters.claimed import query_of
from returns.models import FileFormat, Loop
from returns.operations.heartbeat import is_running
from returns.people.access import record_export
from returns.people.person import PersonRequest
from returns.views.callers import heavy

may_see = permission_required("returns.view_return", raise_exception=True)


def _with_problem_page[**P](
    view: Callable[Concatenate[PersonRequest, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Answer with a page that lists the problems if the view raises ``ValidationError``."""

    @wraps(view)
    def wrapper(request: PersonRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except ValidationError as error:
            context = {"problems": error.messages}
            return render(request, "exports/choose.html", context, status=422)

    return wrapper


@require_safe
@may_see
@_with_problem_page
def choose(request: PersonRequest) -> HttpResponse:
    """Choose the file format of an export of the filtered list."""
    return render(
        request,
        "exports/choose.html",
        {
            "export": parse_request(query_of(request), request.user),
            "threshold": BACKGROUND_THRESHOLD,
        },
    )


@require_GET
@may_see
@_with_problem_page
@heavy
def csv_file(request: PersonRequest) -> HttpResponseBase:
    """Stream the filtered list as CSV, or offer to create a large file in the background."""
    requested, now = parse_request(query_of(request), request.user), timezone.now()
    if requested.is_large:
        return _offer(request, requested, FileFormat.CSV)
    _record(request, requested, FileFormat.CSV)
    chunks = as_csv.csv_chunks(requested.selection, now, bom=requested.bom)
    is_gzip = accepts_gzip(request)
    stream = abort.gzip_stream(chunks) if is_gzip else abort.plain_stream(chunks)
    answer = StreamingHttpResponse(stream, content_type=as_csv.CSV_CONTENT_TYPE)
    if is_gzip:
        answer["Content-Encoding"] = "gzip"
    patch_vary_headers(answer, ["Accept-Encoding"])
    answer["Content-Disposition"] = content_disposition(requested.file_name(now, "csv"))
    return answer


@require_GET
@may_see
@_with_problem_page
@heavy
def xlsx_file(request: PersonRequest) -> HttpResponseBase:
    """Return the filtered list as a workbook, or offer to create a large one in the background."""
    requested, now = parse_request(query_of(request), request.user), timezone.now()
    if requested.is_large:
        return _offer(request, requested, FileFormat.XLSX)
    _record(request, requested, FileFormat.XLSX)
    file = TemporaryFile()  # noqa: SIM115  # the answer closes it
    as_xlsx.write_workbook(requested.selection, file, now)
    file.seek(0)
    answer = FileResponse(file, content_type=as_xlsx.CONTENT_TYPE)
    answer["Content-Disposition"] = content_disposition(requested.file_name(now, "xlsx"))
    return answer


def _record(request: PersonRequest, requested: ExportRequest, file_format: FileFormat) -> None:
    query, address = requested.selection.file_query.urlencode(), client_address(request)
    record_export(request.user, address, file_format, query, requested.number)


def _offer(
    request: PersonRequest, requested: ExportRequest, file_format: FileFormat
) -> HttpResponse:
    context = {
        "export": requested,
        "background_query": request.GET.urlencode(),
        "format": file_format,
        "threshold": BACKGROUND_THRESHOLD,
    }
    return render(request, "exports/choose.html", context, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
@_with_problem_page
def exports(request: PersonRequest) -> HttpResponseBase:
    """Show a person's files from the background. Create one of the filtered list."""
    if request.method == "POST":
        requested = parse_request(query_of(request), request.user)
        is_csv = request.POST.get("format") == FileFormat.CSV
        file_format = FileFormat.CSV if is_csv else FileFormat.XLSX
        background.request_export(requested, request.user, file_format)
        return redirect("exports")
    own = background.list_exports(request.user)
    in_progress = any(each.status in background.UNFINISHED for each in own)
    context = {
        "exports": own,
        "in_progress": in_progress,
        "is_unattended": in_progress and not is_running(Loop.FILES),
        "threshold": BACKGROUND_THRESHOLD,
        "days_kept": settings.EXPORT_DAYS,
    }
    return render_page_or_fragment(request, "exports/page.html", "mine", context)


@require_http_methods(["GET", "POST"])
@may_see
@_with_problem_page
def export(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Return the file of a person's own export. Start it again, or delete it."""
    own = background.get_export(pk, request.user)
    if own is None:
        raise Http404(_("This export does not exist, belongs to somebody else, or has expired."))
    if "again" in request.POST:
        background.start_again(own)
        return redirect("exports")
    if request.method == "POST":
        background.delete_export(own)
        messages.success(request, _("Deleted “%(name)s”.") % {"name": own.name})
        return redirect("exports")
    chunks = background.file_chunks(own, request.user)
    record_export(request.user, client_address(request), own.format, own.query, own.rows)
    content_type = background.EXPORT_CONTENT_TYPES[FileFormat(own.format)]
    answer = StreamingHttpResponse(chunks, content_type=content_type)
    answer["Content-Length"] = str(own.size)
    answer["Content-Disposition"] = content_disposition(own.name)
    return answer
