"""Translation of the headers, states and times in spreadsheets into those of the API.

Case, spaces, punctuation and dots on Turkish letters make no difference in headers and states.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings

from returns.feed.cells import restore
from returns.feed.dates import depends_on_order, parse_date
from returns.feed.records import API_NAMES, TIME_COLUMNS, RecordError
from returns.models import State
from returns.models.facts import FACTS

_HEADER_SPELLINGS = {fact.api_name: fact.spellings or fact.api_name for fact in FACTS}
_HEADER_SPELLINGS["tag"] = "tags, etiket, etiketler"
_STATE_SPELLINGS: dict[str, str] = {
    State.CREATED: "return created, created, on the way, oluşturuldu, yolda",
    State.ARRIVED: "arrived to warehouse, arrived, in the warehouse, depoda, depoya ulaştı, "
    "ulaştı, geldi",
    State.COMPLETED: "completed, done, tamamlandı, bitti",
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


FIELDS_BY_HEADER = _invert_spellings(_HEADER_SPELLINGS)
FIELDS_BY_HEADER |= {normalize(name): name for name in API_NAMES.values()}
STATES_BY_SPELLING = _invert_spellings(_STATE_SPELLINGS) | {
    normalize(value): value for value in State.values
}
# Columns of our own exports that show no fact; the second kind has its time zone behind it.
DERIVED_HEADERS = frozenset({normalize("Waiting (hours)")})
DERIVED_TIMES = frozenset({normalize("Deadline")})
# Programs write days before this for "none": 1 January 1970 or 1900, or of the year 1.
FIRST_YEAR = 2000
TIME_FIELDS = frozenset(API_NAMES[name] for name in TIME_COLUMNS)


def field_for_header(header: str) -> str:
    """Return the API field that a header means, or the header itself if it means none."""
    header = " ".join(header.split())
    return (
        FIELDS_BY_HEADER.get(normalize(ZONE_SUFFIX.sub("", header)))
        or FIELDS_BY_HEADER.get(normalize(header))
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
        reason = (
            f"“{header.strip()}”: “{name}” is no time zone. Write, for example, (UTC) or "
            f"({settings.TIME_ZONE}), or leave the brackets out"
        )
        raise RecordError("file", reason) from None


def is_derived_header(header: str) -> bool:
    """Tell whether a column of our own export shows no fact but what follows from facts."""
    header = " ".join(header.split())
    return normalize(header) in DERIVED_HEADERS or (
        bool(ZONE_SUFFIX.search(header)) and normalize(ZONE_SUFFIX.sub("", header)) in DERIVED_TIMES
    )


@lru_cache(maxsize=1024)
def state_for_word(word: str) -> str:
    """Return the API's value of a state in words; other texts are returned as they are."""
    return STATES_BY_SPELLING.get(normalize(word), word)


def parse_cell(
    field: str,
    text: str,
    zone: tzinfo,
    *,
    dates: str = "dmy",
    doubt: str = "",
    is_typed: bool = False,
) -> str:
    """Return the value of a cell as the API has it; unclear values are returned as they are.

    The apostrophe that keeps a spreadsheet from reading a text as a formula is removed, unless
    ``is_typed``: the cells of a workbook need none. ``dates`` is the order of the numbers of a
    date, and ``doubt`` says why that is not known. Times without a
    time zone are in ``zone``; an hour that occurs twice means the first. Raises ``RecordError`` for
    a date that does not exist or may mean two, and for a value that a spreadsheet has destroyed.
    """
    if is_typed or not PROTECTED_TEXT.match(text):
        text = restore(field, text, is_typed=is_typed)
    else:
        text = text[1:]
    if field == "tag":
        return TAG_SEPARATORS.sub(",", text)
    if field == "state":
        return state_for_word(text)
    if field not in TIME_FIELDS:
        return text
    if doubt and depends_on_order(text):
        raise RecordError(field, f"day or month first? {text!r} is not clear, because {doubt}")
    time = parse_date(field, text, dates)
    if time is None:
        return text
    if time.year < FIRST_YEAR:
        reason = f"before the year {FIRST_YEAR}: {text!r}. Leave the cell empty if there is no time"
        raise RecordError(field, reason)
    return (time if time.tzinfo else time.replace(tzinfo=zone)).isoformat()
