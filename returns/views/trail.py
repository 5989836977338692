"""The record of access, for admins."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_safe

from config.client import client_address
from returns.exports import abort
from returns.exports.as_csv import CSV_CONTENT_TYPE
from returns.exports.file_names import content_disposition
from returns.people.access import record_export
from returns.people.person import PersonRequest
from returns.trail.file import trail_file
from returns.trail.page import chosen_events, trail_page
from returns.views.callers import heavy

may_see = permission_required("returns.view_accessevent", raise_exception=True)


@require_safe
@may_see
@heavy
def show(request: PersonRequest) -> HttpResponse:
    """Show the events that the query string chooses, a page at a time."""
    return render(request, "trail/page.html", {"page": trail_page(request.GET)})


@require_GET
@may_see
@heavy
def file(request: PersonRequest) -> HttpResponseBase:
    """Return the events that the query string chooses as CSV. That is an event itself."""
    events = chosen_events(request.GET)
    if events is None:
        return redirect(reverse("trail", query=request.GET))
    query, address = request.GET.urlencode(), client_address(request)
    record_export(request.user, address, "record of access", query, events.count())
    # Translators: the beginning of the name of a downloaded file.
    beginning = pgettext("file name", "access")
    answer = StreamingHttpResponse(
        abort.plain_stream(trail_file(events)), content_type=CSV_CONTENT_TYPE
    )
    name = f"{beginning} {timezone.localtime():%Y-%m-%d %H%M}.csv"
    answer["Content-Disposition"] = content_disposition(name)
    return answer
