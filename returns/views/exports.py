"""Taking a list along: choose how, CSV at once, workbooks at once or made in the background."""

from collections.abc import Callable
from functools import wraps
from tempfile import TemporaryFile

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from returns.exports import as_csv, as_xlsx
from returns.exports.asking import LARGE, ask
from returns.exports.names import disposition
from returns.people import PersonRequest

may_see = permission_required("returns.view_return", raise_exception=True)


def _said_in_words(
    view: Callable[[PersonRequest], HttpResponseBase],
) -> Callable[[PersonRequest], HttpResponseBase]:
    """Answer with the reasons, and no file, when what is asked for cannot be given."""

    @wraps(view)
    def answer(request: PersonRequest) -> HttpResponseBase:
        try:
            return view(request)
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
        request, "exports/choose.html", {"asked": ask(request.GET, request.user), "large": LARGE}
    )


@require_GET
@may_see
@_said_in_words
def csv_file(request: PersonRequest) -> HttpResponseBase:
    """Give everything that the query string shows as CSV, while it is read."""
    asked, now = ask(request.GET, request.user), timezone.now()
    pieces = as_csv.lines(asked.wanted, now, bom=request.GET.get("bom") == "1")
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = disposition(asked.name(now, "csv"))
    return answer


@require_GET
@may_see
@_said_in_words
def xlsx_file(request: PersonRequest) -> HttpResponseBase:
    """Give it as a workbook; a large one is offered to be made in the background."""
    asked, now = ask(request.GET, request.user), timezone.now()
    if asked.is_large:
        raise ValidationError(f"A workbook holds up to {LARGE:,} returns. Take more along as CSV.")
    file = TemporaryFile()  # noqa: SIM115  # the answer closes it
    as_xlsx.write(asked.wanted, file, now)
    file.seek(0)
    answer = FileResponse(file, content_type=as_xlsx.CONTENT_TYPE)
    answer["Content-Disposition"] = disposition(asked.name(now, "xlsx"))
    return answer
