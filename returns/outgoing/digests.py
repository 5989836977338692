"""Collects what waits for people into one message: a number and the first few, however many."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from returns.models import Delivery, Subscription

# People are told when nothing new has come for so long, or the first has waited longest.
QUIET, LONGEST_GATHERING = "15 seconds", "10 minutes"
MAX_LISTED = 20  # returns whose list a message can link to
# The alias of the subscription is that of ``delivering.IS_DUE``.
IS_GATHERED = f"""
    (subscription.channel = 'webhook' OR (
        SELECT made_at FROM returns_delivery WHERE subscription_id = subscription.id
            AND status = 'waiting' ORDER BY id DESC LIMIT 1
    ) <= clock_timestamp() - interval '{QUIET}' OR (
        SELECT made_at FROM returns_delivery WHERE subscription_id = subscription.id
            AND status = 'waiting' ORDER BY id LIMIT 1
    ) <= clock_timestamp() - interval '{LONGEST_GATHERING}')
"""  # noqa: S608 - our own numbers


@dataclass(frozen=True, slots=True)
class Digest:
    """Deliveries that are told in one message.

    ``lead`` is the first of them, ``type`` and ``details`` are those of the last event. ``returns``
    is how many returns it is about, and ``records`` has the ids of the first of them.
    """

    lead: Delivery
    type: str
    at: datetime
    details: dict[str, Any]
    events: int
    returns: int
    records: list[int]


def next_digest(subscription: Subscription) -> Digest | None:
    """Return what is told next; None if nothing waits.

    What one message was tried with stays together: it is tried again with exactly that.
    """
    lead = _tried(subscription) or _gather(subscription)
    return _read(subscription, lead) if lead else None


def _tried(subscription: Subscription) -> int | None:
    waiting = Delivery.objects.filter(subscription=subscription, status="waiting")
    lead: int | None = (
        waiting.filter(lead__isnull=False).order_by("id").values_list("lead", flat=True).first()
    )
    return lead


def _gather(subscription: Subscription) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(GATHER, {"subscription": subscription.pk})
        row = cursor.fetchone()
    return row[0] if row else None


def _read(subscription: Subscription, lead: int) -> Digest:
    given = {"subscription": subscription.pk, "lead": lead, "most": MAX_LISTED}
    with connection.cursor() as cursor:
        cursor.execute(SELECT_NUMBERS, given)
        events, single, more = cursor.fetchone()
        cursor.execute(SELECT_RECORDS, given)
        records = list(dict.fromkeys(row[0] for row in cursor.fetchall()))
    in_digest = Delivery.objects.filter(subscription=subscription, status="waiting", lead=lead)
    rows = in_digest.select_related("event").defer("event__body")
    first, last = rows.order_by("id")[0], rows.order_by("-id")[0]
    return Digest(
        lead=first,
        type=last.event.type,
        at=last.event.at,
        details=last.event.details,
        events=events,
        returns=single + more,
        records=records[:MAX_LISTED],
    )


GATHER = """
    UPDATE returns_delivery AS delivery SET lead = first.id
    FROM (
        SELECT min(id) AS id FROM returns_delivery
        WHERE subscription_id = %(subscription)s AND status = 'waiting'
    ) AS first
    WHERE subscription_id = %(subscription)s AND status = 'waiting'
    RETURNING first.id
"""
SELECT_NUMBERS = """
    SELECT count(*), count(DISTINCT nullif(delivery.record_id, 0)),
        coalesce(sum((event.details->>'count')::bigint)
            FILTER (WHERE delivery.record_id = 0 AND event.details ? 'records'), 0)::bigint
    FROM returns_delivery delivery JOIN returns_outgoingevent event ON event.id = delivery.event_id
    WHERE subscription_id = %(subscription)s AND status = 'waiting' AND lead = %(lead)s
"""
SELECT_RECORDS = """
    SELECT record.id FROM (
        SELECT delivery.id, delivery.record_id, event.details
        FROM returns_delivery delivery
        JOIN returns_outgoingevent event ON event.id = delivery.event_id
        WHERE subscription_id = %(subscription)s AND status = 'waiting' AND lead = %(lead)s
            AND (delivery.record_id <> 0 OR event.details ? 'records')
        ORDER BY delivery.id LIMIT 200
    ) AS told CROSS JOIN LATERAL (
        SELECT told.record_id AS id WHERE told.record_id <> 0
        UNION ALL
        SELECT number::bigint FROM jsonb_array_elements_text(
            CASE WHEN told.details ? 'records' THEN told.details->'records' ELSE '[]' END
        ) AS number
    ) AS record
    ORDER BY told.id
"""
