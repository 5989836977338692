"""Edit the tags of a return, in place or on a separate page."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from config.addresses import next_page
from config.htmx import HtmxRequest, render_page_or_fragment, wants_fragment
from config.toasts import Toast, add_toast
from returns.lists.bulk import MAY_TAG
from returns.lists.rows import Row
from returns.models import Return
from returns.people.person import PersonRequest
from returns.record.events import origins_of
from tags import record_edits
from tags.forms import AddTagForm
from tags.groups import groups_for_new_tags
from tags.record_edits import Edit
from tags.tagging import TooManyTagsError
from tags.vocabulary import (
    chips,
    load_vocabulary,
    tag_by_id,
    tag_options,
)

# Where tags are edited: in a row of a list, in the panel of a return's page, or on a separate page.
PLACES = {"row", "panel"}


class Request(PersonRequest, HtmxRequest):
    """A request of a signed-in person, possibly made by htmx."""


may_tag = permission_required(MAY_TAG, raise_exception=True)


@may_tag
@require_http_methods(["GET", "HEAD", "POST"])
def return_tags(request: Request, pk: int) -> HttpResponse:
    """Show the editor of a return's tags (``?view=chips``: only the tags). Add or remove one."""
    record = get_object_or_404(Return, pk=pk)
    if request.method == "POST" and "remove" in request.POST:
        return _remove(request, record)
    if request.method == "POST":
        return _add(request, record)
    return _show(request, record)


def _add(request: Request, record: Return) -> HttpResponse:
    form = AddTagForm(request.POST, by=request.user)
    tag = form.tag() if form.is_valid() else None
    if tag is None:
        return _show(request, record, form=form, status=422)
    try:
        edit = record_edits.add(record, tag, request.user, MAY_TAG)
    except TooManyTagsError as error:
        form.add_error("add", error)
        return _show(request, record, form=form, status=422)
    return _done(request, record, edit)


def _remove(request: Request, record: Return) -> HttpResponse:
    tag = tag_by_id(request.POST["remove"])
    return _done(request, record, record_edits.remove(record, tag, request.user, MAY_TAG))


@may_tag
@require_POST
def undo_tags(request: Request, pk: int, action: int) -> HttpResponse:
    """Undo a change of a return's tags."""
    record = get_object_or_404(Return, pk=pk)
    edit = record_edits.undo_edit(record, action, request.user)
    return _done(request, record, edit, only_chips=not request.POST.get("editing"))


def _done(
    request: Request, record: Return, edit: Edit, *, only_chips: bool = False
) -> HttpResponse:
    text, undo = edit.text, ""
    if edit.action:
        text = str(edit.action.words)
        undo = reverse("undo-tags", args=[record.pk, edit.action.pk])
    if wants_fragment(request):
        toast = Toast(text, undo, f"#tags-{record.pk}", _place(request))
        return _show(request, record, message=edit.text, toast=toast, only_chips=only_chips)
    add_toast(request, text, undo)
    return HttpResponseRedirect(next_page(request, default=record.get_absolute_url()), status=303)


def _show(
    request: Request,
    record: Return,
    form: AddTagForm | None = None,
    message: str = "",
    status: int = 200,
    *,
    toast: Toast | None = None,
    only_chips: bool = False,
) -> HttpResponse:
    record = get_object_or_404(Return.objects.with_tag_ids(), pk=record.pk)
    vocabulary = load_vocabulary()
    row = Row(record, chips(record.tag_ids, vocabulary))
    context: dict[str, Any] = {
        "record": record,
        "row": row,
        "origins": origins_of(record),
        "at": _place(request),
        "next": next_page(request, default=record.get_absolute_url()),
        "only_chips": only_chips or request.GET.get("view") == "chips",
        "form": form,
        "message": message,
        "toast": toast,
        "options": tag_options(vocabulary, row.tags),
        "groups": groups_for_new_tags() if request.user.has_perm("tags.add_tag") else (),
    }
    return render_page_or_fragment(request, "tags/edit.html", "answer", context, status)


def _place(request: Request) -> str:
    place = _param(request, "at")
    return place if place in PLACES else "page"


def _param(request: Request, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name, "")
