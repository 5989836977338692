"""Rules that tag by themselves: seen by everybody, changed by managers, tried before they run."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from returns.filters.query import Query
from returns.models import TagRule
from returns.people.person import PersonRequest
from returns.rules import editing
from returns.rules.forms import RuleForm
from returns.rules.running import dry_run
from tags.vocabulary import vocabulary

may_see = permission_required("returns.view_return", raise_exception=True)
may_change = permission_required(editing.MAY_CHANGE, raise_exception=True)


@require_safe
@may_see
def show(request: PersonRequest) -> HttpResponse:
    """Show every rule in the order in which they run."""
    return render(request, "rules/page.html", {"rules": editing.listed()})


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new(request: PersonRequest) -> HttpResponse:
    """Make a rule of the filter in the query string, or give it to one that is there."""
    form = RuleForm(request.POST if request.method == "POST" else None)
    found = TagRule()
    problems: list[str] = []
    try:
        found.parameters = editing.parameters_of(Query.read(request.GET))
    except ValidationError as error:
        problems = error.messages
    if not problems and "replaces" in request.POST:
        return _use_filter(request, found)
    if not problems and request.method == "POST" and (answer := _save(request, form, found)):
        return answer
    return _page(request, form, found, problems)


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def rule(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a rule with what it would have done; change, switch, move or delete it."""
    found = get_object_or_404(TagRule, pk=pk)
    if request.method == "POST" and not request.user.has_perm(editing.MAY_CHANGE):
        raise PermissionDenied("Rules are changed by managers.")
    if "action" in request.POST:
        return _act(request, found)
    starts = {"name": found.name, "moment": found.moment, "seen": editing.version_of(found)}
    adds, removes = editing.adds_and_removes(found)
    form = RuleForm(request.POST or None, initial=starts | {"add": adds, "remove": removes})
    if request.method == "POST" and (answer := _save(request, form, found)):
        return answer
    return _page(request, form, found, [])


def _save(request: PersonRequest, form: RuleForm, found: TagRule) -> HttpResponse | None:
    if not form.is_valid():
        return None
    chosen = form.cleaned_data
    found.name, found.moment = chosen["name"], chosen["moment"]
    try:
        was_on = found.is_on
        editing.keep(found, chosen["add"], chosen["remove"], chosen["seen"])
    except ValidationError as error:
        form.add_error(None, error)
        return None
    said = " It is off: try it, then switch it on." if was_on and not found.is_on else ""
    messages.success(request, f"Saved the rule “{found}”.{said}")
    return redirect("rule", found.pk)


def _use_filter(request: PersonRequest, found: TagRule) -> HttpResponse:
    replaced = request.POST["replaces"]
    rule = get_object_or_404(TagRule, pk=int(replaced) if replaced.isdecimal() else 0)
    editing.use_filter(rule, found.parameters)
    messages.success(
        request, f"“{rule}” has this filter now. It is off: try it, then switch it on."
    )
    return redirect("rule", rule.pk)


def _act(request: PersonRequest, found: TagRule) -> HttpResponse:
    action = request.POST["action"]
    if action in {"on", "off"}:
        editing.switch(found, on=action == "on")
        messages.success(request, f"“{found}” is {action} now.")
        return redirect("rule", found.pk)
    if action in {"up", "down"}:
        editing.move(found, up=action == "up")
    elif action == "remove":
        editing.remove(found)
        messages.success(request, f"Deleted the rule “{found}”. What it tagged stays.")
    else:
        return HttpResponseBadRequest("There is no such action.")
    return redirect("rules")


def _page(
    request: PersonRequest, form: RuleForm, found: TagRule, problems: list[str]
) -> HttpResponse:
    words, adds = vocabulary().values(), form.chosen("add")
    context: dict[str, Any] = {
        "form": form,
        "problems": problems,
        "listed": None if problems else editing.describe(found),
        "others": () if found.pk else TagRule.objects.all(),
        "dry_run": dry_run(found) if found.pk else None,
        "words": [tag for tag in words if not tag.retired or tag.id in adds],
        "every_word": words,
        "adds": adds,
        "removes": form.chosen("remove"),
    }
    failed = bool(form.errors) or (bool(problems) and request.method == "POST")
    return render(request, "rules/rule.html", context, status=422 if failed else 200)
