"""Column mappings: saying what the columns of a file are, and the mappings that were saved."""

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from config.htmx import render_page_or_fragment
from returns.feed import saved_mappings, uploads
from returns.feed.mapping_forms import MEANINGS, MappingForm
from returns.feed.mappings import ColumnMapping, from_json
from returns.feed.outlines import guess
from returns.feed.retries import MAY_CHANGE_FEED
from returns.models import SavedMapping, Upload
from returns.people.person import DeskRequest
from returns.views.uploads import UPLOAD_GONE

may_change = permission_required(MAY_CHANGE_FEED, raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def choose(request: DeskRequest, pk: int) -> HttpResponse:
    """Say which columns of an uploaded file are which fields, and go on to its preview."""
    upload = uploads.get_whole_upload(pk, request.user)
    if upload is None:
        raise Http404(UPLOAD_GONE)
    if uploads.is_begun(upload):
        return redirect("upload", pk)
    if request.POST.get("action") == "none":
        uploads.choose_columns(upload, None, "")
        return redirect("upload", pk)
    chosen = from_json(upload.mapping)
    records = request.POST.get("records", chosen.records if chosen else "")
    found = uploads.outline_of(upload, records)
    if found is None:
        return render(request, "feed/columns.html", {"upload": upload})
    action = request.POST.get("action", "")
    mapping, name = _begin_with(upload, found.header)
    data = request.POST if action in ("save", "words") else None
    form = MappingForm(found.header, mapping, data, upload.mapping_name)
    words = _state_words(upload, form, found.header, records)
    if action == "save" and form.is_complete(words):
        try:
            _use(request, upload, form, found.header, words, records)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("upload", pk)
    context = {
        "upload": upload,
        "outline": found,
        "records": records,
        "form": form,
        "suggested": "" if upload.mapping else name,
        "words": form.state_words(words),
        "meanings": MEANINGS,
    }
    status = 422 if action == "save" else 200
    return render_page_or_fragment(request, "feed/columns.html", "words", context, status=status)


def _begin_with(upload: Upload, header: Sequence[str]) -> tuple[ColumnMapping, str]:
    """Return the mapping that the form begins with, and its name if it has one."""
    if chosen := from_json(upload.mapping):
        return chosen, upload.mapping_name
    suggested = saved_mappings.suggest(header)
    return (suggested.mapping, suggested.name) if suggested else (guess(header), "")


def _state_words(
    upload: Upload, form: MappingForm, header: Sequence[str], records: str
) -> list[str]:
    column = form.state_column()
    return uploads.words_of(upload, header.index(column), records) if column in header else []


def _use(
    request: DeskRequest,
    upload: Upload,
    form: MappingForm,
    header: Sequence[str],
    words: Sequence[str],
    records: str,
) -> None:
    mapping, name = form.to_mapping(words, records), form.cleaned_data["name"]
    if name:
        saved_mappings.save_mapping(name, mapping, header, request.user)
        messages.success(request, f"The column mapping “{name}” is saved.")
    uploads.choose_columns(upload, mapping, name)


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
        messages.success(request, f"The column mapping “{saved.name}” is deleted.")
        return redirect("mappings")
    before = ColumnMapping(**saved.definition)
    is_post = request.method == "POST"
    form = MappingForm(saved.header, before, request.POST if is_post else None, saved.name)
    form.fields["name"].required = True
    words = list(before.states)
    if is_post and form.is_complete(words):
        try:
            changed = form.to_mapping(words, before.records)
            name = form.cleaned_data["name"]
            saved_mappings.change_mapping(saved, name, changed, request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"The column mapping “{name}” is saved.")
            return redirect("mappings")
    context = {"saved": saved, "form": form}
    context |= {"words": form.state_words(words), "meanings": MEANINGS}
    return render(request, "feed/mapping.html", context, status=422 if is_post else 200)
