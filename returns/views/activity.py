"""What a person did; admins see that of everybody."""

from datetime import datetime

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from returns.people.activity import activity_of
from returns.people.person import PersonRequest

MAY_SEE_PEOPLE = "auth.view_user"


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def show(request: PersonRequest) -> HttpResponse:
    """Show what the person did, or with ``?person=<id>`` what another one did."""
    may_see_others = request.user.has_perm(MAY_SEE_PEOPLE)
    person = _chosen(request.GET.get("person", ""), request.user)
    if person != request.user and not may_see_others:
        raise PermissionDenied(_("Only admins can see what other people did."))
    context = {
        "person": person,
        "page": activity_of(person, _moment(request.GET.get("before", ""))),
        "people": User.objects.order_by("username") if may_see_others else (),
    }
    return render(request, "people/activity.html", context)


def _chosen(text: str, user: User) -> User:
    if not text:
        return user
    return get_object_or_404(User, pk=int(text) if text.isdecimal() and len(text) < 10 else 0)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest(_("The time of the next page is not valid."))
    return moment
