"""Translation of the headers, states and times in spreadsheets into those of the API.

Case, spaces, punctuation and dots on letters make no difference in headers and states. Beside what
is listed here and with the facts, they may be those of our own files in any language.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings

from config.memory import kept_if_short
from config.stored_texts import StoredText, stored_text
from returns.feed.cells import restore
from returns.feed.dates import depends_on_order, parse_date
from returns.feed.item_fields import (
    DECISION_WORDS,
    ITEM_CELLS,
    ITEM_DECISION,
    ITEM_HEADERS,
    ITEM_STATE,
    ITEM_STATE_WORDS,
    ITEM_TIME,
)
from returns.feed.own_words import (
    derived_headers,
    own_decisions,
    own_headers,
    own_item_headers,
    own_item_states,
    own_states,
)
from returns.feed.reasons import quoted
from returns.feed.records import API_NAMES, KNOWN_FIELDS, TIME_COLUMNS, RecordError
from returns.models import DamagedState, ItemState, State
from returns.models.facts import FACTS

_HEADER_SPELLINGS = {fact.api_name: fact.spellings or fact.api_name for fact in FACTS}
_HEADER_SPELLINGS["tag"] = "tags, etiket, etiketler, etikett, etiketten"
_STATE_SPELLINGS: dict[str, str] = {
    State.CREATED: "return created, created, on the way, oluşturuldu, yolda, angelegt, erstellt, "
    "unterwegs",
    State.ARRIVED: "arrived to warehouse, arrived, in the warehouse, depoda, depoya ulaştı, "
    "ulaştı, geldi, eingetroffen, angekommen, im lager",
    State.COMPLETED: "completed, done, tamamlandı, bitti, abgeschlossen, erledigt",
}
# A time zone in brackets after a header, as our own export writes it.
ZONE_SUFFIX = re.compile(r"\s*\(([^()]*)\)\s*$")
ZONES_BY_NAME = {name.casefold(): name for name in available_timezones()}
# A spreadsheet reads a text that starts with one of these as a formula, unless an apostrophe
# precedes it. The wide characters come from Japanese and Chinese keyboards.
FORMULA = r"'*[=+\-@\t\r\n＝＋－＠]"
# A file of ours has one before any text that begins with an apostrophe as well.
PROTECTED_TEXT = re.compile(rf"'(?:{FORMULA}|')")
TAG_SEPARATORS = re.compile(r"[;|]")


def normalize(text: str) -> str:
    """Return a text without what makes no difference in headers and words."""
    text = unicodedata.normalize("NFKD", text).replace("ı", "i").casefold()
    return "".join(letter for letter in text if letter.isalnum())


def word_key(text: str) -> str:
    """Return what identifies a word of a state column: without case and additional spaces."""
    return " ".join(text.replace("İ", "i").replace("ı", "i").casefold().split())


def _invert_spellings(spellings_by_name: Mapping[str, str]) -> dict[str, str]:
    return {
        normalize(spelling): name
        for name, spellings in spellings_by_name.items()
        for spelling in spellings.split(",")
    }


def _normalized[Value](words: Mapping[str, Value]) -> dict[str, Value]:
    return {normalize(word): value for word, value in words.items()}


@cache
def fields_by_header() -> dict[str, str]:
    """Return the field that each header means, normalized and without a time zone.

    If a header means a field of returns and one of items, it is that of returns.
    """
    listed = _invert_spellings(_HEADER_SPELLINGS)
    of_items = _normalized(own_item_headers()) | _invert_spellings(ITEM_HEADERS)
    of_returns = _normalized(own_headers()) | listed
    return of_items | of_returns | {normalize(name): name for name in KNOWN_FIELDS | ITEM_CELLS}


@cache
def states_by_word() -> dict[str, str]:
    """Return the API's value that each word of a state column means, normalized."""
    listed = _invert_spellings(_STATE_SPELLINGS)
    return _normalized(own_states()) | listed | {normalize(value): value for value in State.values}


@cache
def _item_states() -> dict[str, str]:
    listed = _invert_spellings(ITEM_STATE_WORDS)
    values = {normalize(value): value for value in ItemState.values}
    return _normalized(own_item_states()) | listed | values


@cache
def _decisions() -> dict[str, str]:
    listed = _invert_spellings(DECISION_WORDS)
    values = {normalize(value): value for value in DamagedState.values}
    return _normalized(own_decisions()) | listed | values


