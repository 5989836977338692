"""Taking a list along: choose how, CSV at once, workbooks at once or made in the background."""

from collections.abc import Callable
from functools import wraps
from tempfile import TemporaryFile
from typing import Concatenate

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.http.response import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from config.compression import accepts_gzip
from config.htmx import render_page_or_fragment
from returns.exports import abort, as_csv, as_xlsx, background
from returns.exports.file_names import content_disposition
from returns.exports.forms import BACKGROUND_THRESHOLD, parse_request
from returns.filters.query import Query
from returns.people.person import PersonRequest

may_see = permission_required("returns.view_return", raise_exception=True)


def _said_in_words[**P](
    view: Callable[Concatenate[PersonRequest, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Answer with the reasons, and no file, when what is asked for cannot be given."""

    @wraps(view)
    def answer(request: PersonRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except ValidationError as error:
            context = {"problems": error.messages}
            return render(request, "exports/choose.html", context, status=422)

    return answer


@require_safe
@may_see
@_said_in_words
def choose(request: PersonRequest) -> HttpResponse:
    """Choose in which form to take along what the query string shows."""
    return render(
        request,
        "exports/choose.html",
        {
            "export": parse_request(Query.read(request.GET), request.user),
            "threshold": BACKGROUND_THRESHOLD,
        },
    )


@require_GET
@may_see
@_said_in_words
def csv_file(request: PersonRequest) -> HttpResponseBase:
    """Give everything that the query string shows as CSV, while it is read."""
    requested, now = parse_request(Query.read(request.GET), request.user), timezone.now()
    chunks = as_csv.csv_chunks(requested.selection, now, bom=request.GET.get("bom") == "1")
    packed = accepts_gzip(request)
    stream = abort.gzip_stream(chunks) if packed else abort.plain_stream(chunks)
    answer = StreamingHttpResponse(stream, content_type="text/csv; charset=utf-8")
    if packed:
        answer["Content-Encoding"] = "gzip"
    patch_vary_headers(answer, ["Accept-Encoding"])
    answer["Content-Disposition"] = content_disposition(requested.file_name(now, "csv"))
    return answer


@require_GET
@may_see
@_said_in_words
def xlsx_file(request: PersonRequest) -> HttpResponseBase:
    """Give it as a workbook; a large one is offered to be made in the background."""
    requested, now = parse_request(Query.read(request.GET), request.user), timezone.now()
    if requested.is_large:
        context = {
            "export": requested,
            "background_query": request.GET.urlencode(),
            "threshold": BACKGROUND_THRESHOLD,
        }
        return render(request, "exports/choose.html", context, status=422)
    file = TemporaryFile()  # noqa: SIM115  # the answer closes it
    as_xlsx.write_workbook(requested.selection, file, now)
    file.seek(0)
    answer = FileResponse(file, content_type=as_xlsx.CONTENT_TYPE)
    answer["Content-Disposition"] = content_disposition(requested.file_name(now, "xlsx"))
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
@_said_in_words
def exports(request: PersonRequest) -> HttpResponseBase:
    """Show a person's workbooks from the background; make one of what the query string shows."""
    if request.method == "POST":
        requested = parse_request(Query.read(request.GET), request.user)
        background.request_export(requested, request.user)
        return redirect("exports")
    mine = background.list_exports(request.user)
    in_progress = any(each.status in background.UNFINISHED for each in mine)
    context = {"exports": mine, "in_progress": in_progress}
    return render_page_or_fragment(request, "exports/page.html", "mine", context)


@require_http_methods(["GET", "POST"])
@may_see
@_said_in_words
def export(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Give the file of a person's own export, or delete it."""
    found = background.get_export(pk, request.user)
    if found is None:
        raise Http404("There is no such export, it is somebody else's, or its day is over.")
    if request.method == "POST":
        background.delete_export(found)
        messages.success(request, f"Deleted “{found.name}”.")
        return redirect("exports")
    chunks = background.file_chunks(found, request.user)
    answer = StreamingHttpResponse(chunks, content_type=as_xlsx.CONTENT_TYPE)
    answer["Content-Length"] = str(found.size)
    answer["Content-Disposition"] = content_disposition(found.name)
    return answer
