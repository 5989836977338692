"""Upload a file of returns: preview it, then import it."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods

from config.htmx import render_page_or_fragment
from config.markup import format_html, format_html_join
from config.numbers import grouped
from returns.feed import uploads
from returns.feed.forms import UploadForm
from returns.feed.previews import FilePreview
from returns.feed.retries import MAY_CHANGE_FEED
from returns.models import Loop, Upload
from returns.models.access import BulkWork
from returns.operations.heartbeat import is_running
from returns.people.access import record_bulk_work
from returns.people.person import DeskRequest
from returns.views.callers import heavy

may_change = permission_required(MAY_CHANGE_FEED, raise_exception=True)
DATE_ORDER_LABELS = {
    "": gettext_lazy("Day first, if every date can be"),
    "dmy": gettext_lazy("Day first: 31/12/2026"),
    "mdy": gettext_lazy("Month first: 12/31/2026"),
    "ymd": gettext_lazy("Year first: 26/12/31"),
}
UPLOAD_GONE = gettext_lazy(
    "This file does not exist, belongs to somebody else, is more than a day old, or gave way to "
    "files that you have uploaded since."
)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
@heavy
def new(request: DeskRequest) -> HttpResponse:
    """Upload a file for its preview."""
    is_post = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_post else UploadForm()
    if is_post and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = uploads.save_upload(file, file.name, request.user)
            is_foreign = uploads.load_preview(upload).is_foreign
            return redirect("upload-columns" if is_foreign else "upload", upload.pk)
        except ValidationError as error:
            form.add_error("file", error)
    return render(request, "feed/upload.html", {"form": form}, status=422 if is_post else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """Show the preview of an uploaded file. Change how it is read. Import it."""
    is_choice = request.POST.get("action") == "choose"
    if is_choice:
        upload = uploads.choose(
            pk,
            request.user,
            empty_clears="empty_clears" in request.POST,
            dates=request.POST.get("dates", ""),
            sheet=request.POST.get("sheet", ""),
        )
    elif request.method == "POST":
        upload = _start_import(request, pk)
    else:
        upload = uploads.get_upload(pk, request.user)
    if upload is None:
        raise Http404(str(UPLOAD_GONE))
    if is_choice:
        return redirect("upload", pk)
    if request.method == "POST":
        return redirect("feed-run", upload.run_id) if upload.run_id else redirect("upload", pk)
    preview = uploads.load_preview(upload)
    context = {
        "upload": upload,
        "preview": preview,
        "is_unattended": bool(upload.wanted_at) and not is_running(Loop.FILES),
        "counts": _counts(preview),
        "zone": settings.TIME_ZONE,
        "date_orders": DATE_ORDER_LABELS,
    }
    return render_page_or_fragment(request, "feed/preview.html", "state", context)


def _counts(preview: FilePreview) -> SafeString:
    """Return what the import would do with how many records, as a list within a sentence."""
    bold, plain = "<b>{}</b>", "{}"
    counts = [(bold, pgettext("records", "%(count)s new"), preview.created)]
    if preview.updated:
        counts.append((bold, pgettext("records", "%(count)s changed"), preview.updated))
    if preview.unchanged:
        counts.append((plain, pgettext("records", "%(count)s unchanged"), preview.unchanged))
    if preview.rejected:
        counts.append((bold, pgettext("records", "%(count)s rejected"), preview.rejected))
    parts = (format_html(how, text % {"count": grouped(count)}) for how, text, count in counts)
    return format_html_join(", ", "{}", ((part,) for part in parts))


def _start_import(request: DeskRequest, pk: int) -> Upload | None:
    try:
        upload = uploads.start_import(pk, request.user, request.POST.get("seen", ""))
        if upload:
            record_bulk_work(request, BulkWork.IMPORT, None, origin=upload.name)
        return upload
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return uploads.get_upload(pk, request.user)
