"""Suggest the nearest numbers when nothing matches: one misheard or mistyped character away."""

from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from django.db import connection

from returns.models import Return
from returns.querysets import ORDER_KEY, REFERENCE_KEY, TRACKING_KEY
from returns.search import statements
from returns.search.hits import NUMBER_LABELS
from returns.search.typed import key_of

MAX_NEAREST = 3
NEIGHBOURS_PER_INDEX = 3
# The share of equal characters, from 0 to 1, below which a number is not near.
MIN_NUMBER_SIMILARITY = 0.6

KEY_FIELDS = {
    ORDER_KEY: "sales_order_reference_number",
    REFERENCE_KEY: "return_reference_number",
    TRACKING_KEY: "tracking_id",
}


class Part(NamedTuple):
    """A part of a number, and whether it differs from what was typed."""

    text: str
    differs: bool


class NearMatch(NamedTuple):
    """A return with a number close to the typed one: the number's label, and its value in parts."""

    record: Return
    number: str
    parts: list[Part]

    @property
    def difference(self) -> str:
        """Return the characters that were typed otherwise, or left out."""
        return ", ".join(part.text for part in self.parts if part.differs)


def nearest(text: str) -> list[NearMatch]:
    """Return up to 3 returns whose numbers are most similar to the text, the most similar first."""
    with connection.cursor() as cursor:
        cursor.execute(statements.NEIGHBOURS, {"text": text, "each": NEIGHBOURS_PER_INDEX})
        rows = cursor.fetchall()
    scored = [(_similarity(typed, key), pk, number) for typed, number, key, pk in rows]
    scored.sort(reverse=True)
    key_typed = rows[0][0] if rows else ""
    near: dict[int, str] = {}
    for score, pk, number in scored:
        if score >= MIN_NUMBER_SIMILARITY and len(near) < MAX_NEAREST:
            near.setdefault(pk, number)
    records = Return.objects.in_bulk(near)
    return [_near(records[pk], number, key_typed) for pk, number in near.items() if pk in records]


def _near(record: Return, number: str, typed: str) -> NearMatch:
    value = getattr(record, KEY_FIELDS[number])
    return NearMatch(record, str(NUMBER_LABELS[number]), compared_parts(typed, value))


def compared_parts(typed: str, value: str) -> list[Part]:
    """Return a number in parts that are equal to, or differ from, what was typed as a key."""
    places, key = [], ""
    for place, character in enumerate(value):
        letters = key_of(character)
        places += [place] * len(letters)
        key += letters
    differing = {
        place
        for kind, _, _, start, end in _matcher(typed, key).get_opcodes()
        if kind != "equal"
        for place in places[start:end]
    }
    runs = groupby(enumerate(value), lambda each: each[0] in differing)
    return [Part("".join(text for _, text in run), differs) for differs, run in runs]


def _similarity(typed: str, key: str) -> float:
    """Return the share of equal characters, from 0 to 1."""
    return _matcher(typed, key).ratio()


def _matcher(typed: str, key: str) -> SequenceMatcher[str]:
    return SequenceMatcher(None, typed, key, autojunk=False)
