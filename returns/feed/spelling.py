"""How people write headers, states and times in spreadsheets, in the API's words.

Case, spaces, punctuation and Turkish dots do not count in headers and states.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, tzinfo

from returns.feed.records import API_NAMES, TIMES, RecordError
from returns.models import State
from returns.models.facts import FACTS

_HEADERS = {fact.api_name: fact.spellings or fact.api_name for fact in FACTS}
_HEADERS["tag"] = "tags, etiket, etiketler"
_STATES: dict[str, str] = {
    State.CREATED: "return created, created, on the way, oluşturuldu, yolda",
    State.ARRIVED: "arrived to warehouse, arrived, in the warehouse, depoda, depoya ulaştı, "
    "ulaştı, geldi",
    State.COMPLETED: "completed, done, tamamlandı, bitti",
}
# A column's zone in brackets, as our own export writes it, is no part of its name.
ZONE = re.compile(r"\s*\([^)]*\)\s*$")
# With these in front a spreadsheet takes a text for a formula, unless an apostrophe stands before
# it. The wide ones come from Japanese and Chinese keyboards, and count there.
FORMULA = r"'*[=+\-@\t\r\n＝＋－＠]"
PROTECTED = re.compile(f"'{FORMULA}")
DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>\d{4})"
    r"(?:[ T,]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?)?"
)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKD", text).replace("ı", "i").casefold()
    return "".join(letter for letter in text if letter.isalnum())


def _by_spelling(known: Mapping[str, str]) -> dict[str, str]:
    return {_plain(each): name for name, said in known.items() for each in said.split(",")}


HEADERS = _by_spelling(_HEADERS)
HEADERS |= {_plain(name): name for name in API_NAMES.values()}
STATES = _by_spelling(_STATES) | {_plain(value): value for value in State.values}
TIME_NAMES = frozenset(API_NAMES[name] for name in TIMES)


def field_of(header: str) -> str:
    """Return the API's name of the field that a header means; the header where it means none."""
    header = " ".join(header.split())
    return HEADERS.get(_plain(ZONE.sub("", header))) or HEADERS.get(_plain(header)) or header


def value_of(field: str, text: str, zone: tzinfo) -> str:
    """Return what a cell says as the API says it; as it is where that is unclear.

    The apostrophe that keeps a text from being a formula is no part of it.

    Times without a zone are of ``zone``; of an hour that comes twice the first is meant. The day
    stands before the month. Raises ``RecordError`` for a date that is none.
    """
    if PROTECTED.match(text):
        text = text[1:]
    if field == "state":
        return STATES.get(_plain(text), text)
    return _time_of(field, text, zone) if field in TIME_NAMES else text


def _time_of(field: str, text: str, zone: tzinfo) -> str:
    time = _day_first(field, text) or _iso(text)
    if time is None:
        return text
    return (time if time.tzinfo else time.replace(tzinfo=zone)).isoformat()


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _day_first(field: str, text: str) -> datetime | None:
    found = DAY_FIRST.fullmatch(text.strip())
    if not found:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - in a zone later
    except ValueError:
        raise RecordError(field, f"not a date, the day first: {text!r}") from None
