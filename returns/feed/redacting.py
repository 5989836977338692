"""What the feed leaves out of records of redacted returns, so that nothing brings their texts back.

The texts are the notes and the fields that we do not know, of the return and of its items. The
record says nothing of them; its state, times, numbers and items count as those of any other.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection

from returns.feed.records import API_NAMES, KNOWN_FIELDS, ReturnRecord
from returns.models import RedactedKind, Redaction
from returns.models.facts import LINE_ITEMS, NOTES_COLUMN
from returns.models.line_items import ITEM_API_NAMES

FIELDS_THAT_STAY = KNOWN_FIELDS - {API_NAMES[NOTES_COLUMN]}
ITEM_FIELDS_THAT_STAY = frozenset(ITEM_API_NAMES.values())
# The lock makes a redaction wait until what is written of its return can be seen, or this wait for
# the redaction. Other writers of the return do not wait for it.
LOCK_REDACTED = """
    SELECT return_reference_number, redacted_at FROM returns_return
    WHERE return_reference_number = ANY(%s::text[]) ORDER BY id FOR KEY SHARE
"""


def without_texts(record: ReturnRecord) -> ReturnRecord:
    """Return what a record says about a redacted return."""
    items = record.line_items
    return replace(
        record,
        notes="",
        absent=record.absent | {NOTES_COLUMN},
        unknown_fields={},
        line_items=items and tuple(line._replace(others=None) for line in items),
    )


def raw_without_texts(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a rejected record of a redacted return."""
    kept = {name: value for name, value in raw.items() if name in FIELDS_THAT_STAY}
    lines = kept.get(API_NAMES[LINE_ITEMS])
    if isinstance(lines, list):
        kept[API_NAMES[LINE_ITEMS]] = [
            {name: value for name, value in line.items() if name in ITEM_FIELDS_THAT_STAY}
            for line in lines
            if isinstance(line, dict)
        ]
    return kept


def lock_redacted(references: Collection[str]) -> set[str]:
    """Return which of these are references of redacted returns, also of one that was deleted.

    Must be called in a transaction: the others stay unredacted until it ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_REDACTED, [sorted(references)])
        redacted = {reference for reference, redacted_at in cursor.fetchall() if redacted_at}
    return redacted | find_redacted(references).keys()


def find_redacted(references: Collection[str]) -> dict[str, datetime]:
    """Return which of these returns were redacted, and when. They may be gone since."""
    if not references:
        return {}
    redactions = Redaction.objects.filter(
        kind=RedactedKind.RETURN, reference__any_of=sorted(references)
    )
    return dict(redactions.order_by("pk").values_list("reference", "at"))


def find_redacted_orders(references: Collection[str]) -> dict[str, datetime]:
    """Return which of these orders were redacted, in whatever spelling. They may be gone since.

    As on pages, an order is known by its search key.
    """
    if not references:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIND_REDACTED_ORDERS, [sorted(references)])
        return dict(cursor.fetchall())


FIND_REDACTED_ORDERS = """
    SELECT given.reference, min(known.at)
    FROM unnest(%s::text[]) AS given (reference) JOIN returns_redaction known
        ON known.kind = 'order' AND (
            known.reference = given.reference
            OR returns_search_key(known.reference) = returns_search_key(given.reference)
        )
    GROUP BY given.reference
"""
