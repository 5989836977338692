"""Rules that tag by themselves: seen by everybody, changed by managers, tried before they run."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from config.forms import posted_data, save_form
from returns.filters.query import Query
from returns.models import TagRule
from returns.people.person import PersonRequest
from returns.rules import editing
from returns.rules.forms import RuleForm
from returns.rules.running import dry_run
from returns.views.named import refuse, replaced
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
    try:
        parameters = editing.parameters_of(Query.read(request.GET))
    except ValidationError as error:
        return refuse(request, error, "New rule", (reverse("rules"), "All rules"))
    if "replaces" in request.POST:
        return _use_filter(request, parameters)
    return _edit(request, TagRule(parameters=parameters), RuleForm(posted_data(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
def rule(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a rule with what it would have done; change, switch, move or delete it."""
    found = get_object_or_404(TagRule, pk=pk)
    if request.method == "POST" and not request.user.has_perm(editing.MAY_CHANGE):
        raise PermissionDenied("Rules are changed by managers.")
    if "action" in request.POST:
        return _act(request, found)
    return _edit(request, found, RuleForm.of(found, posted_data(request)))


def _edit(request: PersonRequest, found: TagRule, form: RuleForm) -> HttpResponse:
    was_on = found.is_on

    def write(chosen: dict[str, Any]) -> None:
        found.name, found.moment = chosen["name"], chosen["moment"]
        editing.keep(found, chosen["add"], chosen["remove"], chosen["seen"])

    if request.method == "POST" and save_form(form, write):
        said = " It is off: try it, then switch it on." if was_on and not found.is_on else ""
        messages.success(request, f"Saved the rule “{found}”.{said}")
        return redirect("rule", found.pk)
    return _page(request, found, form)


def _use_filter(request: PersonRequest, parameters: dict[str, Any]) -> HttpResponse:
    found = replaced(request, TagRule)
    editing.use_filter(found, parameters)
    messages.success(
        request, f"“{found}” has this filter now. It is off: try it, then switch it on."
    )
    return redirect("rule", found.pk)


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


def _page(request: PersonRequest, found: TagRule, form: RuleForm) -> HttpResponse:
    words, adds = vocabulary().values(), form.chosen("add")
    context: dict[str, Any] = {
        "title": f"Rule {found}" if found.pk else "New rule",
        "entry": found,
        "may_change": request.user.has_perm(editing.MAY_CHANGE),
        "form": form,
        "listed": editing.describe(found),
        "others": () if found.pk else TagRule.objects.all(),
        "dry_run": dry_run(found) if found.pk else None,
        "words": [tag for tag in words if not tag.retired or tag.id in adds],
        "every_word": words,
        "adds": adds,
        "removes": form.chosen("remove"),
    }
    return render(request, "rules/rule.html", context, status=422 if form.errors else 200)
