"""Rules as their pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from returns.filters.coverage import covers
from returns.filters.stored import resolve_names, to_query
from returns.filters.wording import describe_query, say_query
from returns.models import Moment, State, Subscription, TagRule
from returns.rules.editing import resolved_tags, tag_problem
from returns.rules.running import RuleError, filter_of
from tags.vocabulary import TagChip, Vocabulary, load_vocabulary, resolve_ids

MOMENTS = {
    Moment.CREATED: gettext_lazy("When a return is created"),
    Moment.ARRIVED: gettext_lazy("When it arrives"),
    Moment.COMPLETED: gettext_lazy("When it is completed"),
    Moment.ITEMS: gettext_lazy("When its line items change"),
    Moment.HOURLY: gettext_lazy("Every hour"),
}
# The states of returns that have just reached a moment.
STATES_AT_MOMENT = {
    Moment.ARRIVED: {State.ARRIVED, State.COMPLETED},
    Moment.COMPLETED: {State.COMPLETED},
}
NEVER_AT_MOMENT = {
    Moment.ARRIVED: gettext_lazy("It never fires: no return is in this state when it arrives."),
    Moment.COMPLETED: gettext_lazy(
        "It never fires: no return is in this state when it is completed."
    ),
}


@dataclass(frozen=True, slots=True)
class ListedRule:
    """A rule as pages show it: its filter as labels and values and as phrases, and its tags.

    ``notifies`` is the name of what it notifies. ``problem`` says why the rule can never change a
    return, whatever comes.
    """

    rule: TagRule
    query: str
    filters: list[tuple[str, str]]
    phrases: list[str]
    adds: list[TagChip]
    removes: list[TagChip]
    notifies: str
    problem: str

    @property
    def moment(self) -> str:
        """Return when the rule runs, as the beginning of a line."""
        return str(MOMENTS[Moment(self.rule.moment)])


def list_rules() -> list[ListedRule]:
    """Return all rules in the order in which they run."""
    rules = list(TagRule.objects.all())
    context = _Context(rules)
    return [_listed(rule, context) for rule in rules]


def describe(rule: TagRule) -> ListedRule:
    """Return one rule as pages show it; of a new one nothing is judged."""
    rules = list(TagRule.objects.all()) if rule.pk else []
    return _listed(rule, _Context([*rules, rule]))


class _Context:
    """All rules in order, and the vocabulary."""

    def __init__(self, rules: Sequence[TagRule]) -> None:
        self.rules = rules
        self.vocabulary = load_vocabulary()
        told = [each.notifies for each in rules if each.notifies]
        self.subscriptions = dict(
            Subscription.objects.filter(pk__in=told).values_list("pk", "name") if told else ()
        )
        self._meant = resolve_ids({pk for each in rules for pk in (*each.adds, *each.removes)})

    def tags_of(self, rule: TagRule) -> tuple[list[int], list[int]]:
        adds, removes = resolved_tags(rule, self._meant)
        return (
            [pk for pk in adds if pk in self.vocabulary],
            [pk for pk in removes if pk in self.vocabulary],
        )


def _listed(rule: TagRule, context: _Context) -> ListedRule:
    query = to_query(rule.parameters, context.vocabulary)
    adds, removes = context.tags_of(rule)
    return ListedRule(
        rule=rule,
        query=query.urlencode(),
        filters=describe_query(query),
        phrases=say_query(query),
        adds=[context.vocabulary[pk] for pk in adds],
        removes=[context.vocabulary[pk] for pk in removes],
        notifies=context.subscriptions.get(rule.notifies or 0, ""),
        problem=_why_it_never_fires(rule, adds, removes, context) if rule.pk else "",
    )


def _why_it_never_fires(
    rule: TagRule, adds: Sequence[int], removes: Sequence[int], context: _Context
) -> str:
    if problem := _problem(rule, adds, removes, context):
        return problem
    parameters = resolve_names(rule.parameters, context.vocabulary)
    states = STATES_AT_MOMENT.get(Moment(rule.moment))
    if states and "state" in parameters and states.isdisjoint(parameters["state"]):
        return str(NEVER_AT_MOMENT[Moment(rule.moment)])
    if rule.notifies:
        return ""
    present, absent = parameters.get("tag", ()), parameters.get("tag_none", ())
    if set(adds).issubset(present) and set(removes).issubset(absent):
        return _("It never fires: every return that it matches is already tagged like this.")
    if other := None if removes else _forestalling(rule, adds, parameters, context):
        return _(
            "It hardly ever fires: “%(rule)s” above it adds another tag of the same group first."
        ) % {"rule": other}
    return ""


def _problem(rule: TagRule, adds: Sequence[int], removes: Sequence[int], context: _Context) -> str:
    """Say why a rule cannot run; otherwise ""."""
    if rule.notifies and rule.notifies not in context.subscriptions:
        return _("What it notifies has been deleted.")
    notifies = bool(rule.notifies)
    if problem := tag_problem(adds, removes, context.vocabulary, notifies=notifies):
        return str(problem)
    try:
        filter_of(rule, context.vocabulary)
    except RuleError as error:
        return _("It matches nothing: %(problem)s") % {"problem": error}
    return ""


def _forestalling(
    rule: TagRule, adds: Sequence[int], parameters: Mapping[str, list[str]], context: _Context
) -> TagRule | None:
    """Return the rule that always adds other tags of the same exclusive groups before this one."""
    vocabulary = context.vocabulary
    groups = _exclusive_groups(adds, vocabulary)
    if len(groups) < len(adds):
        return None
    for other in takewhile(lambda each: each != rule, context.rules):
        if not other.is_on or other.moment != rule.moment:
            continue
        their_adds, their_removes = context.tags_of(other)
        if _problem(other, their_adds, their_removes, context):
            continue
        taken = _exclusive_groups([pk for pk in their_adds if pk not in adds], vocabulary)
        wide = resolve_names(other.parameters, vocabulary)
        if groups <= taken and covers(wide, parameters):
            return other
    return None


def _exclusive_groups(tag_ids: Sequence[int], vocabulary: Vocabulary) -> set[int]:
    return {vocabulary[pk].group_id for pk in tag_ids if vocabulary[pk].exclusive}
