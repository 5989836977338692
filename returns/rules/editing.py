"""Change rules, which tag returns automatically. Only this module writes them."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from config import ordering, versions
from config.stored_texts import StoredText, stored_text
from config.text import shorten
from returns.filters import named
from returns.filters.declarations import FILTERS_BY_NAME
from returns.filters.query import Query
from returns.models import Macro, Moment, TagRule
from tags.bulk import check_compatible
from tags.models import Tag
from tags.vocabulary import Vocabulary, resolve_ids

logger = logging.getLogger(__name__)

MAY_CHANGE_RULES = "returns.change_tagrule"
MAX_FAILURES = 3
HOURLY_INTERVAL = timedelta(hours=1)
CLOCK_SLACK = timedelta(minutes=1)  # a clock that is set back by less is no wrong clock
SEARCH_NOT_ALLOWED = stored_text(
    "A rule cannot use the search box. "
    "Filter by order reference, return reference or tracking ID instead."
)
HOURLY_NOT_ALLOWED = stored_text(
    "A rule that runs every hour cannot notify. "
    "Make a notification for returns that begin to match instead."
)


def resolved_tags(rule: TagRule | Macro, meant: Mapping[int, int]) -> tuple[list[int], list[int]]:
    """Return the ids of the tags to add and to remove; ``meant`` has the tag that each id means."""
    adds = list(dict.fromkeys(meant[pk] for pk in rule.adds if pk in meant))
    removes = list(dict.fromkeys(meant[pk] for pk in rule.removes if pk in meant))
    return adds, removes


def adds_and_removes(rule: TagRule | Macro) -> tuple[list[int], list[int]]:
    """Return the ids of the tags to add and to remove, with each merged tag replaced."""
    return resolved_tags(rule, resolve_ids([*rule.adds, *rule.removes]))


def tag_problem(
    adds: Sequence[int],
    removes: Sequence[int],
    vocabulary: Vocabulary,
    *,
    notifies: bool = False,
) -> StoredText | None:
    """Say why merging, retiring or deleting tags has made a rule or macro impossible, if so."""
    if not adds and not removes and not notifies:
        return stored_text("Its tags have been deleted.")
    for pk in adds:
        if pk in removes:
            return stored_text(
                "It would both add and remove “%(tag)s”, because tags have been merged.",
                tag=vocabulary[pk].stored_name,
            )
        if vocabulary[pk].retired:
            return stored_text("The tag “%(tag)s” is retired.", tag=vocabulary[pk].stored_name)
    return None


def to_parameters(query: Query) -> dict[str, Any]:
    """Return the filter of a query as rules store it.

    Raises ``ValidationError`` if the filter is not valid, not allowed for rules, or empty.
    """
    parameters = named.to_parameters(query)
    if not all(FILTERS_BY_NAME[name].for_rules for name in parameters):
        raise ValidationError(str(SEARCH_NOT_ALLOWED))
    if not parameters:
        raise ValidationError(_("A rule needs a filter. Filter the list first."))
    return parameters


def version_of(rule: TagRule) -> str:
    """Return a text that differs for every state of a rule; "" for a new rule."""
    state = [rule.name, rule.moment, rule.parameters, rule.adds, rule.removes]
    if rule.notifies:
        state.append(rule.notifies)
    return versions.version_of(state) if rule.pk else ""


def save_rule(
    rule: TagRule, adds: Sequence[Tag], removes: Sequence[Tag], seen: str = ""
) -> TagRule:
    """Save a rule, a new one as the last. If its effect changes, it is switched off.

    ``seen`` is the ``version_of`` the rule that the person saw, if any. Raises
    ``ValidationError`` if the rule is not valid, or has changed since the person saw it.
    """
    if adds or removes or not rule.notifies:
        check_compatible(adds, removes)
    if rule.notifies and rule.moment == Moment.HOURLY:
        raise ValidationError({"notifies": str(HOURLY_NOT_ALLOWED)})
    rule.adds, rule.removes = [tag.pk for tag in adds], [tag.pk for tag in removes]
    taken = _("There is already a rule named “%(name)s”.")
    with named.require_unique_name(rule, TagRule.objects.all(), taken):
        if rule.pk is None:
            rule.position = ordering.next_position(TagRule.objects.all())
            rule.save()
        else:
            rule.is_on = _stays_on(rule, seen)
            rule.save(update_fields=["name", "moment", "adds", "removes", "notifies", "is_on"])
    return rule


def _stays_on(rule: TagRule, seen: str) -> bool:
    stored = _locked(rule, seen)
    now, before = (
        (each.moment, sorted(each.adds), sorted(each.removes), each.notifies)
        for each in (rule, stored)
    )
    return stored.is_on and now == before


def _locked(rule: TagRule, seen: str) -> TagRule:
    """Return the rule as it is stored, locked; refuse one that is gone or not as it was seen."""
    stored = named.lock_entry(rule, _("This rule has been deleted."))
    if seen:
        versions.require_version(
            version_of(stored),
            seen,
            _("Somebody changed this rule meanwhile. Look again, then change it."),
        )
    return stored


def use_filter(rule: TagRule, parameters: dict[str, Any], seen: str = "") -> None:
    """Replace the filter of a rule, and switch the rule off.

    ``seen`` is as in ``save_rule``. Raises ``ValidationError`` if the rule has changed since, or
    has been deleted.
    """
    with transaction.atomic():
        _locked(rule, seen)
        TagRule.objects.filter(pk=rule.pk).update(
            parameters=parameters, is_on=False, failures=0, off_because=""
        )


def switch(rule: TagRule, *, on: bool) -> None:
    """Switch a rule on or off, and reset its failures."""
    TagRule.objects.filter(pk=rule.pk).update(is_on=on, failures=0, off_because="", ran_at=None)


def move(rule: TagRule, *, up: bool) -> None:
    """Move a rule one place up or down; the first one to add a tag of an exclusive group wins."""
    ordering.move(TagRule.objects.all(), rule, up=up)


def due_hourly() -> QuerySet[TagRule]:
    """Return the hourly rules that are due by the clock of the database.

    A run in the future comes from a clock that was set back, and is not waited for.
    """
    is_over = Q(ran_at__lt=Now() - HOURLY_INTERVAL) | Q(ran_at__gt=Now() + CLOCK_SLACK)
    due = Q(ran_at__isnull=True) | is_over
    return TagRule.objects.filter(due, is_on=True, moment=Moment.HOURLY)


def note_hourly_run(rule: TagRule, started_at: datetime) -> None:
    """Note that an hourly rule has run, unless it was switched meanwhile."""
    TagRule.objects.filter(pk=rule.pk, ran_at=rule.ran_at).update(ran_at=started_at)


def note_success(rule: TagRule) -> None:
    """Reset the failures of a rule that ran."""
    if rule.failures:
        TagRule.objects.filter(pk=rule.pk).update(failures=0)


def note_failure(rule: TagRule, reason: str | StoredText) -> None:
    """Count a failure. The third in a row switches the rule off and stores the reason."""
    with transaction.atomic():
        now = TagRule.objects.select_for_update().filter(pk=rule.pk).first()
        if now is None:
            return
        now.failures += 1
        if now.failures >= MAX_FAILURES:
            now.is_on = False
            now.off_because = shorten(reason, 200) if isinstance(reason, str) else reason
        now.save(update_fields=["failures", "is_on", "off_because"])
    if now.is_on:
        logger.warning("Rule %s failed (in a row: %s).", rule.pk, now.failures)
    else:
        logger.warning("Rule %s failed and is switched off; its page says why.", rule.pk)
