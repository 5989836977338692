"""Saved views: named filters of a person or a role. Only this module writes them."""

import unicodedata
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config import ordering
from config.numbers import grouped
from config.shipped_names import role_label, shipped_name
from config.text import capitalized, require_visible
from returns.filters import deleted_entries
from returns.filters.filterset import ReturnFilterSet, normalized_filters
from returns.filters.form import PAGING_PARAMETERS, default_sort
from returns.filters.named import MAX_ENTRY_NAME_LENGTH, require_unique_name
from returns.filters.query import Query
from returns.filters.stored import to_query
from returns.filters.wording import say_query
from returns.filters.words import SORT_LABELS
from returns.models import DeletedEntry, SavedView, StartPage
from returns.people.person import get_preferences, save_preferences
from tags.vocabulary import Vocabulary, load_vocabulary

MAY_SHARE = "returns.share_view"
MAX_VIEWS = 30


def visible_views(user: User) -> QuerySet[SavedView]:
    """Return the views in the person's tabs: their own, then those of their roles."""
    mine = Q(owner=user) | Q(role__user=user)
    return SavedView.objects.filter(mine).select_related("role").order_by(*LISTING_ORDER)


# The person's own views, then those of roles, by the role's name.
LISTING_ORDER = (F("owner").asc(nulls_last=True), "role__name", "position", "id")


def editable_views(user: User) -> QuerySet[SavedView]:
    """Return the views that the person may change: their own, with MAY_SHARE also all roles'."""
    mine = Q(owner=user)
    if user.has_perm(MAY_SHARE):
        mine |= Q(role__isnull=False)
    return SavedView.objects.filter(mine).select_related("role").order_by(*LISTING_ORDER)


def _listable_views(user: User) -> QuerySet[SavedView]:
    # By ids: joining a role with its people would repeat a view for each of them.
    seen = [
        Q(pk__in=views.order_by().values("pk"))
        for views in (visible_views(user), editable_views(user))
    ]
    return (
        SavedView.objects.filter(seen[0] | seen[1]).select_related("role").order_by(*LISTING_ORDER)
    )


def may_change(user: User, view: SavedView) -> bool:
    """Tell whether the person may change the view."""
    return view.owner_id == user.pk or (view.owner_id is None and user.has_perm(MAY_SHARE))


@dataclass(frozen=True, slots=True)
class ListedView:
    """A saved view on the page of saved views; ``text`` describes it in words."""

    view: SavedView
    whose: str
    address: str
    queue_address: str
    text: str
    may_change: bool


def list_views(user: User) -> list[ListedView]:
    """Return the views for the page of saved views: those the person sees or may change."""
    vocabulary = load_vocabulary()
    return [_listed(view, vocabulary, user) for view in _listable_views(user)]


def _listed(view: SavedView, vocabulary: Vocabulary, user: User) -> ListedView:
    text = describe_view(to_query(view.parameters, vocabulary))
    whose = role_label(view.role.name) if view.role else pgettext("saved views", "Mine")
    addresses = list_address(view, vocabulary), queue_address(view, vocabulary)
    return ListedView(view, whose, *addresses, text, may_change(user, view))


def describe_view(query: Query) -> str:
    """Return the filter and the order of a view in words."""
    text = capitalized(", ".join(say_query(query.without("sort", "group")))) or _("All returns")
    if "q" in query and "sort" not in query:
        return text
    sort = query.get("sort", default_sort(query))
    return _("%(filters)s; %(order)s") % {"filters": text, "order": SORT_LABELS.get(sort, sort)}


def get_view(user: User, pk: int) -> SavedView:
    """Return a view that the person may see. Raises ``Http404`` otherwise."""
    return _or_404(_listable_views(user).filter(pk=pk).first())


def get_shared_view(token: str) -> SavedView:
    """Return the view that is shared under this token. Raises ``Http404`` if there is none.

    Links of people who were made inactive do not work either.
    """
    of_active = Q(owner=None) | Q(owner__is_active=True)
    shared = SavedView.objects.select_related("owner", "role").filter(of_active, token=token)
    return _or_404(shared.first())


def _or_404(view: SavedView | None) -> SavedView:
    if view is None:
        raise Http404(
            _("This saved view does not exist. It may have been deleted, or is no longer shared.")
        )
    return view


def list_address(view: SavedView, vocabulary: Vocabulary) -> str:
    """Return the address of the list with this view's filter and the current names of tags."""
    return to_query(view.parameters, vocabulary).path(reverse("return-list"))


def queue_address(view: SavedView, vocabulary: Vocabulary) -> str:
    """Return the address of the view as a queue; without a sort of its own, urgent tags first."""
    query = to_query(view.parameters, vocabulary)
    if not query.keys() & {"sort", "queue"}:
        query = query.replace(sort="urgent")
    return query.path(reverse("queue"))


def start_path(user: User) -> str:
    """Return the path of the person's start page.

    It is the page that they chose, their own start view, that of their role, or else the list; the
    queue for roles with the permission ``start_at_queue``.
    """
    if page := get_preferences(user).start_page:
        return reverse(page)
    view = visible_views(user).filter(is_start=True).first()
    if view:
        return list_address(view, load_vocabulary())
    # Ask the roles: a superuser has every permission, so has_perm() would not tell.
    at_queue = user.groups.filter(
        permissions__content_type__app_label="returns", permissions__codename="start_at_queue"
    )
    return reverse("queue" if at_queue.exists() else "return-list")


