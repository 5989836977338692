"""Notifications: people see and make their own, and admins see all."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from config.forms import posted_data, save_form
from config.numbers import grouped
from returns.filters.claimed import query_of
from returns.models import TEST_TYPE, Channel, Loop, Occasion, Subscription
from returns.models.access import NotificationChange
from returns.operations.heartbeat import are_running
from returns.outgoing import allowing, editing, pages, replaying
from returns.outgoing.forms import SpanForm, SubscriptionForm
from returns.outgoing.messages import examples
from returns.people.access import record_notification_change
from returns.people.person import READING_METHODS, PersonRequest
from returns.reports.report import SUBJECTS
from returns.reports.wording import describe_report, find_problems
from returns.views.callers import heavy
from returns.views.named import entry_among, show_problems

may_make = permission_required(allowing.MAY_HAVE_NOTICES, raise_exception=True)
may_make_webhooks = permission_required(allowing.MAY_MAKE_WEBHOOKS, raise_exception=True)
# What anybody may do with their own, also when they may no longer use its channel.
ALWAYS_ALLOWED = {"off", "remove"}
OF_WEBHOOKS = {"rotate", "span"}
# Of a report that is sent again and again, the period moves.
DATES_OF_PERIODS = ("from", "to")


@require_safe
@may_make
def show(request: PersonRequest) -> HttpResponse:
    """Show the person's subscriptions, or all of them, and what waits."""
    context = {
        "subscriptions": pages.describe(list(pages.visible_to(request.user)), describe_report),
        "unspread": pages.unspread(),
        "sees_all": request.user.has_perm(editing.MAY_CHANGE_ALL),
        "is_attended": are_running(Loop.STEPS, Loop.OUTGOING),
    }
    return render(request, "outgoing/page.html", context)


@require_safe
@may_make_webhooks
def catalogue(request: PersonRequest) -> HttpResponse:
    """Show each type of event with an example."""
    return render(request, "outgoing/catalogue.html", {"examples": examples()})


@require_http_methods(["GET", "HEAD", "POST"])
@may_make
@heavy
def new(request: PersonRequest) -> HttpResponse:
    """Make a subscription with the filter in the query string, or use that in an existing one."""
    try:
        parameters = editing.to_parameters(query_of(request))
    except ValidationError as error:
        return _refuse(request, error)
    if "replaces" in request.POST:
        return _use_filter(request, parameters)
    entry = Subscription(
        owner=request.user,
        parameters=parameters,
        occasion=Occasion.MATCH if parameters else Occasion.EVENT,
        channel=Channel.BELL,
    )
    return _make(request, entry)


@require_http_methods(["GET", "HEAD", "POST"])
@may_make
def new_report(request: PersonRequest, subject: str) -> HttpResponse:
    """Make a subscription to the report in the query string."""
    if subject not in SUBJECTS:
        raise Http404(_("This report does not exist."))
    params = query_of(request).without(*DATES_OF_PERIODS)
    if problems := find_problems(params, timezone.now()):
        return _refuse(request, ValidationError(problems))
    entry = Subscription(
        owner=request.user,
        name=str(SUBJECTS[subject]),
        occasion=Occasion.TIMED,
        channel=Channel.EMAIL if allowing.gets_mail(request.user) else Channel.BELL,
        options={"report": subject, "query": params.urlencode()},
    )
    return _make(request, entry)


def _make(request: PersonRequest, entry: Subscription) -> HttpResponse:
    form = SubscriptionForm.for_subscription(entry, posted_data(request), request.user)
    secrets: list[str] = []

    def write(_data: dict[str, Any]) -> None:
        _fill(request, entry, form)
        secrets.append(editing.create(entry))
        record_notification_change(request, request.user, entry, NotificationChange.CREATED)

    if request.method == "POST" and save_form(form, write):
        if secrets[0]:
            return _secret(request, entry, secrets[0])
        messages.success(request, _("Saved “%(name)s”.") % {"name": entry})
        return redirect("subscription", entry.pk)
    return _page(request, entry, form)


