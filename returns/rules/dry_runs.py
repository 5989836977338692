"""What a rule would change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import FILTERED_CAP, CappedCount
from returns.filters.dates import parse_moment
from returns.filters.stored import to_query
from returns.models import Moment, Return, ReturnTag, TagRule
from returns.querysets import ReturnQuerySet
from returns.rules.running import (
    MOMENT_COLUMNS,
    RuleError,
    changeable,
    matches_of,
    tags_of,
    without_removed_by_others,
)
from tags import tagging
from tags.vocabulary import load_vocabulary

# The start of a day, as filters by date name it.
DRY_RUN_SINCE = "-30d"
DRY_RUN_TIME_LIMIT_MS = 8_000  # for each of its queries
MAX_DRY_RUN_ROWS = 50
MAX_DRY_RUN_MATCHES = 1_000_000  # their ids take 300 MB
TOOK_TOO_LONG = gettext_lazy("The dry run took too long. Narrow the filter.")
NO_MATCHES = CappedCount(0)


@dataclass(frozen=True, slots=True)
class DryRun:
    """How many returns a rule would have changed, and the newest of them.

    ``matches`` is the number of returns that match its filter, and ``matches_path`` the path of
    their list, "" if no filter says it. ``all_tagged`` tells that all of them are tagged as the
    rule would tag them.
    """

    count: int
    newest: list[Return]
    matches: CappedCount = NO_MATCHES
    matches_path: str = ""
    all_tagged: bool = False
    problem: str | Promise = ""


def dry_run(rule: TagRule) -> DryRun:
    """Return what the rule would have done in the last 30 days. Nothing is changed.

    An hourly rule is tried on everything that it matches now.
    """
    try:
        with time_limit(DRY_RUN_TIME_LIMIT_MS):
            recent = _recent(changeable(rule), rule).order_by().values_list("pk", flat=True)
            lacking = list(recent[: MAX_DRY_RUN_MATCHES + 1])
            if len(lacking) > MAX_DRY_RUN_MATCHES:
                return DryRun(0, [], problem=TOOK_TOO_LONG)
            ids = set(_changes(rule, lacking))
            matches = _recent(matches_of(rule), rule).order_by()[: FILTERED_CAP + 1].count()
    except RuleError as error:
        return DryRun(0, [], problem=str(error))
    except QueryTimeoutError:
        return DryRun(0, [], problem=TOOK_TOO_LONG)
    newest = Return.objects.among(sorted(ids)).in_order_of("created_at", descending=True)
    number = max(len(ids), min(matches, FILTERED_CAP))
    return DryRun(
        len(ids),
        list(newest[:MAX_DRY_RUN_ROWS]),
        CappedCount(number, matches > number),
        _matches_path(rule),
        all_tagged=bool(not lacking and (rule.adds or rule.removes)),
    )


def _recent(returns: ReturnQuerySet, rule: TagRule) -> ReturnQuerySet:
    if rule.moment == Moment.HOURLY:
        return returns
    since = parse_moment(DRY_RUN_SINCE, end=False, now=timezone.now())
    recent: ReturnQuerySet = returns.filter(**{f"{MOMENT_COLUMNS[_dated(rule)]}__gte": since})
    return recent


def _dated(rule: TagRule) -> Moment:
    """Return the moment by whose time returns are recent; that of their items has none."""
    moment = Moment(rule.moment)
    return Moment.CREATED if moment == Moment.ITEMS else moment


def _matches_path(rule: TagRule) -> str:
    """Return the path of the list of the recent matches; "" if the filter has such a date too."""
    query = to_query(rule.parameters, load_vocabulary())
    if rule.moment != Moment.HOURLY:
        parameter = f"{_dated(rule).value}_from"
        if parameter in query:
            return ""
        query = query.replace(**{parameter: DRY_RUN_SINCE})
    return query.path(reverse("return-list"))


def _changes(rule: TagRule, ids: Sequence[int]) -> Iterator[int]:
    adds, removes = tags_of(rule)
    for tag_id in removes:
        yield from tagging.find_removable(ReturnTag, ids, tag_id)
    for tag_id in adds:
        yield from tagging.find_addable(
            ReturnTag, without_removed_by_others(rule, ids, tag_id), tag_id
        )
