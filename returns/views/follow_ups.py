"""Reminders of returns, which each person makes for themselves."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from config.addresses import next_page
from config.forms import posted_data, save_form
from config.htmx import render_page_or_fragment, wants_fragment
from returns.filters.cursors import MAX_ID
from returns.follow_ups.editing import finish, make_follow_up, own_follow_up, put_off
from returns.follow_ups.forms import FollowUpForm, When
from returns.follow_ups.reading import follow_ups_on
from returns.models import FollowUp, Return
from returns.people.person import PersonRequest, get_time_zone

MAX_RECORD_DIGITS = len(str(MAX_ID)) - 1


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("returns.view_return", raise_exception=True)
def new(request: PersonRequest) -> HttpResponse:
    """Ask when to be reminded of the return whose id is ``record``, and why; make the reminder."""
    record = get_object_or_404(Return, pk=_record_id(request))
    form = _form(request, {"when": When.TOMORROW})
    if request.method == "POST" and save_form(form, partial(_make, request, record)):
        return _done(request, record, _("You will be reminded of %(reference)s."))
    return _show(request, record, form)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("returns.view_return", raise_exception=True)
def follow_up(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a reminder of the person's; put it off, or with ``done`` end it."""
    own = own_follow_up(pk, request.user)
    if request.method == "POST" and "done" in request.POST:
        finish(pk, request.user)
        return _done(request, own.record, _("The reminder of %(reference)s is done."))
    form = _form(request, {"when": When.TOMORROW, "why": own.why})
    if request.method == "POST" and save_form(form, partial(_put_off, own)):
        return _done(request, own.record, _("The reminder of %(reference)s is put off."))
    return _show(request, own.record, form, own)


def _record_id(request: PersonRequest) -> int:
    text = request.POST.get("record") or request.GET.get("record", "")
    if not text.isdecimal() or len(text) > MAX_RECORD_DIGITS:
        raise Http404(_("There is no such return."))
    return int(text)


def _form(request: PersonRequest, initial: dict[str, Any]) -> FollowUpForm:
    zone = get_time_zone(request.user)
    return FollowUpForm(posted_data(request), initial=initial, now=timezone.now(), zone=zone)


def _make(request: PersonRequest, record: Return, data: dict[str, Any]) -> None:
    make_follow_up(record.pk, request.user, data["moment"], data["due_at"], data["why"])


def _put_off(own: FollowUp, data: dict[str, Any]) -> None:
    put_off(own, data["moment"], data["due_at"], data["why"])


def _show(
    request: PersonRequest, record: Return, form: FollowUpForm, own: FollowUp | None = None
) -> HttpResponse:
    context = {
        "record": record,
        "form": form,
        "follow_up": own,
        "at": request.POST.get("at") or request.GET.get("at", ""),
        "next": next_page(request, default=record.get_absolute_url()),
    }
    status = 422 if form.errors else 200
    return render_page_or_fragment(request, "follow_ups/page.html", "dialog", context, status)


def _done(request: PersonRequest, record: Return, text: str) -> HttpResponse:
    text %= {"reference": record}
    if not wants_fragment(request):
        messages.success(request, text)
        return HttpResponseRedirect(
            next_page(request, default=record.get_absolute_url()), status=303
        )
    context = {
        "record": record,
        "text": text,
        "at": request.POST.get("at", ""),
        "follow_ups": follow_ups_on(record.pk, request.user),
    }
    return render_page_or_fragment(request, "follow_ups/page.html", "answer", context)
