"""Edit the tags of a return, in place or on a separate page."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from config.addresses import next_page
from config.htmx import HtmxRequest, render_page_or_fragment, wants_fragment
from returns.lists.rows import Row
from returns.models import Return
from returns.record.events import origins_of
from tags.forms import AddTagForm
from tags.tagging import TooManyTagsError, add_tag, remove_tag
from tags.vocabulary import (
    chips,
    groups_for_new_tags,
    load_vocabulary,
    tag_by_id,
    tag_options,
)

# Where tags are edited: in a row of a list, in the panel of a return's page, or on a separate page.
PLACES = {"row", "panel"}


@permission_required("returns.tag_return", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def return_tags(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show the editor of a return's tags (``?view=chips``: only the tags). Add or remove one."""
    record = get_object_or_404(Return, pk=pk)
    if request.method == "POST" and "remove" in request.POST:
        return _remove(request, record)
    if request.method == "POST":
        return _add(request, record)
    return _show(request, record)


def _add(request: HtmxRequest, record: Return) -> HttpResponse:
    form = AddTagForm(request.POST, by=request.user)
    tag = form.tag() if form.is_valid() else None
    if tag is None:
        return _show(request, record, form=form, status=422)
    try:
        change = add_tag(record, tag, request.user)
    except TooManyTagsError as error:
        form.add_error("add", error)
        return _show(request, record, form=form, status=422)
    return _done(request, record, str(change))


def _remove(request: HtmxRequest, record: Return) -> HttpResponse:
    tag = tag_by_id(request.POST["remove"])
    change = remove_tag(record, tag, request.user) if tag else "This tag no longer exists."
    return _done(request, record, str(change))


def _done(request: HtmxRequest, record: Return, message: str) -> HttpResponse:
    if wants_fragment(request):
        return _show(request, record, message=message)
    return HttpResponseRedirect(next_page(request, default=record.get_absolute_url()), status=303)


def _show(
    request: HtmxRequest,
    record: Return,
    form: AddTagForm | None = None,
    message: str = "",
    status: int = 200,
) -> HttpResponse:
    record = get_object_or_404(Return.objects.with_tag_ids(), pk=record.pk)
    vocabulary = load_vocabulary()
    row = Row(record, chips(record.tag_ids, vocabulary))
    place = _param(request, "at")
    context: dict[str, Any] = {
        "record": record,
        "row": row,
        "origins": origins_of(record),
        "at": place if place in PLACES else "page",
        "next": next_page(request, default=record.get_absolute_url()),
        "only_chips": request.GET.get("view") == "chips",
        "form": form,
        "message": message,
        "options": tag_options(vocabulary, row.tags),
        "groups": groups_for_new_tags() if request.user.has_perm("tags.add_tag") else (),
    }
    return render_page_or_fragment(request, "tags/edit.html", "answer", context, status)


def _param(request: HtmxRequest, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name, "")
