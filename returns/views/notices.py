"""The notices of a person."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from config.addresses import is_own_address, next_page
from returns.filters.cursors import MAX_ID
from returns.follow_ups.reading import due_follow_ups
from returns.notices.page import notices_of
from returns.notices.telling import mark_all_seen, mark_one_seen
from returns.people.person import PersonRequest

MAX_ID_LENGTH = len(str(MAX_ID)) - 1


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("returns.view_return", raise_exception=True)
def notices(request: PersonRequest) -> HttpResponse:
    """Show the person's notices. A POST marks all up to the newest one of the page as seen."""
    if request.method == "POST":
        until = request.POST.get("until", "")
        if not until.isdecimal() or len(until) > MAX_ID_LENGTH:
            raise BadRequest(_("This is not the number of a notice."))
        mark_all_seen(request.user, int(until), request.POST.get("kind", "")[:10])
        return redirect(next_page(request, default=reverse("notices")))
    due = due_follow_ups(request.user, timezone.now())
    return render(request, "notices/page.html", {"page": notices_of(request.user), "due": due})


@permission_required("returns.view_return", raise_exception=True)
@require_POST
def notice(request: PersonRequest, pk: int) -> HttpResponse:
    """Mark a notice as seen; with ``open``, go to what it is about."""
    seen = mark_one_seen(pk, request.user)
    if seen is None:
        raise Http404(_("This notice does not exist."))
    if "open" in request.POST and is_own_address(request, seen.path):
        return HttpResponseRedirect(seen.path, status=303)
    return redirect(next_page(request, default=reverse("notices")))
