"""Dates and times as people write them, in any of our languages.

All of these have the day first, so what somebody typed means the same in each of them.
"""

import re
import unicodedata
from datetime import date, datetime, timedelta

from django.utils.formats import get_format

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
# English, Turkish and German, without dots and the like on letters. They may be cut short; German
# spreadsheets have a short form of their own for March.
NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
    *("ocak", "subat", "mart", "nisan", "mayis", "haziran"),
    *("temmuz", "agustos", "eylul", "ekim", "kasim", "aralik"),
    *("januar", "februar", "marz", "april", "mai", "juni"),
    *("juli", "august", "september", "oktober", "november", "dezember"),
    *("", "", "mrz"),
)
ISO = "%Y-%m-%d"
# Year, month and day, and the parts of the time.
Parts = tuple[int, int, int, dict[str, str | None]]


def read_time(text: str, order: str = "dmy") -> datetime | None:
    """Return the time that a text shows, without a zone; None if it is written in another way.

    ``order`` is that of the numbers; with dots, the day is always first, and a year of four digits
    may always be. Raises ``ValueError`` or ``OverflowError`` for a date that does not exist.
    """
    parts = _parts(text.strip(), order)
    return _time(*parts) if parts else None


def read_day(text: str) -> date | None:
    """Return the day that a text names; None if it names none, or more than a day."""
    text = text.strip()
    try:
        parts = _parts(text, "dmy")
        if parts is None:
            return date.fromisoformat(text)
        return None if parts[3]["hour"] else date(*parts[:3])
    except ValueError:
        return None


def in_numbers(day: date) -> str:
    """Return a day as people type it in the language of the page: "28/11/2026", "28.11.2026"."""
    return day.strftime(next(each for each in get_format("DATE_INPUT_FORMATS") if each != ISO))


def _parts(text: str, order: str) -> Parts | None:
    return _numbers(text, order) or _with_name(text)


def _numbers(text: str, order: str) -> Parts | None:
    if not (match := NUMBERS.fullmatch(text)):
        return None
    if len(match["a"]) > 2:
        order = "ymd"
    elif match["mark"] == ".":
        order = "dmy"
    values = {part: match[group] for part, group in zip(order, "abc", strict=True)}
    return _year(values["y"]), int(values["m"]), int(values["d"]), match.groupdict()


def _with_name(text: str) -> Parts | None:
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
