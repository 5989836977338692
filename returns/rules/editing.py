"""Rules that tag by themselves: kept, ordered, switched. Their only writer."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from config import ordering, versions
from config.text import shorten
from returns.filters import named
from returns.filters.declarations import BY_NAME
from returns.filters.query import Query
from returns.filters.stored import query_of
from returns.filters.wording import in_words
from returns.models import Moment, TagRule
from tags.bulk import check_compatible
from tags.models import Tag
from tags.vocabulary import TagChip, load_vocabulary, resolve_ids

logger = logging.getLogger(__name__)

MAY_CHANGE = "returns.change_tagrule"
FAILURES_ALLOWED = 3
EVERY = timedelta(hours=1)
NOT_BY_THE_BOX = (
    "A rule cannot look for what the one box finds. "
    "Filter by order reference, return reference or tracking ID instead."
)


@dataclass(frozen=True, slots=True)
class ListedRule:
    """A rule as pages show it: its filter in words, and its tags."""

    rule: TagRule
    query: str
    filters: list[tuple[str, str]]
    adds: list[TagChip]
    removes: list[TagChip]


def listed() -> list[ListedRule]:
    """Return every rule in the order in which they run."""
    words = load_vocabulary()
    rules = list(TagRule.objects.all())
    meant = resolve_ids({pk for rule in rules for pk in (*rule.adds, *rule.removes)})
    return [_listed(rule, words, meant) for rule in rules]


def describe(rule: TagRule) -> ListedRule:
    """Return one rule as pages show it."""
    return _listed(rule, load_vocabulary(), resolve_ids([*rule.adds, *rule.removes]))


def _listed(rule: TagRule, words: dict[int, TagChip], meant: dict[int, int]) -> ListedRule:
    query = query_of(rule.parameters, words)
    adds, removes = ([words[pk] for pk in tags if pk in words] for tags in _tags_of(rule, meant))
    return ListedRule(rule, query.urlencode(), in_words(query), adds, removes)


def _tags_of(rule: TagRule, meant: dict[int, int]) -> tuple[list[int], list[int]]:
    adds, removes = (
        list(dict.fromkeys(meant[pk] for pk in tags if pk in meant))
        for tags in (rule.adds, rule.removes)
    )
    return adds, removes


def adds_and_removes(rule: TagRule) -> tuple[list[int], list[int]]:
    """Return the ids of the tags to add and to remove; of merged ones, those that they mean."""
    return _tags_of(rule, resolve_ids([*rule.adds, *rule.removes]))


def parameters_of(query: Query) -> dict[str, Any]:
    """Return the filter of a query string as rules keep it.

    Raises ``ValidationError`` when it cannot be understood, or lets everything through.
    """
    parameters = named.parameters_of(query)
    if not all(BY_NAME[name].for_rules for name in parameters):
        raise ValidationError(NOT_BY_THE_BOX)
    if not parameters:
        raise ValidationError("A rule needs a filter: filter the list first.")
    return parameters


def version_of(rule: TagRule) -> str:
    """Return what tells this state of a rule from any other; "" for a new one."""
    state = [rule.name, rule.moment, rule.parameters, rule.adds, rule.removes]
    return versions.version_of(state) if rule.pk else ""


def keep(rule: TagRule, adds: Sequence[Tag], removes: Sequence[Tag], seen: str = "") -> TagRule:
    """Keep a rule, a new one as the last; one that tags otherwise now is off until it was tried.

    ``seen`` is the ``version_of`` the rule that the person saw, if they saw one. Raises
    ``ValidationError`` when it cannot be kept, or is no longer what they saw.
    """
    check_compatible(adds, removes)
    rule.adds, rule.removes = [tag.pk for tag in adds], [tag.pk for tag in removes]
    with named.its_own_name(f"There is a rule “{rule.name}” already."):
        if rule.pk is None:
            rule.position = ordering.next_position(TagRule.objects.all())
            rule.save()
        else:
            rule.is_on = _stays_on(rule, seen)
            rule.save(update_fields=["name", "moment", "adds", "removes", "is_on"])
    return rule


def _stays_on(rule: TagRule, seen: str) -> bool:
    stored = named.locked(rule, "This rule was deleted meanwhile.")
    if seen:
        versions.check_version(version_of(stored), seen, "this rule")
    now, then = ((each.moment, sorted(each.adds), sorted(each.removes)) for each in (rule, stored))
    return stored.is_on and now == then


def use_filter(rule: TagRule, parameters: dict[str, Any]) -> None:
    """Give a rule another filter; it is off until somebody tried it."""
    TagRule.objects.filter(pk=rule.pk).update(
        parameters=parameters, is_on=False, failures=0, off_because=""
    )


def switch(rule: TagRule, *, on: bool) -> None:
    """Switch a rule on, with its failures forgotten, or off."""
    TagRule.objects.filter(pk=rule.pk).update(is_on=on, failures=0, off_because="", ran_at=None)


def remove(rule: TagRule) -> None:
    """Delete a rule; what it tagged stays."""
    TagRule.objects.filter(pk=rule.pk).delete()


def move(rule: TagRule, *, up: bool) -> None:
    """Move a rule one place up or down: the first that fills an exclusive group wins."""
    ordering.move(TagRule.objects.all(), rule, up=up)


def claim_hourly() -> list[TagRule]:
    """Return the hourly rules whose hour is over; of several who ask, one gets a rule."""
    due = Q(ran_at__isnull=True) | Q(ran_at__lt=timezone.now() - EVERY)
    hourly = TagRule.objects.filter(due, is_on=True, moment=Moment.HOURLY)
    return [rule for rule in hourly if hourly.filter(pk=rule.pk).update(ran_at=timezone.now())]


def note_success(rule: TagRule) -> None:
    """Forget the failures of a rule that ran."""
    if rule.failures:
        TagRule.objects.filter(pk=rule.pk).update(failures=0)


def note_failure(rule: TagRule, reason: str) -> None:
    """Count a failure; the third in a row switches the rule off, and says why."""
    with transaction.atomic():
        now = TagRule.objects.select_for_update().filter(pk=rule.pk).first()
        if now is None:
            return
        now.failures += 1
        if now.failures >= FAILURES_ALLOWED:
            now.is_on, now.off_because = False, shorten(reason, 200)
        now.save(update_fields=["failures", "is_on", "off_because"])
    if now.is_on:
        logger.warning("Rule %s failed (in a row: %s).", rule.pk, now.failures)
    else:
        logger.warning("Rule %s failed and is switched off; its page says why.", rule.pk)
