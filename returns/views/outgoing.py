"""Webhooks: who may make them sees their own, and admins see all."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from config.forms import posted_data, save_form
from config.numbers import grouped
from returns.filters.query import Query
from returns.models import TEST_TYPE, EventType, Loop, Subscription
from returns.operations.heartbeat import are_running
from returns.outgoing import editing, pages, replaying
from returns.outgoing.forms import SpanForm, SubscriptionForm
from returns.outgoing.messages import examples
from returns.people.person import PersonRequest
from returns.views.named import entry_among, show_problems

may_make = permission_required(editing.MAY_MAKE_WEBHOOKS, raise_exception=True)


@require_safe
@may_make
def show(request: PersonRequest) -> HttpResponse:
    """Show the person's subscriptions, or all of them, and what waits."""
    context = {
        "subscriptions": pages.list_subscriptions(request.user),
        "unspread": pages.unspread(),
        "sees_all": request.user.has_perm(editing.MAY_CHANGE_ALL),
        "is_attended": are_running(Loop.STEPS, Loop.OUTGOING),
    }
    return render(request, "outgoing/page.html", context)


@require_safe
@may_make
def catalogue(request: PersonRequest) -> HttpResponse:
    """Show each type of event with an example."""
    return render(request, "outgoing/catalogue.html", {"examples": examples()})


@require_http_methods(["GET", "HEAD", "POST"])
@may_make
def new(request: PersonRequest) -> HttpResponse:
    """Make a subscription with the filter in the query string, or use that in an existing one."""
    try:
        parameters = editing.to_parameters(Query.from_querydict(request.GET))
    except ValidationError as error:
        return _refuse(request, error)
    if "replaces" in request.POST:
        return _use_filter(request, parameters)
    entry = Subscription(owner=request.user, parameters=parameters)
    form = SubscriptionForm(posted_data(request), initial={"rate": entry.rate})
    secrets: list[str] = []

    def write(data: dict[str, Any]) -> None:
        _fill(entry, data)
        secrets.append(editing.create(entry))

    if request.method == "POST" and save_form(form, write):
        return _secret(request, entry, secrets[0])
    return _page(request, entry, form)


@require_http_methods(["GET", "HEAD", "POST"])
@may_make
def subscription(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a subscription with what was sent; change, switch, try or delete it."""
    entry = get_object_or_404(pages.visible_to(request.user), pk=pk)
    if "action" in request.POST:
        try:
            return _run_action(request, entry)
        except ValidationError as error:
            return _page(request, entry, SubscriptionForm.for_subscription(entry, None), error)
    form = SubscriptionForm.for_subscription(entry, posted_data(request))

    def write(data: dict[str, Any]) -> None:
        _fill(entry, data)
        editing.change(entry, data["seen"])

    if request.method == "POST" and save_form(form, write):
        messages.success(request, _("Saved “%(name)s”.") % {"name": entry})
        return redirect("subscription", entry.pk)
    return _page(request, entry, form)


def _fill(entry: Subscription, data: dict[str, Any]) -> None:
    for name in ("name", "address", "types", "rate"):
        setattr(entry, name, data[name])


def _refuse(request: PersonRequest, error: ValidationError) -> HttpResponse:
    back = (reverse("outgoing"), _("All notifications"))
    return show_problems(request, error, _("New notification"), back)


def _use_filter(request: PersonRequest, parameters: dict[str, Any]) -> HttpResponse:
    entry = entry_among(request, pages.visible_to(request.user))
    editing.use_filter(entry, parameters)
    messages.success(request, _("“%(name)s” now uses this filter.") % {"name": entry})
    return redirect("subscription", entry.pk)


def _run_action(request: PersonRequest, entry: Subscription) -> HttpResponse:
    """Do what a button of the page says. Raises ``ValidationError``, which the page shows."""
    match request.POST["action"]:
        case "on" | "off" as action:
            editing.switch(entry, on=action == "on")
        case "rotate":
            return _secret(request, entry, editing.rotate(entry, request.POST.get("seen", "")))
        case "test":
            replaying.send_test(entry, request.POST.get("type", TEST_TYPE))
            messages.success(request, _("The test is on its way. Its answer appears below."))
        case "again":
            number = request.POST.get("delivery", "")
            _tell(request, replaying.replay_one(entry, int(number) if number.isdecimal() else 0))
        case "span":
            _tell(request, replaying.replay(entry, *_span(request)))
        case "remove":
            editing.remove(entry)
            messages.success(request, _("Deleted “%(name)s”.") % {"name": entry})
            return redirect("outgoing")
        case _:
            raise BadRequest("Unknown action.")
    return redirect("subscription", entry.pk)


def _span(request: PersonRequest) -> tuple[datetime, datetime]:
    form = SpanForm(request.POST)
    if not form.is_valid():
        raise ValidationError(_("Enter from when until when messages are to be sent again."))
    return form.cleaned_data["since"], form.cleaned_data["until"]


def _tell(request: PersonRequest, number: int) -> None:
    text = ngettext(
        "%(count)s message is sent again.", "%(count)s messages are sent again.", number
    )
    messages.success(request, text % {"count": grouped(number)})


def _secret(request: PersonRequest, entry: Subscription, secret: str) -> HttpResponse:
    """Show a secret, for the only time."""
    return render(request, "outgoing/secret.html", {"entry": entry, "secret": secret})


def _page(
    request: PersonRequest,
    entry: Subscription,
    form: SubscriptionForm,
    error: ValidationError | None = None,
) -> HttpResponse:
    (listed,) = pages.describe([entry])
    title = _("Notification %(name)s") % {"name": entry} if entry.pk else _("New notification")
    context: dict[str, Any] = {
        "title": title,
        "entry": entry,
        "may_change": True,
        "form": form,
        "listed": listed,
        "others": () if entry.pk else pages.visible_to(request.user),
        "problems": error.messages if error else (),
        "attempts": pages.last_attempts(entry) if entry.pk else (),
        "secret_version": editing.secret_version(entry),
        "test_types": [(TEST_TYPE, pages.type_label(TEST_TYPE)), *EventType.choices],
        "span": SpanForm(),
    }
    status = 422 if form.errors or error else 200
    return render(request, "outgoing/subscription.html", context, status=status)
