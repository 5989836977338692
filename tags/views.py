"""The pages of the vocabulary: everybody who may see tags reads them, managers change them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.forms import save_form
from config.htmx import HtmxRequest
from config.numbers import grouped
from tags import editing, merging
from tags.forms import ChangeTagForm, GroupForm, MergeForm, TagForm
from tags.history import ACTIONS_PER_PAGE, actions, is_own_or_single, kind_of, oldest_undoable
from tags.models import Tag, TagGroup
from tags.undo import undo
from tags.usage import list_groups, usage_of_tags
from tags.vocabulary import VocabularyError, synonyms_of

may_see = permission_required("tags.view_tag", raise_exception=True)
may_change = permission_required("tags.change_tag", raise_exception=True)
LATEST_ACTIONS = 5


class PersonRequest(HtmxRequest):
    """A request of a signed-in person, possibly made by htmx."""

    user: User


@require_safe
@may_see
def tags(request: PersonRequest) -> HttpResponse:
    """Show every group with its tags, and the latest changes."""
    context = {
        "groups": list_groups(),
        "actions": actions(LATEST_ACTIONS, with_single=False),
        "oldest_undoable": oldest_undoable(),
    }
    return render(request, "tags/page.html", context)


@require_safe
@may_see
def usage(request: PersonRequest) -> HttpResponse:
    """Show the usage of each tag. Counting may take a moment, so the page loads it separately."""
    return render(request, "tags/page.html#usage", {"usage": usage_of_tags()})


@require_POST
@may_change
def move(request: PersonRequest) -> HttpResponse:
    """Move a tag or a group one place up or down: ``up=tag-5``, ``down=taggroup-2``."""
    up = "up" in request.POST
    kind, number = request.POST.get("up" if up else "down", "").partition("-")[::2]
    models: dict[str, Any] = {kind_of(entry): type(entry) for entry in (Tag(), TagGroup())}
    if kind not in models or not number.isdecimal():
        raise BadRequest(_("Unknown tag or group."))
    entry = get_object_or_404(models[kind], pk=number)
    editing.move(entry, request.user, up=up)
    return redirect(_anchor(entry))


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new_tag(request: PersonRequest) -> HttpResponse:
    """Create a tag."""
    form = TagForm(request.POST or None, initial={"group": request.GET.get("group")})
    return _show_form(
        request, form, _("New tag"), lambda _data: editing.save_tag(form.instance, request.user)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new_group(request: PersonRequest) -> HttpResponse:
    """Create a group."""
    form = GroupForm(request.POST or None)
    return _show_form(
        request, form, _("New group"), lambda _data: editing.save_group(form.instance, request.user)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def tag(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a tag with its history. Change, retire or delete it, or edit its synonyms."""
    entry = get_object_or_404(Tag.names.select_related("group"), pk=pk)
    if entry.synonym_of_id:
        return redirect("change-tag", entry.synonym_of_id)
    if request.method == "POST":
        _check_may_change(request)
    if "action" in request.POST:
        return _run_action(request, entry, ENTRY_ACTIONS)
    form = ChangeTagForm(request.POST or None, instance=entry)
    return _show_form(
        request,
        form,
        _("Tag %(name)s") % {"name": entry},
        lambda data: editing.save_tag(
            form.instance, request.user, data["seen"], keep_name=data["keep_name"]
        ),
        entry=entry,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def group(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a group with its history. Change or delete it."""
    entry = get_object_or_404(TagGroup, pk=pk)
    if request.method == "POST":
        _check_may_change(request)
    if "action" in request.POST:
        return _run_action(request, entry, {"remove": ENTRY_ACTIONS["remove"]})
    form = GroupForm(request.POST or None, instance=entry)
    return _show_form(
        request,
        form,
        _("Group %(name)s") % {"name": entry},
        lambda data: editing.save_group(form.instance, request.user, data["seen"]),
        entry=entry,
    )


def _check_may_change(request: PersonRequest) -> None:
    if not request.user.has_perm("tags.change_tag"):
        raise PermissionDenied(_("Only managers can change tags and groups."))


def _show_form(
    request: PersonRequest,
    form: TagForm | GroupForm,
    title: str,
    write: Callable[[dict[str, Any]], object],
    entry: Tag | TagGroup | None = None,
) -> HttpResponse:
    if request.method == "POST" and save_form(form, write):
        messages.success(request, _("Saved “%(name)s”.") % {"name": form.instance})
        return redirect(_anchor(form.instance))
    context = {
        "form": form,
        "title": title,
        "entry": entry,
        "is_tag": isinstance(entry, Tag),
        "synonyms": synonyms_of(entry) if isinstance(entry, Tag) else [],
        "actions": actions(entry=entry) if entry else [],
        "oldest_undoable": oldest_undoable(),
    }
    return render(request, "tags/entry.html", context, status=422 if form.errors else 200)


def _retire(request: PersonRequest, tag: Tag) -> str:
    editing.retire(tag, request.user, on=True)
    return _("Retired “%(tag)s”. Returns keep it, but it is no longer offered.") % {"tag": tag}


def _bring_back(request: PersonRequest, tag: Tag) -> str:
    editing.retire(tag, request.user, on=False)
    return _("Brought “%(tag)s” back.") % {"tag": tag}


def _add_synonym(request: PersonRequest, tag: Tag) -> str:
    synonym = editing.add_synonym(tag, request.POST.get("name", ""), request.user)
    return _("Added “%(name)s” as a synonym of “%(tag)s”.") % {"name": synonym, "tag": tag}


def _remove_synonym(request: PersonRequest, tag: Tag) -> str:
    number = request.POST.get("synonym", "")
    name = editing.remove_synonym(tag, int(number), request.user) if number.isdecimal() else ""
    if not name:
        return _("This synonym had already been removed.")
    return _("Removed the synonym “%(name)s”.") % {"name": name}


def _remove(request: PersonRequest, entry: Tag | TagGroup) -> str:
    editing.remove(entry, request.user)
    return _("Deleted “%(name)s”.") % {"name": entry}


ENTRY_ACTIONS: dict[str, Callable[..., str]] = {
    "retire": _retire,
    "bring-back": _bring_back,
    "add-synonym": _add_synonym,
    "remove-synonym": _remove_synonym,
    "remove": _remove,
}


def _run_action(
    request: PersonRequest, entry: Tag | TagGroup, allowed: dict[str, Callable[..., str]]
) -> HttpResponse:
    action = allowed.get(request.POST["action"])
    if action is None:
        raise BadRequest(_("Unknown action."))
    try:
        messages.success(request, action(request, entry))
    except VocabularyError as error:
        messages.error(request, error.messages[0])
        return redirect(request.path)
    return redirect("tags" if action is _remove else request.path)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def merge(request: PersonRequest) -> HttpResponse:
    """Preview merging the chosen tags, then merge them."""
    form = MergeForm(request.POST if request.method == "POST" else request.GET or None)
    context: dict[str, Any] = {"form": form, "preview": None, "problem": ""}
    if form.is_valid():
        merged, into = form.cleaned_data["tag"], form.cleaned_data["into"]
        merged = [each for each in merged if each != into]
        try:
            if request.method == "POST" and into:
                moved = merging.merge(merged, into, request.user)
                text = _("Merged into “%(tag)s”. Tags replaced: %(count)s.")
                messages.success(request, text % {"tag": into, "count": grouped(moved)})
                return redirect(_anchor(into))
            context["preview"] = merging.preview(merged, into) if into else None
        except VocabularyError as error:
            context["problem"] = error.messages[0]
    status = 422 if request.method == "POST" else 200
    return render(request, "tags/merge.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def history(request: PersonRequest) -> HttpResponse:
    """Show the changes of the vocabulary and of tags. Undo one of them.

    ``?show=vocabulary`` leaves out those of single returns, ``?show=mine`` those of other people.
    """
    if request.method != "POST":
        return _show_history(request)
    action_id = _number(request.POST.get("undo", ""))
    # Without the permission, people can still undo their own bulk taggings, and single changes.
    if not is_own_or_single(action_id, request.user):
        _check_may_change(request)
    try:
        messages.success(request, undo(action_id, request.user))
    except VocabularyError as error:
        messages.error(request, error.messages[0])
    return redirect(reverse("tag-history", query=_shown(request)))


def _show_history(request: PersonRequest) -> HttpResponse:
    before = _number(request.GET.get("before", "")) or None
    shown = _shown(request).get("show")
    latest = actions(
        ACTIONS_PER_PAGE + 1,
        before=before,
        by=request.user if shown == "mine" else None,
        with_single=shown != "vocabulary",
    )
    has_more = len(latest) > ACTIONS_PER_PAGE
    context = {
        "actions": latest[:ACTIONS_PER_PAGE],
        "earlier": latest[ACTIONS_PER_PAGE - 1].pk if has_more else None,
        "oldest_undoable": oldest_undoable(),
        "shown": shown,
    }
    return render(request, "tags/history.html", context)


def _shown(request: PersonRequest) -> dict[str, str]:
    shown = request.GET.get("show", "")
    return {"show": shown} if shown in {"vocabulary", "mine"} else {}


def _number(text: str) -> int:
    return int(text[:18]) if text.isdecimal() else 0


def _anchor(entry: Tag | TagGroup) -> str:
    return reverse("tags", fragment=f"{kind_of(entry)}-{entry.pk}")
