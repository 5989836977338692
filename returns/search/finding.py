"""Find returns by their numbers: whole, by their end, beginning or middle, in a scan, in a list."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from django.db import connection

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.querysets import EVERY_NUMBER
from returns.search import statements
from returns.search.hits import Found, Hit, Tier, best_of
from returns.search.typed import Typed, length_of

# A search reads at most so many matches of each end of each number; a short text, which matches
# nearly everything, fewer; and each number of a pasted list its share.
CAP, SHORT_CAP, LEAST_CAP = 1_000, 100, 20
SHORT_TEXT = 4

# The middle is searched for so few letters and digits at least, while so few returns were found.
SHORTEST_MIDDLE = 4
ENOUGH = 50
# A longer text does not begin or end a number by accident.
LONGEST_ACCIDENT = 9
# Milliseconds for the middle of numbers among all returns.
MIDDLE_LIMIT = 250

WHOLE = (Tier.WHOLE, Tier.WITHOUT_ZEROS)
ENDS = (Tier.END, Tier.BEGINNING)
IN_PART = (*ENDS, Tier.SCANNED)


class _Row(NamedTuple):
    place: int
    typed: str
    tier: int
    number: str
    pk: int


def search(text: str, numbers: Sequence[str] = EVERY_NUMBER) -> Found:
    """Return what a text of the one box finds; see ``Tier`` for how, and for the order.

    Several numbers find the best matches of each. Whether spaces part numbers is tried: as one
    number first.
    """
    typed = Typed.parse(text)
    # Several numbers end in the last of them: that would not be a scan.
    tiers = (*WHOLE, *(ENDS if typed.several else IN_PART))
    found = _one(typed.one, numbers, tiers) if typed.one else Found()
    if found.hits or not typed.several:
        return _with_middle(found, typed.one)
    several = _several(typed.several, numbers)
    return several if several.hits or not typed.one else _with_middle(several, typed.one)


def begins_or_ends(text: str, numbers: Sequence[str] = EVERY_NUMBER) -> Found:
    """Return the returns with a number that is the text, begins or ends with it."""
    return _one(text, numbers, (*WHOLE, *ENDS))


def _one(text: str, numbers: Sequence[str], tiers: tuple[Tier, ...]) -> Found:
    cap = SHORT_CAP if length_of(text) <= SHORT_TEXT else CAP
    rows, cut_short = _read([text], tuple(numbers), tiers, cap)
    hits = best_of((row.pk, _hit(row)) for row in rows)
    return Found(hits, (text,), () if hits else (text,), cut_short)


def _several(texts: Sequence[str], numbers: Sequence[str]) -> Found:
    """Find each number: whole if it is there so, otherwise in part."""
    cap = max(LEAST_CAP, CAP // len(texts))
    rows, cut_short = _read(texts, tuple(numbers), WHOLE, cap)
    missing = _missing(texts, rows)
    if missing:
        more, more_cut = _read([texts[place] for place in missing], tuple(numbers), IN_PART, cap)
        # Their places count the missing ones alone.
        moved = [row._replace(place=missing[row.place - 1] + 1) for row in more]
        rows, cut_short = rows + _best_tier_of_each(moved), cut_short or more_cut
    hits = best_of((row.pk, _hit(row)) for row in rows)
    not_found = tuple(texts[place] for place in _missing(texts, rows))
    return Found(hits, tuple(texts), not_found, cut_short)


def _missing(texts: Sequence[str], rows: Iterable[_Row]) -> list[int]:
    found = {row.place for row in rows}
    return [place for place in range(len(texts)) if place + 1 not in found]


def _best_tier_of_each(rows: list[_Row]) -> list[_Row]:
    best: dict[int, int] = {}
    for row in rows:
        best[row.place] = min(row.tier, best.get(row.place, row.tier))
    return [row for row in rows if row.tier == best[row.place]]


def _with_middle(found: Found, text: str) -> Found:
    """Add the returns that hold the text in the middle of a number, where it is worth it."""
    if not _is_middle_wanted(found, text):
        return found
    rows = _middle(statements.MIDDLE_OF_THE_NEWEST, text)
    enough = len(found.hits) + len(rows) >= ENOUGH
    gave_up = False
    if not enough:
        rows, gave_up = _middle_of_all(text, rows)
    hits = {pk: Hit(Tier.MIDDLE, number, typed) for typed, number, pk in rows[:CAP]} | found.hits
    return replace(
        found,
        hits=best_of(hits.items()),
        numbers=(text,),
        not_found=() if hits else (text,),
        cut_short=found.cut_short or enough or gave_up or len(rows) > CAP,
        gave_up=gave_up,
    )


def _is_middle_wanted(found: Found, text: str) -> bool:
    length = length_of(text)
    if length < SHORTEST_MIDDLE or found.whole or len(found.hits) >= ENOUGH:
        return False
    return not found.hits or length <= LONGEST_ACCIDENT


MiddleRows = list[tuple[str, str, int]]


def _middle_of_all(text: str, of_the_newest: MiddleRows) -> tuple[MiddleRows, bool]:
    """Search all returns, or give up after a moment and keep what the newest ones had."""
    try:
        with time_limit(MIDDLE_LIMIT):
            return _middle(statements.MIDDLE, text), False
    except QueryTimeoutError:
        return of_the_newest, True


def _middle(statement: str, text: str) -> MiddleRows:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"text": text, "cap": CAP + 1})
        return list(cursor.fetchall())


def _read(
    texts: Sequence[str], numbers: tuple[str, ...], tiers: Collection[Tier], cap: int
) -> tuple[list[_Row], bool]:
    """Return the rows, up to the cap of each branch, and whether there were more."""
    with connection.cursor() as cursor:
        cursor.execute(_find(numbers, tuple(tiers)), {"texts": list(texts), "cap": cap + 1})
        rows = [_Row(*row) for row in cursor.fetchall()]
    branches = Counter[tuple[int, int, str]]()
    kept = []
    for row in rows:
        branches[row.place, row.tier, row.number] += 1
        if branches[row.place, row.tier, row.number] <= cap:
            kept.append(row)
    return kept, len(kept) < len(rows)


_find = cache(statements.find)


def _hit(row: _Row) -> Hit:
    return Hit(Tier(row.tier), row.number, row.typed)
