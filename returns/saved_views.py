"""Saved views: named filters of a person or a role. Their only writer."""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.http import Http404, QueryDict
from django.urls import reverse

from returns.counts import CappedCount
from returns.filtersets import PAGING_PARAMETERS, ReturnFilterSet, filters_of, without_blanks
from returns.models import SavedView
from returns.time_limit import TookTooLongError, at_most
from tags.vocabulary import TagChip, group_names, vocabulary

MAY_SHARE = "returns.share_view"
NAME_LENGTH = 60
COUNTED = 1_000
COUNT_LIMIT = 700  # milliseconds for each view
MOST_VIEWS = 30

Words = Mapping[int, TagChip]


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view as a tab over the list."""

    view: SavedView
    address: str
    is_current: bool


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


def may_change(user: User, view: SavedView) -> bool:
    """Tell whether the person may change the view: it is theirs, or they may change roles'."""
    return view.owner_id == user.pk or (view.owner_id is None and user.has_perm(MAY_SHARE))


@dataclass(frozen=True, slots=True)
class Listed:
    """A saved view on the page of all: whose it is, and its filter as name and value."""

    view: SavedView
    whose: str
    address: str
    filters: list[tuple[str, str]]


def listed_for(user: User) -> list[Listed]:
    """Return the views that the person may change, their own and the roles'."""
    words = vocabulary()
    return [_listed(view, words) for view in changeable_by(user)]


def _listed(view: SavedView, words: Words) -> Listed:
    said = query_of(view, words).lists()
    filters = [(name.replace("_", " "), ", ".join(map(str, values))) for name, values in said]
    whose = view.role.name if view.role else "Mine"
    return Listed(view, whose, address_of(view, words), filters)


def open_to(user: User, pk: int) -> SavedView:
    """Return the view if the person may see it. Raises ``Http404`` as if there were none."""
    return _found((views_of(user) | changeable_by(user)).filter(pk=pk).first())


def shared_as(token: str) -> SavedView:
    """Return the view that is shared by this token. Raises ``Http404`` when none is."""
    return _found(SavedView.objects.select_related("owner", "role").filter(token=token).first())


def _found(view: SavedView | None) -> SavedView:
    if view is None:
        raise Http404("There is no such saved view. It may have been deleted, or is not shared.")
    return view


def tabs(user: User, shown: QueryDict, words: Words) -> list[Tab]:
    """Return the person's views as tabs; the one that shows the same as ``shown`` is current."""
    now = filters_of(shown, words)
    return [Tab(view, address_of(view, words), view.parameters == now) for view in views_of(user)]


def address_of(view: SavedView, words: Words) -> str:
    """Return the address of the list under this view's filter, tags by their present names."""
    query = query_of(view, words).urlencode()
    return f"{reverse('return-list')}?{query}".removesuffix("?")


def query_of(view: SavedView, words: Words) -> QueryDict:
    """Return the view's filter in the filter language.

    A tag or group that is gone keeps a name that none has: the list names it and is empty.
    """
    query = QueryDict(mutable=True)
    groups = {chip.group_id: chip.group for chip in words.values()}
    for name, values in view.parameters.items():
        if name == "tag":
            values = [words[pk].name if pk in words else f"deleted tag {pk}" for pk in values]
        elif name == "missing_group":
            values = [groups.get(pk) or _group_without_tags(pk) for pk in values]
        query.setlist(name, values)
    return query


def _group_without_tags(pk: int) -> str:
    return group_names([pk]).get(pk, f"deleted group {pk}")


def start_of(user: User) -> str:
    """Return the path where the person starts: their own view, their role's, or the list."""
    # A person's own stands last.
    view = views_of(user).filter(is_start=True).last()
    return address_of(view, vocabulary()) if view else reverse("return-list")


@dataclass(frozen=True, slots=True)
class ViewCount:
    """How many returns a view holds; None when it took too long, or a filter is wrong."""

    view: SavedView
    count: CappedCount | None
    problem: str = ""


