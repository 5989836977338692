"""Saved views: named filters of a person or a role. Their only writer."""

import unicodedata
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

from config import ordering
from returns.filters.filterset import ReturnFilterSet, filters_of
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.named import NAME_LENGTH, its_own_name
from returns.filters.query import Query
from returns.filters.stored import Words, query_of
from returns.models import SavedView
from tags.vocabulary import INVISIBLE_CATEGORIES, load_vocabulary

MAY_SHARE = "returns.share_view"
MOST_VIEWS = 30


def views_of(user: User) -> QuerySet[SavedView]:
    """Return the views that the person sees: those of their roles, then their own."""
    mine = Q(owner=user) | Q(role__user=user)
    return SavedView.objects.filter(mine).select_related("role").order_by(*ORDER)


# A role's views stand before a person's own; roles by name.
ORDER = (F("owner").asc(nulls_first=True), "role__name", "position", "id")


def changeable_by(user: User) -> QuerySet[SavedView]:
    """Return the views that the person may change: their own, and with permission all roles'."""
    mine = Q(owner=user)
    if user.has_perm(MAY_SHARE):
        mine |= Q(role__isnull=False)
    return SavedView.objects.filter(mine).select_related("role").order_by(*ORDER)


def _seen_by(user: User) -> QuerySet[SavedView]:
    # As ids: the join of a role with its people would repeat a view for each of them.
    seen = [
        Q(pk__in=views.order_by().values("pk")) for views in (views_of(user), changeable_by(user))
    ]
    return SavedView.objects.filter(seen[0] | seen[1]).select_related("role").order_by(*ORDER)


def may_change(user: User, view: SavedView) -> bool:
    """Tell whether the person may change the view: it is theirs, or they may change roles'."""
    return view.owner_id == user.pk or (view.owner_id is None and user.has_perm(MAY_SHARE))


@dataclass(frozen=True, slots=True)
class Listed:
    """A saved view on the page of all: whose it is, and its filter as name and value."""

    view: SavedView
    whose: str
    address: str
    queue_address: str
    filters: list[tuple[str, str]]
    may_change: bool


def listed_for(user: User) -> list[Listed]:
    """Return the views that the person sees or may change."""
    words = load_vocabulary()
    return [_listed(view, words, user) for view in _seen_by(user)]


def _listed(view: SavedView, words: Words, user: User) -> Listed:
    said = query_of(view.parameters, words).lists()
    filters = [(name.replace("_", " "), ", ".join(map(str, values))) for name, values in said]
    whose = view.role.name if view.role else "Mine"
    addresses = address_of(view, words), queue_address_of(view, words)
    return Listed(view, whose, *addresses, filters, may_change(user, view))


def open_to(user: User, pk: int) -> SavedView:
    """Return the view if the person may see it. Raises ``Http404`` as if there were none."""
    return _found(_seen_by(user).filter(pk=pk).first())


def shared_as(token: str) -> SavedView:
    """Return the view that is shared by this token. Raises ``Http404`` when none is."""
    return _found(SavedView.objects.select_related("owner", "role").filter(token=token).first())


def _found(view: SavedView | None) -> SavedView:
    if view is None:
        raise Http404("There is no such saved view. It may have been deleted, or is not shared.")
    return view


def address_of(view: SavedView, words: Words) -> str:
    """Return the address of the list under this view's filter, tags by their present names."""
    return query_of(view.parameters, words).path(reverse("return-list"))


def queue_address_of(view: SavedView, words: Words) -> str:
    """Return the address of the view as a queue: what is urgent first, unless it is sorted."""
    query = query_of(view.parameters, words)
    if not query.keys() & {"sort", "queue"}:
        query = query.replace(sort="urgent")
    return query.path(reverse("queue"))


def start_of(user: User) -> str:
    """Return the path where the person starts: their own view, their role's, or the list.

    Whose role starts at the queue is led there instead of to the list.
    """
    # A person's own stands last.
    view = views_of(user).filter(is_start=True).last()
    if view:
        return address_of(view, load_vocabulary())
    # Asked of the roles: a superuser has every permission, and none that decides this.
    at_queue = user.groups.filter(
        permissions__content_type__app_label="returns", permissions__codename="start_at_queue"
    )
    return reverse("queue" if at_queue.exists() else "return-list")


