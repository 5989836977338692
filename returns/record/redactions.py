"""Redactions of a return, as its page and its timeline show them."""

from returns.models import RedactedKind, Redaction, Return

MAX_REDACTIONS = 50


def redactions_of(record: Return) -> list[Redaction]:
    """Return who redacted a return and when, newest first; none if nobody did. At most one query.

    Those of an earlier return with this reference count: what the feed sends again stays redacted.
    """
    if record.redacted_at is None:
        return []
    redactions = Redaction.objects.select_related("by").filter(
        kind=RedactedKind.RETURN, reference=record.return_reference_number
    )
    return list(redactions.order_by("-pk")[:MAX_REDACTIONS])
