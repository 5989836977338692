"""The timeline of a return and its comments."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.addresses import next_page
from config.htmx import HtmxRequest, render_page_or_fragment, wants_fragment
from config.toasts import Toast, add_toast
from config.versions import ChangedMeanwhileError
from returns.models import Comment, Return
from returns.people.person import PersonRequest
from returns.record.comments import (
    add_comment,
    delete_comment,
    edit_comment,
    find_comment,
    may_delete,
    may_edit,
    may_restore,
    restore_comment,
)
from returns.record.forms import CommentForm
from returns.record.mentions import mentionable_people
from returns.record.timeline import path_of_comment, timeline_of
from tags.vocabulary import load_vocabulary


class Request(PersonRequest, HtmxRequest):
    """A request of a signed-in person, possibly made by htmx."""


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def return_timeline(request: Request, pk: int) -> HttpResponse:
    """Show the latest events of a return, or all of them with ``?timeline=all``."""
    return _show_timeline(request, get_object_or_404(Return, pk=pk))


@permission_required("returns.comment_return", raise_exception=True)
@require_POST
def return_comments(request: Request, pk: int) -> HttpResponse:
    """Add a comment to a return."""
    record = get_object_or_404(Return, pk=pk)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _show_timeline(request, record, form=form, status=422)
    data = form.cleaned_data
    try:
        add_comment(record, data["text"], data["token"], request.user)
    except Return.DoesNotExist:
        raise Http404(_("This return has been deleted.")) from None
    if wants_fragment(request):
        message = _with_note(_("Comment added."), form.cleaned_note)
        return _show_timeline(request, record, posted=True, message=message)
    return _back_to(request, record)


@permission_required("returns.comment_return", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def return_comment(request: Request, pk: int) -> HttpResponse:
    """Show the form of a comment, or the comment with ``?view=read``. Save or delete it."""
    comment = _find(pk)
    if request.method == "POST" and "delete" in request.POST:
        return _delete(request, comment)
    if comment.author_id != request.user.pk:
        raise PermissionDenied(_("Only the author can edit a comment."))
    if request.method == "POST":
        return _save(request, comment)
    reading = request.GET.get("view") == "read" or not may_edit(comment, request.user)
    return _show_comment(request, comment, editing=not reading)


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def show(_request: Request, pk: int) -> HttpResponse:
    """Lead to a comment on the page of its return, or if it is an old one on its timeline."""
    return redirect(path_of_comment(_find(pk), load_vocabulary()))


@require_safe
@permission_required("returns.comment_return", raise_exception=True)
def mentionable(request: Request) -> HttpResponse:
    """Return the people whom a comment can mention, as JSON."""
    return JsonResponse({"people": mentionable_people(request.user)})


def _delete(request: Request, comment: Comment) -> HttpResponse:
    if not may_delete(comment, request.user):
        raise PermissionDenied(_("Only the author or an admin can delete a comment."))
    delete_comment(comment.pk, request.user)
    undo = reverse("restore-comment", args=[comment.pk])
    message = _("Comment deleted.")
    return _done(request, comment, message, Toast(message, undo, f"#comment-{comment.pk}"))


@permission_required("returns.comment_return", raise_exception=True)
@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    """Restore a deleted comment."""
    comment = _find(pk)
    if not may_restore(comment, request.user):
        raise PermissionDenied(
            _("Only the person who deleted a comment, or an admin, can restore it.")
        )
    restore_comment(pk)
    message = _("Comment restored.")
    return _done(request, comment, message, Toast(message))


def _save(request: Request, comment: Comment) -> HttpResponse:
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _show_comment(request, comment, editing=True, form=form, status=422)
    try:
        edit_comment(comment.pk, form.cleaned_data["text"], form.cleaned_data["replaces"])
    except ChangedMeanwhileError as error:
        context = {"form": form, "now": _find(comment.pk), "changed": error.messages[0]}
        return _show_comment(request, comment, editing=True, **context, status=422)
    return _done(request, comment, _with_note(_("Comment saved."), form.cleaned_note))


def _with_note(message: str, note: str) -> str:
    """Return a message, and behind it the sentence about what was left out of the comment."""
    return f"{message} {note}".rstrip()


def _done(
    request: Request, comment: Comment, message: str, toast: Toast | None = None
) -> HttpResponse:
    if wants_fragment(request):
        comment = _find(comment.pk)
        return _show_comment(request, comment, editing=False, message=message, toast=toast)
    if toast and toast.undo:
        add_toast(request, toast.text, toast.undo)
    return _back_to(request, comment.record)


def _back_to(request: Request, record: Return) -> HttpResponse:
    path = next_page(request, default=record.get_absolute_url())
    # With the list that the return was opened from, the address may be long.
    response = redirect(f"{path}#timeline", max_length=None)
    response.status_code = 303
    return response


def _find(pk: int) -> Comment:
    if comment := find_comment(pk):
        return comment
    raise Http404(_("This comment does not exist."))


def _show_timeline(
    request: Request, record: Return, status: int = 200, **context: Any
) -> HttpResponse:
    whole = request.GET.get("timeline") == "all"
    context["next"] = next_page(request, default=record.get_absolute_url())
    context["timeline"] = timeline_of(record, load_vocabulary(), whole=whole)
    return render_page_or_fragment(request, "record/timeline.html", "answer", context, status)


def _show_comment(
    request: Request, comment: Comment, status: int = 200, **context: Any
) -> HttpResponse:
    context["comment"] = comment
    context["next"] = next_page(request, default=comment.record.get_absolute_url())
    return render_page_or_fragment(request, "record/comment.html", "answer", context, status)
