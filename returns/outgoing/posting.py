"""Writes what one subscription alone is told, with its delivery, in the caller's transaction."""

from collections.abc import Sequence
from json import dumps
from typing import Any

from django.db import connection

from returns.models import DeliveryStatus, OccasionType, Subscription


def tell_matches(pk: int, rule: str, ids: Sequence[int]) -> None:
    """Let a subscription tell that a rule matches these returns, if it is on.

    Nobody is told of a subscription that has been deleted.
    """
    subscription = Subscription.objects.filter(pk=pk, is_on=True).first()
    if subscription and ids:
        post(subscription, OccasionType.RULE, {"rule": rule}, sorted(ids))


POST = """
    WITH event AS (
        INSERT INTO returns_outgoingevent (type, record_id, details, spread_at)
        SELECT %(type)s, record, details, clock_timestamp()
        FROM unnest(%(records)s::bigint[], %(details)s::jsonb[]) AS given (record, details)
        RETURNING id, record_id
    )
    INSERT INTO returns_delivery (subscription_id, event_id, record_id, status)
    SELECT %(subscription)s, id, record_id, %(status)s FROM event ORDER BY id
"""


def post(
    subscription: Subscription, type_: str, details: dict[str, Any], records: Sequence[int] = (0,)
) -> None:
    """Let something be told about each of these returns; 0 is none.

    The body of a message to programs is rendered when it is sent.
    """
    given: dict[str, Any] = {
        "subscription": subscription.pk,
        "type": type_,
        "records": list(records),
        "details": [dumps(details)] * len(records),
        "status": DeliveryStatus.WAITING.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(POST, given)
