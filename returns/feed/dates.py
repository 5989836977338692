"""Dates and times of cells, in the shapes in which spreadsheets and other programs write them."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from returns.feed.records import RecordError

# In which order the numbers of a date stand, and how that is said.
DATE_ORDERS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
TIME = (
    r"(?:[\sT,]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?(?:\s*(?P<half>[ap])\.?m\.?)?)?"
)
NUMBERS = re.compile(
    rf"(?P<a>\d{{1,4}})(?P<mark>[./-])(?P<b>\d{{1,2}})(?P=mark)(?P<c>\d{{4}}|\d{{1,2}}){TIME}",
    re.IGNORECASE,
)
DAY_AND_NAME = re.compile(
    rf"(?P<day>\d{{1,2}})[ .-]*(?P<name>[^\W\d_]{{3,}})[ .,-]+(?P<year>\d{{4}}|\d{{2}}){TIME}",
    re.IGNORECASE,
)
NAME_AND_DAY = re.compile(
    rf"(?P<name>[^\W\d_]{{3,}})\.? +(?P<day>\d{{1,2}}),? +(?P<year>\d{{4}}){TIME}", re.IGNORECASE
)
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
SPACE_BEFORE_ZONE = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)")
# Days since 1900 as a spreadsheet counts them, from 1954 to 2119, with the time as a fraction.
SERIAL = re.compile(r"([2-7]\d{4})(?:[.,](\d+))?")
SERIAL_START = datetime(1899, 12, 30)  # noqa: DTZ001 - in a zone later
MILLISECONDS = re.compile(r"\d{13}")
# English, Turkish and German, without dots and the like on letters.
NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
    *("ocak", "subat", "mart", "nisan", "mayis", "haziran"),
    *("temmuz", "agustos", "eylul", "ekim", "kasim", "aralik"),
    *("januar", "februar", "marz", "april", "mai", "juni"),
    *("juli", "august", "september", "oktober", "november", "dezember"),
)
# What may be a date with the month first: 11/13/2026, and 11/5/2026 9:15 AM as it is usual there.
BLANKS = rb"[ ,\xc2\xa0\xe2\x80\xaf]"  # also those that do not break
MONTH_AHEAD = re.compile(
    rb"(?<!\d)(?:0?[1-9]|1[0-2])([/-])(?:(?:1[3-9]|2\d|3[01])\1\d{2,4}(?!\d)|\d{1,2}\1\d{2,4}"
    + BLANKS
    + rb"+\d{1,2}:\d{2}[\d:.]*"
    + BLANKS
    + rb"*[ap]\.?m)",
    re.IGNORECASE,
)


def parse_date(field: str, text: str, order: str = "dmy") -> datetime | None:
    """Return the time that a cell shows, without a zone unless it has one; None if it is no time.

    With dots, the day is always first. Raises ``RecordError`` for a date that does not exist.
    """
    text = text.strip()
    if ISO_DATE.match(text) and (time := _from_iso(text)):  # as programs write it
        return time
    parts = _numbers(text, order) or _with_name(text)
    if parts:
        try:
            return _time(*parts)
        except (ValueError, OverflowError):
            said = DATE_ORDERS["dmy" if "." in text else order]
            raise RecordError(field, f"not a valid date ({said}): {text!r}") from None
    if serial := SERIAL.fullmatch(text):
        days = float(f"{serial[1]}.{serial[2] or 0}")
        return SERIAL_START + timedelta(seconds=round(days * 86400))
    if MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    return _from_iso(SPACE_BEFORE_ZONE.sub("", text))


def _from_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def depends_on_order(text: str) -> bool:
    """Tell whether a cell has a date whose order has to be known."""
    match = NUMBERS.fullmatch(text.strip())
    return match is not None and match["mark"] != "." and len(match["a"]) < 3


def has_month_first(text: str) -> bool:
    """Tell whether a cell has a date that seems to have the month first."""
    match = NUMBERS.fullmatch(text.strip())
    if match is None or not depends_on_order(text):
        return False
    return int(match["a"]) <= 12 and (int(match["b"]) > 12 or bool(match["half"]))


def _numbers(text: str, order: str) -> tuple[int, int, int, dict[str, str | None]] | None:
    if not (match := NUMBERS.fullmatch(text)):
        return None
    if len(match["a"]) > 2:
        order = "ymd"
    elif match["mark"] == ".":
        order = "dmy"
    values = {part: match[group] for part, group in zip(order, "abc", strict=True)}
    return _year(values["y"]), int(values["m"]), int(values["d"]), match.groupdict()


def _with_name(text: str) -> tuple[int, int, int, dict[str, str | None]] | None:
    match = DAY_AND_NAME.fullmatch(text) or NAME_AND_DAY.fullmatch(text)
    if not match:
        return None
    letters = unicodedata.normalize("NFKD", match["name"].casefold().replace("ı", "i"))
    name = "".join(letter for letter in letters if letter.isalpha())
    months = [place % 12 + 1 for place, month in enumerate(NAMES) if month.startswith(name)]
    if not months:
        return None
    return _year(match["year"]), months[0], int(match["day"]), match.groupdict()


def _year(digits: str) -> int:
    return int(digits) + (2000 if len(digits) < 3 else 0)


def _time(year: int, month: int, day: int, parts: dict[str, str | None]) -> datetime:
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if half := parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half.casefold() == "p" else 0)
    microsecond = int((parts["fraction"] or "0").ljust(6, "0")[:6])
    midnight = hour == 24 and minute == second == microsecond == 0
    at = datetime(  # noqa: DTZ001 - in a zone later
        year, month, day, 0 if midnight else hour, minute, second, microsecond
    )
    return at + timedelta(days=1) if midnight else at
