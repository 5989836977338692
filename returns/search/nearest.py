"""Suggest the nearest numbers when nothing matches: one misheard or mistyped character away."""

from difflib import SequenceMatcher
from typing import NamedTuple

from django.db import connection

from returns.models import Return
from returns.querysets import ORDER_KEY, REFERENCE_KEY, TRACKING_KEY
from returns.search import statements
from returns.search.hits import NUMBER_LABELS

MAX_NEAREST = 3
NEIGHBOURS_PER_INDEX = 3
# The share of equal characters, from 0 to 1, below which a number is not near.
MIN_NUMBER_SIMILARITY = 0.6

KEY_FIELDS = {
    ORDER_KEY: "sales_order_reference_number",
    REFERENCE_KEY: "return_reference_number",
    TRACKING_KEY: "tracking_id",
}


class NearMatch(NamedTuple):
    """A return with a number close to the typed one: the number's label and its value."""

    record: Return
    number: str
    value: str


def nearest(text: str) -> list[NearMatch]:
    """Return up to 3 returns whose numbers are most similar to the text, the most similar first."""
    with connection.cursor() as cursor:
        cursor.execute(statements.NEIGHBOURS, {"text": text, "each": NEIGHBOURS_PER_INDEX})
        rows = cursor.fetchall()
    scored = [(_similarity(typed, key), pk, number) for typed, number, key, pk in rows]
    scored.sort(reverse=True)
    near: dict[int, str] = {}
    for score, pk, number in scored:
        if score >= MIN_NUMBER_SIMILARITY and len(near) < MAX_NEAREST:
            near.setdefault(pk, number)
    records = Return.objects.in_bulk(near)
    return [_near(records[pk], number) for pk, number in near.items() if pk in records]


def _near(record: Return, number: str) -> NearMatch:
    return NearMatch(record, NUMBER_LABELS[number], getattr(record, KEY_FIELDS[number]))


def _similarity(typed: str, key: str) -> float:
    """Return the share of equal characters, from 0 to 1."""
    return SequenceMatcher(None, typed, key, autojunk=False).ratio()