# Writing


def save_view(
    user: User,
    name: str,
    query: Query,
    role: Group | None = None,
    *,
    is_queue: bool = False,
) -> SavedView:
    """Save a filter under a name, for the person or a role. An existing name is replaced.

    That is also the label of a view in any language; the view then keeps its name. ``is_queue``
    also shows the view as a queue. Raises ``ValidationError`` if the name or the filter is not
    valid.
    """
    owned: dict[str, Any] = {"role": role} if role else {"owner": user}
    name = _clean(name)
    parameters = _parameters(query)
    with transaction.atomic():
        others = list(SavedView.objects.select_for_update().filter(**owned))
        same = _called(name, others)
        if same and same.name.lower() != name.lower():
            name = same.name
        if same is None and len(others) >= MAX_VIEWS:
            text = _("You can have up to %(count)s saved views. Delete one first.")
            raise ValidationError(text % {"count": MAX_VIEWS})
        view = same or SavedView(**owned, position=max([s.position for s in others], default=0) + 1)
        view.name, view.parameters = name, parameters
        view.is_queue |= is_queue
        return _save(view)


def rename(view: SavedView, name: str) -> None:
    """Rename the view. Raises ``ValidationError`` if the name is not valid."""
    view.name = _clean(name)
    # Only the name: another person may change the other fields, or delete the view.
    with _require_unique_name(view):
        SavedView.objects.filter(pk=view.pk).update(name=view.name)


def move(view: SavedView, *, up: bool) -> None:
    """Move the view one place up or down among those of its person or role."""
    ordering.move(_siblings(view), view, up=up)


def set_start(view: SavedView, *, on: bool) -> None:
    """Make the view the start page of its person or role, or stop that."""
    with transaction.atomic():
        list(_siblings(view).select_for_update())
        _siblings(view).filter(is_start=True).update(is_start=False)
        _siblings(view).filter(pk=view.pk).update(is_start=on)
        if on and view.owner:
            save_preferences(view.owner, {"start_page": StartPage.USUAL})


def set_queue(view: SavedView, *, on: bool) -> None:
    """Show the view as a queue, or stop that."""
    SavedView.objects.filter(pk=view.pk).update(is_queue=on)


def set_shared(view: SavedView, *, on: bool) -> None:
    """Share the view by a link, or stop that: the link no longer works."""
    token = (view.token or token_urlsafe(16)) if on else None
    SavedView.objects.filter(pk=view.pk).update(token=token)


def restore_view(deleted: DeletedEntry) -> None:
    """Restore a deleted view. It is the start page again unless another view is by now.

    Raises ``ValidationError`` if that is not possible any more.
    """
    fields = deleted.held["fields"]
    others = SavedView.objects.filter(owner=fields["owner"], role=fields["role"], is_start=True)
    deleted_entries.restore(deleted, is_start=fields["is_start"] and not others.exists())


def may_restore(user: User, deleted: DeletedEntry) -> bool:
    """Tell whether the person may change the view that was deleted."""
    owner = deleted.held["fields"]["owner"]
    return bool(owner == user.pk or (owner is None and user.has_perm(MAY_SHARE)))


def save_copy(view: SavedView, user: User) -> SavedView:
    """Copy a shared view into the person's own views, unless they have it already.

    Raises ``ValidationError`` if another view of theirs has the same name.
    """
    same = _called(view.name, SavedView.objects.filter(owner=user))
    if same is None:
        return save_view(user, view.name, to_query(view.parameters, load_vocabulary()))
    if same.parameters != view.parameters:
        text = _("You have another view named “%(name)s”. Rename that one first.")
        raise ValidationError(text % {"name": same})
    return same


def _called(name: str, views: Iterable[SavedView]) -> SavedView | None:
    """Return the view with this name in any case, or else with this label in any language."""
    views = list(views)
    same = [view for view in views if view.name.lower() == name.lower()]
    shipped = shipped_name("view", name)
    return next(iter([*same, *(view for view in views if view.name == shipped)]), None)


def _siblings(view: SavedView) -> QuerySet[SavedView]:
    return SavedView.objects.filter(owner=view.owner_id, role=view.role_id)


def _clean(name: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", name).split())
    require_visible(name)
    if not name:
        raise ValidationError(_("Enter a name for the view."))
    if len(name) > MAX_ENTRY_NAME_LENGTH:
        text = _("A name can have up to %(limit)s characters; this one has %(count)s.")
        raise ValidationError(text % {"limit": MAX_ENTRY_NAME_LENGTH, "count": grouped(len(name))})
    return name


def _parameters(query: Query) -> dict[str, Any]:
    vocabulary = load_vocabulary()
    stored = query.without(*PAGING_PARAMETERS)
    filterset = ReturnFilterSet(stored, vocabulary)
    if problems := filterset.problems():
        text = _("This filter cannot be saved. %(problem)s")
        raise ValidationError(text % {"problem": problems[0]})
    return normalized_filters(stored, vocabulary)


def _save(view: SavedView) -> SavedView:
    with _require_unique_name(view):
        view.save()
    return view


def _require_unique_name(view: SavedView) -> AbstractContextManager[None]:
    taken = _("There is already a saved view named “%(name)s”.")
    return require_unique_name(view, _siblings(view), taken)
