"""Find returns by their numbers: whole, by end, beginning or middle, in a scan, or in a list."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from django.db import connection

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.querysets import SEARCH_KEYS
from returns.search import statements
from returns.search.hits import Hit, SearchResult, Tier, best_hits
from returns.search.typed import TypedNumbers, key_length

# How many matches a search reads per branch, such as the end of the order reference. A short text
# matches nearly everything, so fewer are read. The numbers of a pasted list share the maximum.
MAX_MATCHES, MAX_SHORT_TEXT_MATCHES, MIN_LIST_MATCHES = 1_000, 100, 20
SHORT_TEXT_LENGTH = 4

# The middle of numbers is searched for texts of at least this length, and only while fewer than
# this many returns match.
MIN_MIDDLE_LENGTH = 4
ENOUGH_MATCHES = 50
# A longer text does not begin or end a number by accident.
MAX_ACCIDENTAL_LENGTH = 9
# For searching the middle of the numbers of all returns.
MIDDLE_TIME_LIMIT_MS = 250

WHOLE_TIERS = (Tier.WHOLE, Tier.WITHOUT_ZEROS, Tier.BARE)
END_TIERS = (Tier.END, Tier.BEGINNING)
PARTIAL_TIERS = (*END_TIERS, Tier.SCANNED)


class _Row(NamedTuple):
    """A match; ``place`` counts the searched texts from 1, ``number`` is a key column."""

    place: int
    typed: str
    tier: int
    number: str
    pk: int


def search(text: str, numbers: Sequence[str] = SEARCH_KEYS) -> SearchResult:
    """Return what the search box finds for a text; ``Tier`` lists the kinds of matches.

    If only spaces divide the text, it is searched as one number first, then as several. Of
    several numbers, each brings its best matches.
    """
    typed = TypedNumbers.parse(text)
    # A list of numbers ends in its last one; that must not be taken for a scan.
    tiers = (*WHOLE_TIERS, *(END_TIERS if typed.several else PARTIAL_TIERS))
    result = _search_one(typed.one, numbers, tiers) if typed.one else SearchResult()
    if typed.one and not result.whole_matches:
        result = _add_items(result, [typed.one])
    if result.hits or not typed.several:
        return _add_middle_matches(result, typed.one)
    several = _search_several(typed.several, numbers)
    if several.not_found:
        several = _add_items(several, several.not_found)
    return several if several.hits or not typed.one else _add_middle_matches(several, typed.one)


def search_ends(text: str, numbers: Sequence[str] = SEARCH_KEYS, most: int = 0) -> SearchResult:
    """Return the returns with a number that is the text, or begins or ends with it.

    ``most`` is how many of them are read; 0 is as many as pages show.
    """
    return _search_one(text, numbers, (*WHOLE_TIERS, *END_TIERS), most)


def search_whole(text: str) -> SearchResult:
    """Return the returns with a number that was typed completely, or without its zeros."""
    return _search_one(text, SEARCH_KEYS, WHOLE_TIERS)


def search_scans(texts: Collection[str]) -> dict[str, list[int]]:
    """Return the ids of the returns with a scanned text as a whole number, by the text.

    A barcode may have more characters in front of the number. Texts without a match are left out.
    """
    scanned = list(dict.fromkeys(texts))
    ids: defaultdict[str, list[int]] = defaultdict(list)
    rows, _ = _read_whole_first(scanned, SEARCH_KEYS, (Tier.SCANNED,)) if scanned else ([], False)
    for text, pk in dict.fromkeys((scanned[row.place - 1], row.pk) for row in rows):
        ids[text].append(pk)
    return dict(ids)


def _search_one(
    text: str, numbers: Sequence[str], tiers: tuple[Tier, ...], most: int = 0
) -> SearchResult:
    usual = MAX_SHORT_TEXT_MATCHES if key_length(text) <= SHORT_TEXT_LENGTH else MAX_MATCHES
    cap = most or usual
    rows, cut_short = _read([text], tuple(numbers), tiers, cap)
    hits = best_hits((row.pk, _hit(row)) for row in rows)
    return SearchResult(hits, (text,), () if hits else (text,), cut_short)


def _search_several(texts: Sequence[str], numbers: Sequence[str]) -> SearchResult:
    """Search for whole numbers first, then for parts of numbers with the texts that are left."""
    rows, cut_short = _read_whole_first(texts, tuple(numbers), PARTIAL_TIERS)
    hits = best_hits((row.pk, _hit(row)) for row in rows)
    not_found = tuple(texts[place] for place in _missing(texts, rows))
    return SearchResult(hits, tuple(texts), not_found, cut_short)


def _read_whole_first(
    texts: Sequence[str], numbers: tuple[str, ...], tiers: tuple[Tier, ...]
) -> tuple[list[_Row], bool]:
    """Return the rows of whole numbers, and for the other texts the best of the further tiers."""
    cap = max(MIN_LIST_MATCHES, MAX_MATCHES // len(texts))
    rows, cut_short = _read(texts, numbers, WHOLE_TIERS, cap)
    if missing := _missing(texts, rows):
        left = [texts[place] for place in missing]
        more, more_cut = _read(left, numbers, tiers, cap)
        # Their places refer to ``left``.
        moved = [row._replace(place=missing[row.place - 1] + 1) for row in more]
        rows, cut_short = rows + _best_tier_per_text(moved), cut_short or more_cut
    return rows, cut_short


def _add_items(result: SearchResult, texts: Sequence[str]) -> SearchResult:
    """Add returns with items whose SKU, serial number or barcode matches one of these texts."""
    cap = max(MIN_LIST_MATCHES, MAX_MATCHES // len(texts))
    rows, cut_short = _run(statements.ITEMS, texts, cap)
    hits = best_hits([*result.hits.items(), *((row.pk, _hit(row)) for row in rows)])
    found = {texts[row.place - 1] for row in rows}
    return replace(
        result,
        hits=hits,
        not_found=tuple(text for text in result.not_found if text not in found),
        cut_short=result.cut_short or cut_short,
    )


def _missing(texts: Sequence[str], rows: Iterable[_Row]) -> list[int]:
    """Return the indexes of the texts without a row."""
    matched = {row.place for row in rows}
    return [place for place in range(len(texts)) if place + 1 not in matched]


def _best_tier_per_text(rows: list[_Row]) -> list[_Row]:
    best: dict[int, int] = {}
    for row in rows:
        best[row.place] = min(row.tier, best.get(row.place, row.tier))
    return [row for row in rows if row.tier == best[row.place]]


def _add_middle_matches(result: SearchResult, text: str) -> SearchResult:
    """Add returns with the text in the middle of a number, if that is worth searching for."""
    if not _is_middle_wanted(result, text):
        return result
    rows = _search_middle(statements.MIDDLE_OF_THE_NEWEST, text)
    enough = len(result.hits) + len(rows) >= ENOUGH_MATCHES
    gave_up = False
    if not enough:
        rows, gave_up = _search_all_middles(text, rows)
    middle = {pk: Hit(Tier.MIDDLE, number, typed) for typed, number, pk in rows[:MAX_MATCHES]}
    hits = middle | result.hits
    return replace(
        result,
        hits=best_hits(hits.items()),
        numbers=(text,),
        not_found=() if hits else (text,),
        cut_short=result.cut_short or enough or gave_up or len(rows) > MAX_MATCHES,
        gave_up=gave_up,
    )


def _is_middle_wanted(result: SearchResult, text: str) -> bool:
    length = key_length(text)
    is_enough = bool(result.whole_matches) or len(result.hits) >= ENOUGH_MATCHES
    if length < MIN_MIDDLE_LENGTH or is_enough:
        return False
    return not result.hits or length <= MAX_ACCIDENTAL_LENGTH


MiddleRows = list[tuple[str, str, int]]


def _search_all_middles(text: str, newest: MiddleRows) -> tuple[MiddleRows, bool]:
    """Search all returns; if that takes too long, return those of the newest ones and True."""
    try:
        with time_limit(MIDDLE_TIME_LIMIT_MS):
            return _search_middle(statements.MIDDLE, text), False
    except QueryTimeoutError:
        return newest, True


def _search_middle(statement: str, text: str) -> MiddleRows:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"text": text, "cap": MAX_MATCHES + 1})
        return list(cursor.fetchall())


def _read(
    texts: Sequence[str], numbers: tuple[str, ...], tiers: Collection[Tier], cap: int
) -> tuple[list[_Row], bool]:
    """Return up to ``cap`` rows per branch, and whether there were more."""
    return _run(_statement(numbers, tuple(tiers)), texts, cap)


def _run(statement: str, texts: Sequence[str], cap: int) -> tuple[list[_Row], bool]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"texts": list(texts), "cap": cap + 1})
        rows = [_Row(*row) for row in cursor.fetchall()]
    branches = Counter[tuple[int, int, str]]()
    capped = []
    for row in rows:
        branches[row.place, row.tier, row.number] += 1
        if branches[row.place, row.tier, row.number] <= cap:
            capped.append(row)
    return capped, len(capped) < len(rows)


_statement = cache(statements.find_statement)


def _hit(row: _Row) -> Hit:
    return Hit(Tier(row.tier), row.number, row.typed)
