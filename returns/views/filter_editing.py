"""The list as the form of a filter: that of a rule or a deadline, a new or an existing one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from config.htmx import render_page_or_fragment, wants_fragment
from returns.deadlines import editing as deadline_editing
from returns.filters.known_values import known_values
from returns.filters.query import Query
from returns.lists.page import return_list
from returns.models import DeadlinePolicy, TagRule
from returns.people.person import PersonRequest, get_preferences
from returns.rules import editing as rule_editing
from returns.views.named import show_problems

may_change_rules = permission_required(rule_editing.MAY_CHANGE_RULES, raise_exception=True)
may_change_deadlines = permission_required(
    deadline_editing.MAY_CHANGE_DEADLINES, raise_exception=True
)


@require_safe
@may_change_rules
def of_new_rule(request: PersonRequest) -> HttpResponse:
    """Choose the filter of a new rule."""
    context = {"title": "Filter of a new rule", "cancel": reverse("rules")}
    return _show(request, context | {"next_page": reverse("new-rule")})


@require_safe
@may_change_deadlines
def of_new_deadline(request: PersonRequest) -> HttpResponse:
    """Choose the filter of a new deadline."""
    context = {"title": "Filter of a new deadline", "cancel": reverse("deadlines")}
    return _show(request, context | {"next_page": reverse("new-deadline")})


@require_http_methods(["GET", "HEAD", "POST"])
@may_change_rules
def of_rule(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the filter of a rule."""
    entry = get_object_or_404(TagRule, pk=pk)
    page, title = reverse("rule", args=[pk]), f"Filter of the rule “{entry}”"
    if request.method != "POST":
        seen = rule_editing.version_of(entry)
        return _show(request, {"title": title, "cancel": page, "seen": seen})
    try:
        parameters = rule_editing.to_parameters(Query.parse(request.POST.get("query", "")))
        rule_editing.use_filter(entry, parameters, request.POST.get("seen", ""))
    except ValidationError as error:
        return show_problems(request, error, title, (page, "Back to the rule"))
    text = "“{}” now uses this filter. It is switched off: check its dry run, then switch it on."
    messages.success(request, text.format(entry))
    return redirect(page)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change_deadlines
def of_deadline(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the filter of a deadline."""
    entry = get_object_or_404(DeadlinePolicy, pk=pk)
    page, title = reverse("deadline", args=[pk]), f"Filter of the deadline “{entry}”"
    if request.method != "POST":
        seen = deadline_editing.version_of(entry)
        return _show(request, {"title": title, "cancel": page, "seen": seen})
    try:
        parameters = deadline_editing.to_parameters(Query.parse(request.POST.get("query", "")))
        deadline_editing.use_filter(entry, parameters, request.POST.get("seen", ""))
    except ValidationError as error:
        return show_problems(request, error, title, (page, "Back to the deadline"))
    messages.success(request, f"“{entry}” now uses this filter.")
    return redirect(page)


def _show(request: PersonRequest, context: dict[str, Any]) -> HttpResponse:
    """Show the list with a bar that saves its filter, or leads to the page that uses it."""
    query = Query.from_querydict(request.GET)
    matches = return_list(query, get_preferences(request.user).columns, request.path)
    context["list"] = matches
    if not wants_fragment(request):
        context["known_values"] = known_values()
    return render_page_or_fragment(
        request, "filters/edit.html", "answer", context, address=matches.address
    )
