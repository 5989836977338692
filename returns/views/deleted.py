"""Take back that a saved view, a rule, a deadline or a macro was deleted."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config.toasts import add_toast
from returns.deadlines.editing import MAY_CHANGE_DEADLINES
from returns.filters import deleted_entries
from returns.lists import saved_views
from returns.macros.editing import MAY_CHANGE_MACROS
from returns.models import DeletedEntry
from returns.people.person import PersonRequest
from returns.rules.editing import MAY_CHANGE_RULES


class Kind(NamedTuple):
    """How entries of a kind are restored: their page, who may do it, and what does it."""

    page: str
    may_restore: Callable[[User, DeletedEntry], bool]
    restore: Callable[[DeletedEntry], None] = deleted_entries.restore


KINDS = {
    "returns.savedview": Kind("saved-views", saved_views.may_restore, saved_views.restore_view),
    "returns.tagrule": Kind("rules", lambda user, _entry: user.has_perm(MAY_CHANGE_RULES)),
    "returns.deadlinepolicy": Kind(
        "deadlines", lambda user, _entry: user.has_perm(MAY_CHANGE_DEADLINES)
    ),
    "returns.macro": Kind("macros", lambda user, _entry: user.has_perm(MAY_CHANGE_MACROS)),
}


@require_POST
@permission_required("returns.view_return", raise_exception=True)
def restore(request: PersonRequest, pk: int) -> HttpResponse:
    """Restore what was deleted."""
    deleted = DeletedEntry.objects.filter(pk=pk).first()
    if deleted is None:
        raise Http404(_("This was restored already, or deleted too long ago."))
    kind = KINDS[deleted.kind]
    if not kind.may_restore(request.user, deleted):
        raise PermissionDenied(_("Only people who may delete this can restore it."))
    try:
        kind.restore(deleted)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Restored “%(name)s”.") % {"name": deleted})
    return redirect(kind.page)


def delete_with_undo(request: PersonRequest, entry: Model, text: str) -> None:
    """Delete a saved view, rule, deadline or macro, and offer to undo that on the next page."""
    if deleted := deleted_entries.delete(entry, request.user):
        add_toast(request, text, reverse("restore-entry", args=[deleted.pk]))
