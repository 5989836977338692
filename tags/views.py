"""The page of the vocabulary: seen by everybody who tags, changed by managers."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.forms import save_form
from config.htmx import HtmxRequest
from tags import editing, merging
from tags import history as past
from tags import usage as uses
from tags.forms import ChangeTagForm, GroupForm, MergeForm, TagForm
from tags.models import Tag, TagGroup
from tags.undo import undo
from tags.vocabulary import VocabularyError, synonyms_of

may_see = permission_required("tags.view_tag", raise_exception=True)
may_change = permission_required("tags.change_tag", raise_exception=True)
SHOWN_OF_HISTORY = 5


class PersonRequest(HtmxRequest):
    """A request of a person who is signed in."""

    user: User


@require_safe
@may_see
def tags(request: PersonRequest) -> HttpResponse:
    """Show every group with its tags, and what was changed last."""
    context = {
        "groups": uses.listed(),
        "actions": past.actions(SHOWN_OF_HISTORY),
        "oldest_undoable": past.oldest_undoable(),
    }
    return render(request, "tags/page.html", context)


@require_safe
@may_see
def usage(request: PersonRequest) -> HttpResponse:
    """Count the uses of each tag, for the page; they may take a moment."""
    return render(request, "tags/page.html#usage", {"usage": uses.usage_of_tags()})


@require_POST
@may_change
def move(request: PersonRequest) -> HttpResponse:
    """Move a tag or a group one place up or down: ``up=tag-5``, ``down=taggroup-2``."""
    up = "up" in request.POST
    kind, _, number = request.POST.get("up" if up else "down", "").partition("-")
    models: dict[str, Any] = {past.kind_of(word): type(word) for word in (Tag(), TagGroup())}
    if kind not in models or not number.isdecimal():
        return HttpResponseBadRequest("There is no such tag or group.")
    word = get_object_or_404(models[kind], pk=number)
    editing.move(word, request.user, up=up)
    return redirect(_place(word))


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new_tag(request: PersonRequest) -> HttpResponse:
    """Create a tag."""
    form = TagForm(request.POST or None, initial={"group": request.GET.get("group")})
    return _form(request, form, "New tag", lambda _: editing.save_tag(form.instance, request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new_group(request: PersonRequest) -> HttpResponse:
    """Create a group."""
    form = GroupForm(request.POST or None)
    return _form(
        request, form, "New group", lambda _: editing.save_group(form.instance, request.user)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def tag(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a tag with its history; change, retire, merge or delete it, give it other names."""
    found = get_object_or_404(Tag.names.select_related("group"), pk=pk)
    if found.synonym_of_id:
        return redirect("change-tag", found.synonym_of_id)
    if request.method == "POST":
        _refuse_those_who_only_see(request)
    if "action" in request.POST:
        return _act(request, found, ACTIONS)
    form = ChangeTagForm(request.POST or None, instance=found)
    return _form(
        request,
        form,
        f"Tag {found}",
        lambda chosen: editing.save_tag(
            form.instance, request.user, chosen["seen"], keep_name=chosen["keep_name"]
        ),
        word=found,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def group(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a group with its history; change or delete it."""
    found = get_object_or_404(TagGroup, pk=pk)
    if request.method == "POST":
        _refuse_those_who_only_see(request)
    if "action" in request.POST:
        return _act(request, found, {"remove": ACTIONS["remove"]})
    form = GroupForm(request.POST or None, instance=found)
    return _form(
        request,
        form,
        f"Group {found}",
        lambda chosen: editing.save_group(form.instance, request.user, chosen["seen"]),
        word=found,
    )


def _refuse_those_who_only_see(request: PersonRequest) -> None:
    if not request.user.has_perm("tags.change_tag"):
        raise PermissionDenied("Tags and their groups are changed by managers.")


def _form(
    request: PersonRequest,
    form: TagForm | GroupForm,
    title: str,
    write: Callable[[dict[str, Any]], object],
    word: Tag | TagGroup | None = None,
) -> HttpResponse:
    if request.method == "POST" and save_form(form, write):
        messages.success(request, f"Saved “{form.instance}”.")
        return redirect(_place(form.instance))
    context = {
        "form": form,
        "title": title,
        "word": word,
        "is_tag": isinstance(word, Tag),
        "synonyms": synonyms_of(word) if isinstance(word, Tag) else [],
        "actions": past.actions(word=word) if word else [],
        "oldest_undoable": past.oldest_undoable(),
    }
    return render(request, "tags/word.html", context, status=422 if form.errors else 200)


def _retire(request: PersonRequest, found: Tag) -> str:
    editing.retire(found, request.user, on=True)
    return f"Retired “{found}”: it stays where it is, and is not offered any more."


def _bring_back(request: PersonRequest, found: Tag) -> str:
    editing.retire(found, request.user, on=False)
    return f"Brought “{found}” back."


def _add_synonym(request: PersonRequest, found: Tag) -> str:
    synonym = editing.add_synonym(found, request.POST.get("name", ""), request.user)
    return f"“{synonym}” means “{found}” from now on."


def _remove_synonym(request: PersonRequest, found: Tag) -> str:
    number = request.POST.get("synonym", "")
    name = editing.remove_synonym(found, int(number), request.user) if number.isdecimal() else ""
    return f"“{name}” no longer means “{found}”." if name else "That name was gone already."


def _remove(request: PersonRequest, found: Tag | TagGroup) -> str:
    editing.remove(found, request.user)
    return f"Deleted “{found}”."


ACTIONS: dict[str, Callable[..., str]] = {
    "retire": _retire,
    "bring-back": _bring_back,
    "add-synonym": _add_synonym,
    "remove-synonym": _remove_synonym,
    "remove": _remove,
}


def _act(
    request: PersonRequest, found: Tag | TagGroup, known: dict[str, Callable[..., str]]
) -> HttpResponse:
    action = known.get(request.POST["action"])
    if action is None:
        return HttpResponseBadRequest("There is no such action.")
    try:
        messages.success(request, action(request, found))
    except VocabularyError as error:
        messages.error(request, error.messages[0])
        return redirect(request.path)
    return redirect("tags" if action is _remove else request.path)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def merge(request: PersonRequest) -> HttpResponse:
    """Show what merging the chosen tags would do, then do it."""
    form = MergeForm(request.POST if request.method == "POST" else request.GET or None)
    context: dict[str, Any] = {"form": form, "preview": None, "problem": ""}
    if form.is_valid():
        merged, into = form.cleaned_data["tag"], form.cleaned_data["into"]
        merged = [each for each in merged if each != into]
        try:
            if request.method == "POST" and into:
                moved = merging.merge(merged, into, request.user)
                messages.success(request, f"Merged into “{into}”: {moved:,} went over to it.")
                return redirect(_place(into))
            context["preview"] = merging.preview(merged, into) if into else None
        except VocabularyError as error:
            context["problem"] = error.messages[0]
    status = 422 if request.method == "POST" else 200
    return render(request, "tags/merge.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def history(request: PersonRequest) -> HttpResponse:
    """Show what was changed, by whom and when; undo one of it."""
    if request.method != "POST":
        return _history(request)
    number = _number(request.POST.get("undo", ""))
    # What a person tagged at once stands here too, and is theirs to undo.
    if not past.is_by(number, request.user):
        _refuse_those_who_only_see(request)
    try:
        messages.success(request, undo(number, request.user))
    except VocabularyError as error:
        messages.error(request, error.messages[0])
    return redirect("tag-history")


def _history(request: PersonRequest) -> HttpResponse:
    before = _number(request.GET.get("before", "")) or None
    found = past.actions(past.LISTED + 1, before=before)
    context = {
        "actions": found[: past.LISTED],
        "earlier": found[past.LISTED - 1].pk if len(found) > past.LISTED else None,
        "oldest_undoable": past.oldest_undoable(),
    }
    return render(request, "tags/history.html", context)


def _number(text: str) -> int:
    return int(text[:18]) if text.isdecimal() else 0


def _place(word: Tag | TagGroup) -> str:
    return reverse("tags", fragment=f"{past.kind_of(word)}-{word.pk}")
