"""Rules that add and remove tags: everybody can see them, managers change them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from config.forms import posted_data, save_form
from returns.filters.claimed import query_of
from returns.models import Loop, TagRule
from returns.operations.heartbeat import is_running
from returns.outgoing.pages import visible_to
from returns.people.person import PersonRequest
from returns.rules import editing
from returns.rules.dry_runs import dry_run
from returns.rules.forms import RuleForm
from returns.rules.wording import describe, list_rules
from returns.views.callers import heavy
from returns.views.deleted import delete_with_undo
from returns.views.named import entry_to_change, show_problems
from tags.vocabulary import load_vocabulary

may_see = permission_required("returns.view_return", raise_exception=True)
may_change = permission_required(editing.MAY_CHANGE_RULES, raise_exception=True)

SAVED = gettext_lazy("Saved the rule “%(rule)s”.")
SAVED_AND_OFF = gettext_lazy(
    "Saved the rule “%(rule)s”. It is switched off: check its dry run, then switch it on."
)
NEW_FILTER = gettext_lazy(
    "“%(rule)s” now uses this filter. It is switched off: check its dry run, then switch it on."
)
SWITCHED_ON = gettext_lazy("Switched “%(rule)s” on.")
SWITCHED_OFF = gettext_lazy("Switched “%(rule)s” off.")


@require_safe
@may_see
def show(request: PersonRequest) -> HttpResponse:
    """Show all rules in the order in which they run."""
    rules = list_rules()
    is_waiting = any(each.rule.is_on for each in rules)
    is_unattended = is_waiting and not is_running(Loop.STEPS)
    return render(request, "rules/page.html", {"rules": rules, "is_unattended": is_unattended})


@require_http_methods(["GET", "HEAD", "POST"])
@may_change
def new(request: PersonRequest) -> HttpResponse:
    """Create a rule from the filter in the query string, or use it in an existing rule."""
    try:
        parameters = editing.to_parameters(query_of(request))
    except ValidationError as error:
        return _refuse(request, error)
    if "replaces" in request.POST:
        return _use_filter(request, parameters)
    entry = TagRule(parameters=parameters)
    return _edit(request, entry, _form(request, entry, posted_data(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@may_see
@heavy
def rule(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a rule with its dry run. Change, switch, move or delete it."""
    entry = get_object_or_404(TagRule, pk=pk)
    if request.method == "POST" and not request.user.has_perm(editing.MAY_CHANGE_RULES):
        raise PermissionDenied(_("Only managers can change rules."))
    if "action" in request.POST:
        return _run_action(request, entry)
    return _edit(request, entry, _form(request, entry, posted_data(request)))


def _form(request: PersonRequest, entry: TagRule, data: QueryDict | None) -> RuleForm:
    return RuleForm.for_rule(entry, data, visible_to(request.user))


def _edit(request: PersonRequest, entry: TagRule, form: RuleForm) -> HttpResponse:
    was_on = entry.is_on

    def write(data: dict[str, Any]) -> None:
        entry.name, entry.moment = data["name"], data["moment"]
        entry.notifies = data["notifies"]
        editing.save_rule(entry, data["add"], data["remove"], data["seen"])

    if request.method == "POST" and save_form(form, write):
        message = SAVED_AND_OFF if was_on and not entry.is_on else SAVED
        messages.success(request, message % {"rule": entry})
        return redirect("rule", entry.pk)
    return _page(request, entry, form)


def _refuse(request: PersonRequest, error: ValidationError) -> HttpResponse:
    return show_problems(request, error, _("New rule"), (reverse("rules"), _("All rules")))


def _use_filter(request: PersonRequest, parameters: dict[str, Any]) -> HttpResponse:
    entry = entry_to_change(request, TagRule)
    try:
        editing.use_filter(entry, parameters)
    except ValidationError as error:
        return _refuse(request, error)
    messages.success(request, NEW_FILTER % {"rule": entry})
    return redirect("rule", entry.pk)


def _run_action(request: PersonRequest, entry: TagRule) -> HttpResponse:
    action = request.POST["action"]
    if action in {"on", "off"}:
        editing.switch(entry, on=action == "on")
        message = SWITCHED_ON if action == "on" else SWITCHED_OFF
        messages.success(request, message % {"rule": entry})
        return redirect("rule", entry.pk)
    if action in {"up", "down"}:
        editing.move(entry, up=action == "up")
    elif action == "remove":
        text = _("Deleted the rule “%(rule)s”. The tags that it added stay.")
        delete_with_undo(request, entry, text % {"rule": entry})
    else:
        raise BadRequest("Unknown action.")
    return redirect("rules")


def _page(request: PersonRequest, entry: TagRule, form: RuleForm) -> HttpResponse:
    tags, adds = load_vocabulary().values(), form.chosen_ids("add")
    context: dict[str, Any] = {
        "title": _("Rule %(name)s") % {"name": entry} if entry.pk else _("New rule"),
        "entry": entry,
        "may_change": request.user.has_perm(editing.MAY_CHANGE_RULES),
        "form": form,
        "listed": describe(entry),
        "others": () if entry.pk else TagRule.objects.all(),
        "dry_run": dry_run(entry) if entry.pk else None,
        "offered_tags": [tag for tag in tags if not tag.retired or tag.id in adds],
        "all_tags": tags,
        "adds": adds,
        "removes": form.chosen_ids("remove"),
    }
    return render(request, "rules/rule.html", context, status=422 if form.errors else 200)
