"""Makes deliveries of events: each goes to the subscriptions that want its type and match.

One process at a time does it, in the order of events, so that deliveries keep it. What a batch
makes is one transaction: a process that is killed has made all of it, or nothing.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any

from django.db import connection, transaction

from returns.database.locks import Lock, lock_for_transaction, require_lock, try_lock
from returns.models import DeliveryStatus, Occasion, OutgoingEvent, Subscription
from returns.outgoing.editing import set_aside
from returns.outgoing.filtering import FilterError, matching_ids
from returns.outgoing.matches import note_changed, remembered_among
from returns.outgoing.messages import WITHOUT_RETURN, read_returns, render
from tags.vocabulary import load_vocabulary

logger = logging.getLogger(__name__)

SPREAD_BATCH_SIZE = 5_000


@dataclass(frozen=True, slots=True)
class Match:
    """An event that goes to a subscription."""

    subscription: int
    event: OutgoingEvent


def spread_next() -> bool:
    """Make the deliveries of the next events; tell whether there were any.

    Of several callers at once, only one does something.
    """
    if not _waiting().exists():
        return False
    with try_lock(Lock.SPREADING, 0) as lock:
        if lock is None:
            return False
        with transaction.atomic():
            require_lock(lock)
            # A redaction is either done, or finds what is rendered here.
            lock_for_transaction(Lock.SPREADING)
            events = list(_waiting()[:SPREAD_BATCH_SIZE])
            _spread(events)
    return bool(events)


def _waiting() -> Any:
    return OutgoingEvent.objects.filter(spread_at=None).order_by("id")


def _spread(events: Sequence[OutgoingEvent]) -> None:
    matches = list(find_matches(events))
    ids = sorted({each.event.record_id for each in matches} - {0})
    records = read_returns(ids) if ids else {}
    # A return that was deleted meanwhile has nothing that could be sent.
    matches = [each for each in matches if _has_record(each.event, records)]
    wanted = {each.event.pk: each.event for each in matches}
    bodies = [render(event, records.get(event.record_id)) for event in wanted.values()]
    unwanted = [event.pk for event in events if event.pk not in wanted]
    with connection.cursor() as cursor:
        cursor.execute(STORE_BODIES, [list(wanted), bodies])
        cursor.execute(FORGET_UNWANTED, [unwanted])
        cursor.execute(MAKE_DELIVERIES, _columns(matches))
    logger.info("Events were spread (events: %s, deliveries: %s).", len(events), len(matches))


def _has_record(event: OutgoingEvent, records: Mapping[int, Any]) -> bool:
    return event.record_id in records or event.record_id == 0


def _columns(matches: Sequence[Match]) -> dict[str, Any]:
    in_order = sorted(matches, key=lambda each: (each.event.pk, each.subscription))
    return {
        "subscriptions": [each.subscription for each in in_order],
        "events": [each.event.pk for each in in_order],
        "records": [each.event.record_id for each in in_order],
        "status": DeliveryStatus.WAITING.value,
    }


def find_matches(events: Sequence[OutgoingEvent]) -> Iterator[Match]:
    """Yield which event goes to which subscription; one query for each different filter.

    A subscription whose filter cannot be used is set aside. Those that tell when a return begins to
    match are told right away.
    """
    ids = sorted({event.record_id for event in events} - {0})
    looking = (Occasion.EVENT, Occasion.MATCH)
    subscriptions = Subscription.objects.filter(is_on=True, occasion__in=looking)
    vocabulary, known = load_vocabulary(), dict[str, set[int]]()
    remembered: dict[int, set[int]] | None = None
    for subscription in subscriptions.order_by("pk"):
        wanted = [event for event in events if event.type in subscription.types]
        if not wanted:
            continue
        key = dumps(subscription.parameters, sort_keys=True)
        try:
            if key not in known:
                known[key] = matching_ids(subscription, ids, vocabulary)
        except FilterError as error:
            set_aside(subscription, error.reason)
            continue
        if subscription.occasion == Occasion.MATCH:
            remembered = remembered_among(ids) if remembered is None else remembered
            note_changed(subscription, remembered.get(subscription.pk, set()), known[key])
            continue
        for event in wanted:
            if event.type in WITHOUT_RETURN or event.record_id in known[key]:
                yield Match(subscription.pk, event)


STORE_BODIES = """
    UPDATE returns_outgoingevent AS event SET body = given.body, spread_at = clock_timestamp()
    FROM unnest(%s::bigint[], %s::text[]) AS given (id, body) WHERE event.id = given.id
"""
# Nobody will ask for them again.
FORGET_UNWANTED = "DELETE FROM returns_outgoingevent WHERE id = ANY(%s::bigint[])"
MAKE_DELIVERIES = """
    INSERT INTO returns_delivery (subscription_id, event_id, record_id, status)
    SELECT subscription, event, record, %(status)s
    FROM unnest(%(subscriptions)s::bigint[], %(events)s::bigint[], %(records)s::bigint[])
        WITH ORDINALITY AS given (subscription, event, record, place)
    ORDER BY place
    ON CONFLICT (subscription_id, event_id) DO NOTHING
"""
