"""Collects what waits for people into one message: a number and the first few, however many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from returns.models import TEST_TYPE, Delivery, DeliveryStatus, EventType, Subscription

# People are told when nothing new has come for so long, or the first has waited longest.
QUIET, LONGEST_GATHERING = "15 seconds", "10 minutes"
MAX_LISTED = 20  # returns whose list a message can link to
MAX_HAPPENINGS = 500  # different ones, of the returns that a message names
# The alias of the subscription is that of ``delivering.IS_DUE``. What was tried was gathered then.
IS_GATHERED = f"""
    (subscription.channel = 'webhook' OR (
        SELECT made_at FROM returns_delivery WHERE subscription_id = subscription.id
            AND status = 'waiting' ORDER BY id DESC LIMIT 1
    ) <= clock_timestamp() - interval '{QUIET}' OR (
        SELECT CASE WHEN lead IS NULL THEN made_at ELSE '-infinity' END
        FROM returns_delivery WHERE subscription_id = subscription.id
            AND status = 'waiting' ORDER BY id LIMIT 1
    ) <= clock_timestamp() - interval '{LONGEST_GATHERING}')
"""  # noqa: S608 - our own numbers


@dataclass(frozen=True, slots=True)
class Kind:
    """How many messages of a type a digest has, and how many records were rejected if it is that.

    ``details`` are those of the last one that is about no return, None if all are about some.
    """

    type: str
    number: int
    rejected: int
    details: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to a return: the type, with the name of a tag or a rule, "" for none."""

    record_id: int
    type: str
    tag: str
    rule: str


@dataclass(frozen=True, slots=True)
class Digest:
    """Deliveries that are told in one message.

    ``lead`` is the first of them, ``type`` and ``details`` are those of the last event. ``returns``
    is how many returns it is about, and ``records`` has the ids of the first of them. ``kinds`` are
    the types in the order in which they came first.
    """

    lead: Delivery
    type: str
    at: datetime
    details: dict[str, Any]
    events: int
    returns: int
    records: list[int]
    kinds: list[Kind]
    happenings: list[Happening]

    @property
    def key(self) -> str:
        """Return what is the same at each attempt, and another for every other message."""
        return f"{self.lead.pk}.{self.lead.made_at:%Y%m%d%H%M%S%f}"


def next_digest(subscription: Subscription) -> Digest | None:
    """Return what is told next; None if nothing may be told now.

    What one message was tried with stays together: it is tried again with exactly that, when its
    time has come. Tests, reports and news are never told in one message.
    """
    lead = _tried(subscription) or _gather(subscription)
    return _read(subscription, lead) if lead else None


def _tried(subscription: Subscription) -> int | None:
    waiting = Delivery.objects.filter(subscription=subscription, status=DeliveryStatus.WAITING)
    tried = waiting.filter(lead__isnull=False, try_at__lte=Now())
    lead: int | None = tried.order_by("id").values_list("lead", flat=True).first()
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
        single, more = cursor.fetchone()
        cursor.execute(SELECT_RECORDS, given)
        records = list(dict.fromkeys(row[0] for row in cursor.fetchall()))[:MAX_LISTED]
        cursor.execute(SELECT_HAPPENINGS, {**given, "records": records})
        happenings = [Happening(*row) for row in cursor.fetchall()]
        cursor.execute(SELECT_KINDS, given)
        kinds = _with_details(cursor.fetchall())
    in_digest = Delivery.objects.filter(
        subscription=subscription, status=DeliveryStatus.WAITING, lead=lead
    )
    rows = in_digest.select_related("event").defer("event__body")
    first, last = rows.order_by("id")[0], rows.order_by("-id")[0]
    return Digest(
        lead=first,
        type=last.event.type,
        at=last.event.at,
        details=last.event.details,
        events=sum(each.number for each in kinds),
        returns=single + more,
        records=records,
        kinds=kinds,
        happenings=happenings,
    )


def _with_details(rows: Sequence[tuple[str, int, int, int | None]]) -> list[Kind]:
    lasts = [last for *_, last in rows if last]
    deliveries = Delivery.objects.filter(pk__in=lasts).select_related("event")
    details = {each.pk: each.event.details for each in deliveries.defer("event__body")}
    return [
        Kind(type_, number, rejected, details.get(last) if last else None)
        for type_, number, rejected, last in rows
    ]


# The oldest, with all of its sort. A test or a report must not hide what is news, or be hidden.
SORT = f"""
    CASE WHEN event.type = '{TEST_TYPE}' OR event.details ? 'test' THEN 'test'
        WHEN event.details ? 'report' THEN 'report' ELSE 'news' END
"""
GATHER = f"""
    WITH first AS (
        SELECT delivery.id, {SORT} AS sort FROM returns_delivery delivery
        JOIN returns_outgoingevent event ON event.id = delivery.event_id
        WHERE subscription_id = %(subscription)s AND status = 'waiting' AND lead IS NULL
        ORDER BY delivery.id LIMIT 1
    ), gathered AS (
        UPDATE returns_delivery AS delivery SET lead = first.id
        FROM first, returns_outgoingevent event
        WHERE subscription_id = %(subscription)s AND status = 'waiting' AND lead IS NULL
            AND event.id = delivery.event_id AND {SORT} = first.sort
    )
    SELECT id FROM first
"""  # noqa: S608 - built from our own parts alone
SELECT_KINDS = f"""
    SELECT event.type,
        sum(CASE WHEN event.details ? 'records' THEN (event.details->>'count')::bigint ELSE 1 END
            )::bigint,
        coalesce(sum(CASE WHEN event.type = '{EventType.REJECTED}'
            THEN (event.details->>'rejected')::bigint END), 0)::bigint,
        max(delivery.id) FILTER (WHERE delivery.record_id = 0 AND NOT event.details ? 'records')
    FROM returns_delivery delivery JOIN returns_outgoingevent event ON event.id = delivery.event_id
    WHERE subscription_id = %(subscription)s AND status = 'waiting' AND lead = %(lead)s
    GROUP BY event.type ORDER BY min(delivery.id)
"""  # noqa: S608 - built from our own parts alone
SELECT_HAPPENINGS = f"""
    SELECT delivery.record_id, event.type,
        coalesce(event.details->>'tag', ''), coalesce(event.details->>'rule', '')
    FROM returns_delivery delivery JOIN returns_outgoingevent event ON event.id = delivery.event_id
    WHERE subscription_id = %(subscription)s AND status = 'waiting' AND lead = %(lead)s
        AND delivery.record_id = ANY(%(records)s::bigint[])
    GROUP BY 1, 2, 3, 4 ORDER BY min(delivery.id) LIMIT {MAX_HAPPENINGS}
"""  # noqa: S608 - our own number
SELECT_NUMBERS = """
    SELECT count(DISTINCT nullif(delivery.record_id, 0)),
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
