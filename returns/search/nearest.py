"""The nearest numbers, when nothing was found: one misheard or mistyped character away."""

from difflib import SequenceMatcher
from typing import NamedTuple

from django.db import connection

from returns.models import Return
from returns.querysets import ORDER, REFERENCE, TRACKING
from returns.search import statements
from returns.search.hits import NUMBERS_IN_WORDS

OFFERED = 3
NEIGHBOURS_EACH = 3
# A number that shares less of what was typed is not near.
LEAST_SHARED = 0.6

FIELDS = {
    ORDER: "sales_order_reference_number",
    REFERENCE: "return_reference_number",
    TRACKING: "tracking_id",
}


class Near(NamedTuple):
    """A return whose number is nearly what was typed."""

    record: Return
    number: str
    value: str


def nearest(text: str) -> list[Near]:
    """Return the returns with the numbers that share most with the text, the nearest first."""
    with connection.cursor() as cursor:
        cursor.execute(statements.NEIGHBOURS, {"text": text, "each": NEIGHBOURS_EACH})
        rows = cursor.fetchall()
    shared = [(_shared(typed, key), pk, number) for typed, number, key, pk in rows]
    shared.sort(reverse=True)
    near: dict[int, str] = {}
    for score, pk, number in shared:
        if score >= LEAST_SHARED and len(near) < OFFERED:
            near.setdefault(pk, number)
    records = Return.objects.in_bulk(near)
    return [_near(records[pk], number) for pk, number in near.items() if pk in records]


def _near(record: Return, number: str) -> Near:
    return Near(record, NUMBERS_IN_WORDS[number], getattr(record, FIELDS[number]))


def _shared(typed: str, key: str) -> float:
    """Return how much of both is the same, from 0 to 1."""
    return SequenceMatcher(None, typed, key, autojunk=False).ratio()
