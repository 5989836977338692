"""Remembers which returns match a filter, so that one which begins to match is news, once.

A return that leaves and comes back is news again. What changes returns, their tags, comments and
items is followed by the events of the outbox. Whatever else makes a filter match, such as time
alone, is found by looking at all matches from time to time.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.db import connection

from config.stored_texts import stored_text
from returns.expressions import id_array
from returns.models import CHANNELS_TO_READ, EventType, MatchedReturn, OccasionType, Subscription
from returns.outgoing.filtering import FilterError, all_matching_ids
from returns.outgoing.posting import post

# What may make a return match, or stop to.
MATCH_TYPES = (
    *(EventType.CREATED, EventType.CHANGED, EventType.ITEMS),
    *(EventType.TAGGED, EventType.UNTAGGED, EventType.COMMENT),
)
# Filters that nothing else changes; of others, time, orders, claims or policies do.
SETTLED_FILTERS = {
    *("state", "order", "order_is", "reference", "tracking", "channel", "source", "carrier"),
    *("tag", "tag_any", "tag_none", "missing_group", "missing", "notes", "commented"),
    *("sku", "serial", "item", "items", "items_waiting", "items_missing"),
}
LOOK_AT_OTHERS, LOOK_AT_SETTLED = timedelta(minutes=5), timedelta(hours=1)
MAX_OF_FILTER = 200_000  # of one filter
MAX_NAMED = 20  # returns that a message to people can name
TOO_MANY_MATCHES = stored_text("More than 200,000 returns match. Narrow its filter.")


def look_interval(subscription: Subscription) -> timedelta:
    """Return after how long all matches are looked at again."""
    is_settled = set(subscription.parameters) <= SETTLED_FILTERS
    return LOOK_AT_SETTLED if is_settled else LOOK_AT_OTHERS


def remember_matches(subscription: Subscription) -> None:
    """Remember what matches now, which is no news. Raises as ``look_at_all`` does."""
    MatchedReturn.objects.filter(subscription=subscription).delete()
    _compare(subscription, (), _all_ids(subscription))


def forget_matches(subscription: Subscription) -> None:
    """Forget what matches: nobody asks any more."""
    MatchedReturn.objects.filter(subscription=subscription).delete()


def remembered_among(ids: Sequence[int]) -> dict[int, set[int]]:
    """Return which of some returns are remembered, by subscription. One query."""
    known = defaultdict[int, set[int]](set)
    with connection.cursor() as cursor:
        cursor.execute(SELECT_REMEMBERED, [id_array(ids)])
        for pk, record_id in cursor.fetchall():
            known[pk].add(record_id)
    return dict(known)


def note_changed(subscription: Subscription, known: set[int], matching: set[int]) -> None:
    """Note which of some returns match now, and tell which of them begin to.

    ``known`` are those of them that are remembered.
    """
    _tell(subscription, _compare(subscription, sorted(known - matching), matching - known))


def look_at_all(subscription: Subscription) -> None:
    """Look at all matches, and tell which of them begin to match.

    Raises ``FilterError``, and ``QueryTimeoutError`` after ten seconds.
    """
    matching = _all_ids(subscription)
    known = MatchedReturn.objects.filter(subscription=subscription)
    others = set(known.values_list("record_id", flat=True)) - matching
    _tell(subscription, _compare(subscription, sorted(others), matching))


def _all_ids(subscription: Subscription) -> set[int]:
    ids = all_matching_ids(subscription, MAX_OF_FILTER + 1)
    if len(ids) > MAX_OF_FILTER:
        raise FilterError(TOO_MANY_MATCHES)
    return ids


def _compare(
    subscription: Subscription, others: Sequence[int], matching: Collection[int]
) -> list[int]:
    """Store what matches and what does not; return the ids of those that begin to match."""
    with connection.cursor() as cursor:
        if others:
            cursor.execute(FORGET_OTHERS, [subscription.pk, id_array(others)])
        if matching:
            cursor.execute(REMEMBER, [subscription.pk, id_array(sorted(matching))])
            return sorted(row[0] for row in cursor.fetchall())
    return []


def _tell(subscription: Subscription, ids: Sequence[int]) -> None:
    if not ids:
        return
    if subscription.channel not in CHANNELS_TO_READ:
        post(subscription, OccasionType.MATCHED, {}, ids)
    elif len(ids) == 1:
        post(subscription, OccasionType.MATCHED, {"count": 1}, ids)
    else:
        details = {"count": len(ids), "records": list(ids[:MAX_NAMED])}
        post(subscription, OccasionType.MATCHED, details)


SELECT_REMEMBERED = """
    SELECT subscription_id, record_id FROM returns_matchedreturn
    WHERE record_id = ANY(%s::bigint[])
"""
FORGET_OTHERS = """
    DELETE FROM returns_matchedreturn
    WHERE subscription_id = %s AND record_id = ANY(%s::bigint[])
"""
REMEMBER = """
    INSERT INTO returns_matchedreturn (subscription_id, record_id)
    SELECT %s, id FROM unnest(%s::bigint[]) AS given (id) ORDER BY id
    ON CONFLICT (subscription_id, record_id) DO NOTHING
    RETURNING record_id
"""
