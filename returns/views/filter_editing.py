"""The list as the form of a filter: that of a rule or a deadline, a new or an existing one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from config.addresses import with_query
from config.htmx import render_page_or_fragment, wants_fragment
from returns.deadlines import editing as deadline_editing
from returns.filters.known_values import known_values
from returns.filters.query import Query
from returns.filters.stored import to_query
from returns.lists.page import return_list
from returns.models import DeadlinePolicy, TagRule
from returns.people.person import PersonRequest, get_preferences
from returns.rules import editing as rule_editing
from tags.vocabulary import load_vocabulary

may_change_rules = permission_required(rule_editing.MAY_CHANGE_RULES, raise_exception=True)
may_change_deadlines = permission_required(
    deadline_editing.MAY_CHANGE_DEADLINES, raise_exception=True
)
RULE_SAVED = "“{}” now uses this filter. It is switched off: check its dry run, then switch it on."
DEADLINE_SAVED = "“{}” now uses this filter."
EMPTY = "Choose at least one filter. Without one, this {} would apply to every return."


@require_safe
@may_change_rules
def of_new_rule(request: PersonRequest) -> HttpResponse:
    """Choose the filter of a new rule."""
    context = {"title": "Filter of a new rule", "cancel": reverse("rules")}
    query = Query.from_querydict(request.GET)
    return _show(request, query, context | {"next_page": reverse("new-rule")})


@require_safe
@may_change_deadlines
def of_new_deadline(request: PersonRequest) -> HttpResponse:
    """Choose the filter of a new deadline."""
    context = {"title": "Filter of a new deadline", "cancel": reverse("deadlines")}
    query = Query.from_querydict(request.GET)
    return _show(request, query, context | {"next_page": reverse("new-deadline")})


@require_http_methods(["GET", "HEAD", "POST"])
@may_change_rules
def of_rule(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the filter of a rule."""
    return _change(request, get_object_or_404(TagRule, pk=pk), "rule", rule_editing, RULE_SAVED)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change_deadlines
def of_deadline(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the filter of a deadline."""
    entry = get_object_or_404(DeadlinePolicy, pk=pk)
    return _change(request, entry, "deadline", deadline_editing, DEADLINE_SAVED)


def _change(
    request: PersonRequest, entry: TagRule | DeadlinePolicy, kind: str, editing: Any, saved: str
) -> HttpResponse:
    """Show or save the filter of an entry; ``editing`` is the module that writes its kind."""
    page, title = reverse(kind, args=[entry.pk]), f"Filter of the {kind} “{entry}”"
    context = {"title": title, "cancel": page}
    if request.method != "POST":
        stored = to_query(entry.parameters, load_vocabulary()).urlencode()
        # Without a query, the page is about the filter that the entry has.
        if stored and not request.GET and not wants_fragment(request):
            return redirect(with_query(request.path, stored))
        query = Query.from_querydict(request.GET)
        return _show(request, query, context | {"seen": editing.version_of(entry)})
    query, seen = Query.parse(request.POST.get("query", "")), request.POST.get("seen", "")
    try:
        parameters = editing.to_parameters(query)
        if entry.parameters and not parameters:
            raise ValidationError(EMPTY.format(kind))
        editing.use_filter(entry, parameters, seen)
    except ValidationError as error:
        return _show(request, query, context | {"seen": seen, "problems": error.messages}, 422)
    messages.success(request, saved.format(entry))
    return redirect(page)


def _show(
    request: PersonRequest, query: Query, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Show the list with a bar that saves its filter, or leads to the page that uses it."""
    matches = return_list(query, get_preferences(request.user).columns, request.path)
    context["list"] = matches
    if not wants_fragment(request):
        context["known_values"] = known_values()
    return render_page_or_fragment(
        request, "filters/edit.html", "answer", context, status, matches.address
    )