@cache
def _derived_headers() -> dict[str, bool]:
    return _normalized(derived_headers())


# Programs write days before this for "none": 1 January 1970 or 1900, or of the year 1.
FIRST_YEAR = 2000
TIME_FIELDS = frozenset(API_NAMES[name] for name in TIME_COLUMNS)
TIME_CELLS = TIME_FIELDS | {ITEM_TIME}


def field_for_header(header: str) -> str:
    """Return the API field that a header means, or the header itself if it means none."""
    header, fields = " ".join(header.split()), fields_by_header()
    return (
        fields.get(normalize(ZONE_SUFFIX.sub("", header)))
        or fields.get(normalize(header))
        or header
    )


def zone_for_header(header: str) -> tzinfo | None:
    """Return the time zone that a header of times names in brackets; None if it names none.

    Raises ``RecordError`` for a zone that is not known.
    """
    if not (match := ZONE_SUFFIX.search(" ".join(header.split()))):
        return None
    name = match[1].strip()
    try:
        return ZoneInfo(ZONES_BY_NAME[name.casefold()])
    except KeyError:
        why = stored_text(
            "“%(header)s”: “%(name)s” is no time zone. Write, for example, (UTC) or (%(zone)s), or "
            "leave the brackets out",
            header=header.strip(),
            name=name,
            zone=settings.TIME_ZONE,
        )
        raise RecordError("file", why) from None


def is_derived_header(header: str) -> bool:
    """Tell whether a column of our own export shows no fact but what follows from facts."""
    header, derived = " ".join(header.split()), _derived_headers()
    if derived.get(normalize(header)) is False:
        return True
    return bool(ZONE_SUFFIX.search(header) and derived.get(normalize(ZONE_SUFFIX.sub("", header))))


@kept_if_short(1024)
def state_for_word(word: str) -> str:
    """Return the API's value of a state in words; other texts are returned as they are."""
    return states_by_word().get(normalize(word), word)


@kept_if_short(1024)
def item_state_for_word(word: str) -> str:
    """Return the API's value of an item's state in words; other texts are returned as they are."""
    return _item_states().get(normalize(word), word)


@kept_if_short(1024)
def decision_for_word(word: str) -> str:
    """Return the API's value of a decision about damage; other texts are returned as they are."""
    return _decisions().get(normalize(word), word)


# The columns of words, with the function that reads them.
READ_WORD: dict[str, Callable[[str], str]] = {
    "state": state_for_word,
    ITEM_STATE: item_state_for_word,
    ITEM_DECISION: decision_for_word,
}


def parse_cell(
    field: str,
    text: str,
    zone: tzinfo,
    *,
    dates: str = "dmy",
    doubt: StoredText | None = None,
    is_typed: bool = False,
) -> str:
    """Return the value of a cell as the API has it; unclear values are returned as they are.

    The apostrophe that keeps a spreadsheet from reading a text as a formula is removed, unless
    ``is_typed``: the cells of a workbook need none. ``dates`` is the order of the numbers of a
    date, and ``doubt`` says which date makes that unclear. Times without a
    time zone are in ``zone``; an hour that occurs twice means the first. Raises ``RecordError`` for
    a date that does not exist or may mean two, and for a value that a spreadsheet has destroyed.
    """
    if is_typed or not PROTECTED_TEXT.match(text):
        text = restore(field, text, is_typed=is_typed)
    else:
        text = text[1:]
    if field == "tag":
        return TAG_SEPARATORS.sub(",", text)
    if field in READ_WORD:
        return READ_WORD[field](text)
    if field not in TIME_CELLS:
        return text
    if doubt and depends_on_order(text):
        why = stored_text(
            "day or month first? %(value)s is not clear, because %(place)s has %(date)s",
            value=quoted(text),
            **doubt.values,
        )
        raise RecordError(field, why)
    time = parse_date(field, text, dates)
    if time is None:
        return text
    if time.year < FIRST_YEAR:
        why = stored_text(
            "before the year %(year)s: %(value)s. Leave the cell empty if there is no time",
            year=str(FIRST_YEAR),
            value=quoted(text),
        )
        raise RecordError(field, why)
    return (time if time.tzinfo else time.replace(tzinfo=zone)).isoformat()