@require_http_methods(["GET", "HEAD", "POST"])
@may_make
def subscription(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a subscription with what was sent; change, switch, try or delete it."""
    entry = get_object_or_404(pages.visible_to(request.user), pk=pk)
    if "poll" in request.GET and request.method in READING_METHODS:
        return _page(request, entry, None)
    if "action" in request.POST:
        try:
            return _run_action(request, entry)
        except ValidationError as error:
            form = SubscriptionForm.for_subscription(entry, None, request.user)
            return _page(request, entry, form, error)
    form = SubscriptionForm.for_subscription(entry, posted_data(request), request.user)
    secrets: list[str] = []

    def write(data: dict[str, Any]) -> None:
        _fill(request, entry, form)
        secrets.append(editing.change(entry, data["seen"]))
        record_notification_change(request, request.user, entry, NotificationChange.CHANGED)

    if request.method == "POST":
        _require_channel(request, request.POST.get("channel", entry.channel))
        if save_form(form, write):
            if secrets[0]:
                return _secret(request, entry, secrets[0])
            messages.success(request, _("Saved “%(name)s”.") % {"name": entry})
            return redirect("subscription", entry.pk)
    return _page(request, entry, form)


def _require_channel(request: PersonRequest, channel: str) -> None:
    """Let nobody change what they could not make. Raises ``PermissionDenied``."""
    if channel in Channel.values and not request.user.has_perm(allowing.permission_for(channel)):
        raise PermissionDenied(_("You may no longer use this kind of notification."))


def _fill(request: PersonRequest, entry: Subscription, form: SubscriptionForm) -> None:
    for name in ("name", "occasion", "channel", "address", "types", "rate"):
        setattr(entry, name, form.cleaned_data[name])
    kept = {name: value for name, value in entry.options.items() if name in ("report", "query")}
    # Messages name the desk as the person who made them knows it.
    origin = request.build_absolute_uri("/").rstrip("/")
    entry.options = {**kept, **form.options, "origin": origin}
    if not entry.has_filter:
        entry.parameters = {}


def _refuse(request: PersonRequest, error: ValidationError) -> HttpResponse:
    back = (reverse("outgoing"), _("All notifications"))
    return show_problems(request, error, _("New notification"), back)


def _use_filter(request: PersonRequest, parameters: dict[str, Any]) -> HttpResponse:
    entry = entry_among(request, pages.visible_to(request.user))
    _require_channel(request, entry.channel)
    try:
        editing.use_filter(entry, parameters)
    except ValidationError as error:
        return _refuse(request, error)
    record_notification_change(request, request.user, entry, NotificationChange.CHANGED)
    messages.success(request, _("“%(name)s” now uses this filter.") % {"name": entry})
    return redirect("subscription", entry.pk)


def _run_action(request: PersonRequest, entry: Subscription) -> HttpResponse:
    """Do what a button of the page says. Raises ``ValidationError``, which the page shows."""
    chosen = request.POST["action"]
    if chosen not in ALWAYS_ALLOWED:
        _require_channel(request, entry.channel)
    if chosen in OF_WEBHOOKS and entry.channel != Channel.WEBHOOK:
        raise BadRequest("Only webhooks have this.")
    match chosen:
        case "on" | "off" as action:
            editing.switch(entry, on=action == "on")
            record_notification_change(request, request.user, entry, NotificationChange(action))
        case "rotate":
            secret = editing.rotate(entry, request.POST.get("seen", ""))
            record_notification_change(request, request.user, entry, NotificationChange.NEW_SECRET)
            return _secret(request, entry, secret)
        case "test":
            replaying.send_test(entry, request.POST.get("type", TEST_TYPE))
            messages.success(request, _("The test is on its way. Its answer appears below."))
        case "again":
            number = request.POST.get("delivery", "")
            _tell(request, replaying.replay_one(entry, int(number) if number.isdecimal() else 0))
        case "span":
            _tell(request, replaying.replay(entry, *_span(request)))
        case "remove":
            record_notification_change(request, request.user, entry, NotificationChange.DELETED)
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
    form: SubscriptionForm | None,
    error: ValidationError | None = None,
) -> HttpResponse:
    (listed,) = pages.describe([entry], describe_report)
    is_new_filter = not entry.pk and not listed.report_path
    title = _("Notification %(name)s") % {"name": entry} if entry.pk else _("New notification")
    context: dict[str, Any] = {
        "title": title,
        "lacks_address": settings.HAS_MAIL and not request.user.email,
        "is_webhook": entry.channel == Channel.WEBHOOK,
        "entry": entry,
        "may_change": True,
        "form": form,
        "listed": listed,
        "others": pages.filtered_ones(request.user) if is_new_filter else (),
        "problems": error.messages if error else (),
        "attempts": pages.last_attempts(entry) if entry.pk else (),
        "secret_version": editing.secret_version(entry),
        "test_types": pages.test_types(entry),
        "span": SpanForm(),
    }
    status = 422 if (form and form.errors) or error else 200
    template = "outgoing/subscription.html" + ("" if form else "#attempts")
    return render(request, template, context, status=status)
