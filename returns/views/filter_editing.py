"""The list as the form of a filter: that of a rule or a deadline, a new or an existing one."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from config.addresses import with_query
from config.htmx import render_page_or_fragment, wants_fragment
from returns.deadlines import editing as deadline_editing
from returns.filters.claimed import query_of
from returns.filters.known_values import offered_values
from returns.filters.query import Query
from returns.filters.stored import to_query
from returns.lists.page import return_list
from returns.models import DeadlinePolicy, Subscription, TagRule
from returns.models.access import NotificationChange
from returns.outgoing import allowing
from returns.outgoing import editing as subscription_editing
from returns.outgoing.pages import visible_to
from returns.people.access import record_notification_change
from returns.people.person import PersonRequest, get_preferences
from returns.rules import editing as rule_editing
from tags.vocabulary import load_vocabulary

may_change_rules = permission_required(rule_editing.MAY_CHANGE_RULES, raise_exception=True)
may_change_deadlines = permission_required(
    deadline_editing.MAY_CHANGE_DEADLINES, raise_exception=True
)

may_have_notices = permission_required(allowing.MAY_HAVE_NOTICES, raise_exception=True)


@dataclass(frozen=True, slots=True)
class FilterOwner:
    """What has a filter: the name of its page, the module that writes it, and its sentences."""

    page: str
    editing: Any
    title: Promise
    saved: Promise
    empty: Promise


RULE_FILTER = FilterOwner(
    page="rule",
    editing=rule_editing,
    title=gettext_lazy("Filter of the rule “%(name)s”"),
    saved=gettext_lazy(
        "“%(name)s” now uses this filter. It is switched off: check its dry run, then switch it on."
    ),
    empty=gettext_lazy(
        "Choose at least one filter. Without one, this rule would apply to every return."
    ),
)
DEADLINE_FILTER = FilterOwner(
    page="deadline",
    editing=deadline_editing,
    title=gettext_lazy("Filter of the deadline “%(name)s”"),
    saved=gettext_lazy("“%(name)s” now uses this filter."),
    empty=gettext_lazy(
        "Choose at least one filter. Without one, this deadline would apply to every return."
    ),
)


SUBSCRIPTION_FILTER = FilterOwner(
    page="subscription",
    editing=subscription_editing,
    title=gettext_lazy("Filter of the notification “%(name)s”"),
    saved=gettext_lazy("“%(name)s” now uses this filter."),
    empty=gettext_lazy(
        "Choose at least one filter. Without one, this notification would be about every return."
    ),
)


@require_safe
@may_change_rules
def of_new_rule(request: PersonRequest) -> HttpResponse:
    """Choose the filter of a new rule."""
    context = {"title": _("Filter of a new rule"), "cancel": reverse("rules")}
    query = query_of(request)
    return _show(request, query, context | {"next_page": reverse("new-rule")})


@require_safe
@may_change_deadlines
def of_new_deadline(request: PersonRequest) -> HttpResponse:
    """Choose the filter of a new deadline."""
    context = {"title": _("Filter of a new deadline"), "cancel": reverse("deadlines")}
    query = query_of(request)
    return _show(request, query, context | {"next_page": reverse("new-deadline")})


@require_http_methods(["GET", "HEAD", "POST"])
@may_change_rules
def of_rule(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the filter of a rule."""
    return _change(request, get_object_or_404(TagRule, pk=pk), RULE_FILTER)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change_deadlines
def of_deadline(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the filter of a deadline."""
    return _change(request, get_object_or_404(DeadlinePolicy, pk=pk), DEADLINE_FILTER)


@require_http_methods(["GET", "HEAD", "POST"])
@may_have_notices
def of_subscription(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the filter of a subscription."""
    entry = get_object_or_404(visible_to(request.user), pk=pk)
    if not request.user.has_perm(allowing.permission_for(entry.channel)):
        raise PermissionDenied(_("You may no longer use this kind of notification."))
    if request.method != "POST" and not entry.has_filter:
        return redirect("subscription", entry.pk)
    return _change(request, entry, SUBSCRIPTION_FILTER)


def _change(
    request: PersonRequest, entry: TagRule | DeadlinePolicy | Subscription, owner: FilterOwner
) -> HttpResponse:
    """Show or save the filter of an entry."""
    page, editing, named = reverse(owner.page, args=[entry.pk]), owner.editing, {"name": entry}
    context = {"title": str(owner.title) % named, "cancel": page}
    if request.method != "POST":
        stored = to_query(entry.parameters, load_vocabulary()).urlencode()
        # Without a query, the page is about the filter that the entry has.
        if stored and not request.GET and not wants_fragment(request):
            return redirect(with_query(request.path, stored))
        query = query_of(request)
        return _show(request, query, context | {"seen": editing.version_of(entry)})
    query, seen = Query.parse(request.POST.get("query", "")), request.POST.get("seen", "")
    try:
        parameters = editing.to_parameters(query)
        if entry.parameters and not parameters:
            raise ValidationError(str(owner.empty))
        editing.use_filter(entry, parameters, seen)
    except ValidationError as error:
        return _show(request, query, context | {"seen": seen, "problems": error.messages}, 422)
    if isinstance(entry, Subscription):
        record_notification_change(request, request.user, entry, NotificationChange.CHANGED)
    messages.success(request, str(owner.saved) % named)
    return redirect(page)


def _show(
    request: PersonRequest, query: Query, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Show the list with a bar that saves its filter, or leads to the page that uses it."""
    matches = return_list(query, get_preferences(request.user).columns, request.path)
    context["list"] = matches
    if not wants_fragment(request):
        context["known_values"] = offered_values()
    return render_page_or_fragment(
        request, "filters/edit.html", "answer", context, status, matches.address
    )
