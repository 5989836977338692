"""Change macros. Only this module writes them."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config import ordering, versions
from returns.filters import named
from returns.models import Macro
from returns.models.macros import MacroSteps
from tags.bulk import check_compatible
from tags.models import Tag

MAY_CHANGE_MACROS = "returns.change_macro"
MAX_MACROS = 100
STEP_FIELDS = ("comment", "language", "claims", "remind", "why")


def version_of(macro: Macro) -> str:
    """Return a text that differs for every state of a macro; "" for a new one."""
    steps = [getattr(macro, name) for name in STEP_FIELDS]
    return versions.version_of([macro.name, macro.adds, macro.removes, *steps]) if macro.pk else ""


def save_macro(macro: Macro, adds: Sequence[Tag], removes: Sequence[Tag], seen: str = "") -> Macro:
    """Save a macro, a new one as the last.

    ``seen`` is the ``version_of`` the macro that the person saw, if any. Raises
    ``ValidationError`` if it does nothing or is not valid, or has changed since.
    """
    if adds or removes:
        check_compatible(adds, removes)
    elif not any(getattr(macro, name) for name in STEP_FIELDS if name != "why"):
        raise ValidationError(_("Choose at least one thing that the macro does."))
    macro.adds, macro.removes = [tag.pk for tag in adds], [tag.pk for tag in removes]
    taken = _("There is already a macro named “%(name)s”.")
    with named.require_unique_name(macro, Macro.objects.all(), taken):
        if macro.pk is None:
            _require_room()
            macro.position = ordering.next_position(Macro.objects.all())
            macro.save()
        else:
            _require_unchanged(macro, seen)
            macro.save(update_fields=["name", "adds", "removes", *STEP_FIELDS])
    return macro


def move(macro: Macro, *, up: bool) -> None:
    """Move a macro one place up or down in the list from which people choose."""
    ordering.move(Macro.objects.all(), macro, up=up)


def permissions_needed(macro: MacroSteps) -> set[str]:
    """Return the permissions that a person needs to run a macro, from what it does."""
    needed = {"returns.tag_return"}
    if macro.comment:
        needed.add("returns.comment_return")
    if macro.claims:
        needed.add("returns.claim_return")
    return needed


def may_run(macro: MacroSteps, person: User) -> bool:
    """Tell whether the person may do all that a macro does."""
    return person.has_perms(permissions_needed(macro))


def _require_room() -> None:
    if Macro.objects.count() >= MAX_MACROS:
        raise ValidationError(_("There are too many macros. Delete some of them first."))


def _require_unchanged(macro: Macro, seen: str) -> None:
    stored = named.lock_entry(macro, _("This macro has been deleted."))
    if seen:
        versions.require_version(
            version_of(stored),
            seen,
            _("Somebody changed this macro meanwhile. Look again, then change it."),
        )
