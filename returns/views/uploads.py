"""Upload a file of returns: look at what it would do, then import it."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from returns.feed import uploads
from returns.feed.retries import MAY_CHANGE
from returns.forms import UploadForm
from returns.people import PersonRequest

may_change = permission_required(MAY_CHANGE, raise_exception=True)
NOT_THERE = "This file is not here any more: files are kept for a day, for whoever brought them."


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new(request: PersonRequest) -> HttpResponse:
    """Choose a file, and look at it."""
    sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
    if sent and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return redirect("upload", uploads.keep(file, file.name, request.user).pk)
        except ValidationError as error:
            form.add_error("file", error)
    return render(request, "feed/upload.html", {"form": form}, status=422 if sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """Show what an import would do; do it."""
    if request.method == "POST":
        run = uploads.bring_in(pk, request.user)
        if run:
            return redirect("feed-run", run.pk)
    upload = uploads.upload_of(pk, request.user)
    if upload is None:
        raise Http404(NOT_THERE)
    context = {"upload": upload, "preview": uploads.preview_of(upload)}
    return render(request, "feed/preview.html", context)
