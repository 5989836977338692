"""Column mappings: saying what the columns of a file are, and the mappings that were saved."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from config.htmx import render_page_or_fragment
from returns.feed import saved_mappings, uploads
from returns.feed.mapping_forms import MEANINGS, MappingForm
from returns.feed.mappings import ColumnMapping
from returns.feed.matching import SAVE, match
from returns.feed.retries import MAY_CHANGE_FEED
from returns.models import SavedMapping
from returns.people.person import DeskRequest
from returns.views.callers import heavy
from returns.views.uploads import UPLOAD_GONE

may_change = permission_required(MAY_CHANGE_FEED, raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
@heavy
def choose(request: DeskRequest, pk: int) -> HttpResponse:
    """Say which columns of an uploaded file are which fields, and go on to its preview."""
    upload = uploads.get_upload(pk, request.user)
    if upload is None:
        raise Http404(str(UPLOAD_GONE))
    if uploads.is_begun(upload):
        return redirect("upload", pk)
    if request.POST.get("action") == "none":
        uploads.choose_columns(upload, None, "")
        return redirect("upload", pk)
    matching = match(upload, request.POST)
    if matching is None:
        return render(request, "feed/columns.html", {"upload": upload})
    is_save = request.POST.get("action") == SAVE
    if is_save and matching.apply(request.user):
        if name := matching.form.cleaned_data["name"]:
            messages.success(request, _("The column mapping “%(name)s” is saved.") % {"name": name})
        return redirect("upload", pk)
    context = {
        "upload": upload,
        "matching": matching,
        "form": matching.form,
        "words": matching.state_words(),
        "meanings": MEANINGS,
    }
    return render_page_or_fragment(
        request, "feed/columns.html", "words", context, status=422 if is_save else 200
    )


@require_safe
@may_change
def show(request: DeskRequest) -> HttpResponse:
    """Show the mappings that people saved."""
    context = {"mappings": saved_mappings.list_mappings()}
    return render(request, "feed/mappings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def mapping(request: DeskRequest, pk: int) -> HttpResponse:
    """Show a saved mapping. Change or delete it."""
    saved = get_object_or_404(SavedMapping, pk=pk)
    if request.POST.get("action") == "delete":
        saved_mappings.delete_mapping(saved)
        text = _("The column mapping “%(name)s” is deleted.") % {"name": saved.name}
        messages.success(request, text)
        return redirect("mappings")
    before = ColumnMapping(**saved.definition)
    is_post = request.method == "POST"
    form = MappingForm(saved.header, before, request.POST if is_post else None, saved.name)
    form.require_name()
    words = sorted(before.states)
    if is_post and form.is_complete(words):
        try:
            changed = form.to_mapping(words, before.records)
            name = form.cleaned_data["name"]
            saved_mappings.change_mapping(saved, name, changed, request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The column mapping “%(name)s” is saved.") % {"name": name})
            return redirect("mappings")
    context = {"saved": saved, "form": form}
    context |= {"words": form.state_words(words), "meanings": MEANINGS}
    return render(request, "feed/mapping.html", context, status=422 if is_post else 200)
