"""Saved views: their page, saving one from the list, sharing one by a link."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from returns.filters.query import Query
from returns.lists import saved_views
from returns.lists.forms import SaveViewForm
from returns.lists.tabs import count_tabs
from returns.models import SavedView
from returns.people.person import PersonRequest
from returns.views.deleted import delete_with_undo
from returns.views.lists import to_list
from tags.vocabulary import load_vocabulary

may_see = permission_required("returns.view_return", raise_exception=True)


def home(request: PersonRequest) -> HttpResponse:
    """Redirect to the person's start page."""
    return to_list(saved_views.start_path(request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def views(request: PersonRequest) -> HttpResponse:
    """Show the saved views that the person can see or change. Save a new one."""
    form = SaveViewForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _save(request, form)
    return _page(request, form)


def _save(request: PersonRequest, form: SaveViewForm) -> HttpResponse:
    data = form.cleaned_data
    try:
        view = saved_views.save_view(
            request.user,
            data["name"],
            Query.parse(data["query"]),
            data["role"],
            is_queue=data["is_queue"],
        )
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, form)
    messages.success(request, _("Saved the view “%(name)s”.") % {"name": view})
    address_of = saved_views.queue_address if data["is_queue"] else saved_views.list_address
    return to_list(address_of(view, load_vocabulary()))


def _page(request: PersonRequest, form: SaveViewForm) -> HttpResponse:
    context = {"form": form, "listed": saved_views.list_views(request.user)}
    status = 422 if form.errors else 200
    return render(request, "lists/saved_views.html", context, status=status)


@require_safe
@may_see
def counts(request: PersonRequest) -> HttpResponse:
    """Count the returns of each of the person's views, for the tabs above the list."""
    context = {"counts": count_tabs(request.user)}
    return render(request, "lists/tabs.html#counts", context)


SAVED_VIEW_ACTIONS: dict[str, Callable[[SavedView], None]] = {
    "up": lambda view: saved_views.move(view, up=True),
    "down": lambda view: saved_views.move(view, up=False),
    "start": lambda view: saved_views.set_start(view, on=True),
    "no-start": lambda view: saved_views.set_start(view, on=False),
    "queue": lambda view: saved_views.set_queue(view, on=True),
    "no-queue": lambda view: saved_views.set_queue(view, on=False),
    "share": lambda view: saved_views.set_shared(view, on=True),
    "unshare": lambda view: saved_views.set_shared(view, on=False),
}


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def view(request: PersonRequest, pk: int) -> HttpResponse:
    """Redirect to the list of a view. Change the view."""
    saved_view = saved_views.get_view(request.user, pk)
    if request.method != "POST":
        return to_list(saved_views.list_address(saved_view, load_vocabulary()))
    if not saved_views.may_change(request.user, saved_view):
        raise PermissionDenied(_("Only managers can change the saved views of a role."))
    return _change(request, saved_view)


def _change(request: PersonRequest, saved_view: SavedView) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "rename":
        try:
            saved_views.rename(saved_view, request.POST.get("name", ""))
        except ValidationError as error:
            messages.error(request, error.messages[0])
    elif action == "delete":
        deleted = _("Deleted the view “%(name)s”.") % {"name": saved_view}
        delete_with_undo(request, saved_view, deleted)
    elif action in SAVED_VIEW_ACTIONS:
        SAVED_VIEW_ACTIONS[action](saved_view)
    else:
        raise BadRequest("Unknown action.")
    return redirect("saved-views")


@require_safe
@may_see
def shared(request: PersonRequest, token: str) -> HttpResponse:
    """Show a view that somebody shared."""
    saved_view = saved_views.get_shared_view(token)
    context = {
        "view": saved_view,
        "address": saved_views.list_address(saved_view, load_vocabulary()),
    }
    return render(request, "lists/shared_view.html", context)


@require_POST
@may_see
def keep_shared(request: PersonRequest, token: str) -> HttpResponse:
    """Save a copy of a shared view for the person."""
    try:
        copy = saved_views.save_copy(saved_views.get_shared_view(token), request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("shared-view", token)
    messages.success(request, _("Added “%(name)s” to your views.") % {"name": copy})
    return to_list(saved_views.list_address(copy, load_vocabulary()))