# Writing


def keep(
    user: User,
    name: str,
    query: Query,
    role: Group | None = None,
    *,
    is_queue: bool = False,
) -> SavedView:
    """Keep a filter under a name, for the person or a role; the same name again changes it.

    ``is_queue``: it stands among the queues from now on.
    Raises ``ValidationError`` for a name or a filter that cannot be kept.
    """
    owned: dict[str, Any] = {"role": role} if role else {"owner": user}
    name = _clean(name)
    parameters = _parameters(query)
    with transaction.atomic():
        siblings = list(SavedView.objects.select_for_update().filter(**owned))
        same = next((view for view in siblings if view.name.lower() == name.lower()), None)
        if same is None and len(siblings) >= MOST_VIEWS:
            raise ValidationError(f"There are {MOST_VIEWS} saved views already. Delete one first.")
        view = same or SavedView(
            **owned, position=max([s.position for s in siblings], default=0) + 1
        )
        view.name, view.parameters = name, parameters
        view.is_queue |= is_queue
        return _written(view)


def rename(view: SavedView, name: str) -> None:
    """Give the view another name. Raises ``ValidationError`` when it cannot have it."""
    _change(view, name=_clean(name))


def move(view: SavedView, *, up: bool) -> None:
    """Move the view one place among those of its person or role."""
    ordering.move(_siblings(view), view, up=up)


def start_here(view: SavedView, *, on: bool) -> None:
    """Make the view the start of its person or role, or no longer."""
    with transaction.atomic():
        list(_siblings(view).select_for_update())
        _siblings(view).filter(is_start=True).update(is_start=False)
        _siblings(view).filter(pk=view.pk).update(is_start=on)


def show_as_queue(view: SavedView, *, on: bool) -> None:
    """Let the view stand among the queues, or no longer."""
    SavedView.objects.filter(pk=view.pk).update(is_queue=on)


def share(view: SavedView, *, on: bool) -> None:
    """Make a link by which others see the view, or take it back."""
    token = (view.token or token_urlsafe(16)) if on else None
    SavedView.objects.filter(pk=view.pk).update(token=token)


def remove(view: SavedView) -> None:
    """Delete the view; what it showed stays."""
    SavedView.objects.filter(pk=view.pk).delete()


def keep_copy(view: SavedView, user: User) -> SavedView:
    """Copy a shared view into the person's own; one that they have already stays as it is.

    Raises ``ValidationError`` when it cannot be kept, or another has its name.
    """
    same = SavedView.objects.filter(owner=user, name__iexact=view.name).first()
    if same is None:
        return keep(user, view.name, query_of(view.parameters, load_vocabulary()))
    if same.parameters != view.parameters:
        raise ValidationError(f"You have another view “{same.name}”. Rename that one first.")
    return same


def _siblings(view: SavedView) -> QuerySet[SavedView]:
    return SavedView.objects.filter(owner=view.owner_id, role=view.role_id)


def _clean(name: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if any(unicodedata.category(character) in INVISIBLE_CATEGORIES for character in name):
        raise ValidationError("A name cannot hold characters that cannot be seen.")
    if not name:
        raise ValidationError("A saved view needs a name.")
    if len(name) > NAME_LENGTH:
        raise ValidationError(f"A name has at most {NAME_LENGTH} characters; this has {len(name)}.")
    return name


def _parameters(query: Query) -> dict[str, Any]:
    words = load_vocabulary()
    kept = query.without(*PAGING_PARAMETERS)
    filterset = ReturnFilterSet(kept, words)
    if problems := filterset.problems():
        raise ValidationError(f"This filter cannot be kept. {problems[0]}")
    return filters_of(kept, words)


def _written(view: SavedView) -> SavedView:
    with _its_own_name(view.name):
        view.save()
    return view


def _change(view: SavedView, **fields: Any) -> None:
    """Write these fields alone: another person may change the others, or delete the view."""
    with _its_own_name(fields.get("name", view.name)):
        SavedView.objects.filter(pk=view.pk).update(**fields)


def _its_own_name(name: str) -> AbstractContextManager[None]:
    return its_own_name(f"There is a saved view “{name}” already.")