def counts_of(user: User) -> list[ViewCount]:
    """Count the returns of each view of the person, each up to 1,000."""
    words = vocabulary()
    return [_count(view, words) for view in views_of(user)]


def _count(view: SavedView, words: Words) -> ViewCount:
    filterset = ReturnFilterSet(query_of(view, words), words)
    if problems := filterset.problems():
        return ViewCount(view, None, problems[0])
    try:
        with at_most(COUNT_LIMIT):
            number = filterset.qs.order_by().values("pk")[: COUNTED + 1].count()
    except TookTooLongError:
        return ViewCount(view, None)
    more = number > COUNTED or filterset.search_is_cut_short()
    return ViewCount(view, CappedCount(min(number, COUNTED), more))


# Writing


def keep(user: User, name: str, data: QueryDict, role: Group | None = None) -> SavedView:
    """Keep a filter under a name, for the person or a role; the same name again changes it.

    Raises ``ValidationError`` for a name or a filter that cannot be kept.
    """
    owned: dict[str, Any] = {"role": role} if role else {"owner": user}
    name = _clean(name)
    parameters = _parameters(data)
    with transaction.atomic():
        siblings = list(SavedView.objects.select_for_update().filter(**owned))
        same = next((view for view in siblings if view.name.lower() == name.lower()), None)
        if same is None and len(siblings) >= MOST_VIEWS:
            raise ValidationError(f"There are {MOST_VIEWS} saved views already. Delete one first.")
        view = same or SavedView(
            **owned, position=max([s.position for s in siblings], default=0) + 1
        )
        view.name, view.parameters = name, parameters
        return _written(view)


def rename(view: SavedView, name: str) -> None:
    """Give the view another name. Raises ``ValidationError`` when it cannot have it."""
    view.name = _clean(name)
    _written(view)


def move(view: SavedView, *, up: bool) -> None:
    """Move the view one place among those of its person or role."""
    with transaction.atomic():
        siblings = list(_siblings(view).select_for_update().order_by("position", "id"))
        places = [sibling.pk for sibling in siblings]
        if view.pk not in places:
            return
        here = places.index(view.pk)
        there = here - 1 if up else here + 1
        if 0 <= there < len(siblings):
            siblings[here], siblings[there] = siblings[there], siblings[here]
        for position, sibling in enumerate(siblings, start=1):
            sibling.position = position
        SavedView.objects.bulk_update(siblings, ["position"])


def start_here(view: SavedView, *, on: bool) -> None:
    """Make the view the start of its person or role, or no longer."""
    with transaction.atomic():
        list(_siblings(view).select_for_update())
        _siblings(view).filter(is_start=True).update(is_start=False)
        _siblings(view).filter(pk=view.pk).update(is_start=on)


def share(view: SavedView, *, on: bool) -> None:
    """Make a link by which others see the view, or take it back."""
    token = (view.token or token_urlsafe(16)) if on else None
    SavedView.objects.filter(pk=view.pk).update(token=token)


def remove(view: SavedView) -> None:
    """Delete the view; what it showed stays."""
    SavedView.objects.filter(pk=view.pk).delete()


def keep_copy(view: SavedView, user: User) -> SavedView:
    """Copy a shared view into the person's own."""
    return keep(user, view.name, query_of(view, vocabulary()))


def _siblings(view: SavedView) -> QuerySet[SavedView]:
    return SavedView.objects.filter(owner=view.owner_id, role=view.role_id)


def _clean(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise ValidationError("A saved view needs a name.")
    if len(name) > NAME_LENGTH:
        raise ValidationError(f"A name has at most {NAME_LENGTH} characters; this has {len(name)}.")
    return name


def _parameters(data: QueryDict) -> dict[str, Any]:
    words = vocabulary()
    kept = without_blanks(data)
    for page in PAGING_PARAMETERS:
        kept.pop(page, None)
    filterset = ReturnFilterSet(kept, words)
    if problems := filterset.problems():
        raise ValidationError(f"This filter cannot be kept. {problems[0]}")
    return filters_of(kept, words)


def _written(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise ValidationError(f"There is a saved view “{view.name}” already.") from error
    return view
