"""Dates and times of cells, in the shapes in which spreadsheets and other programs write them."""

import re
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_noop

from config.stored_texts import StoredText
from config.written_dates import NUMBERS, read_time
from returns.feed.reasons import quoted
from returns.feed.records import RecordError

# In which order the numbers of a date stand, and what is said of a date that is wrong then.
DATE_ORDERS = {
    "dmy": gettext_noop("not a valid date (day first): %(value)s"),
    "mdy": gettext_noop("not a valid date (month first): %(value)s"),
    "ymd": gettext_noop("not a valid date (year first): %(value)s"),
}
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
SPACE_BEFORE_ZONE = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)")
# Days since 1900 as a spreadsheet counts them, from 1954 to 2119, with the time as a fraction.
SERIAL = re.compile(r"([2-7]\d{4})(?:[.,](\d+))?")
SERIAL_START = datetime(1899, 12, 30)  # noqa: DTZ001 - in a zone later
MILLISECONDS = re.compile(r"\d{13}")
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
    try:
        if time := read_time(text, order):
            return time
    except (ValueError, OverflowError):
        wrong = DATE_ORDERS["dmy" if "." in text else order]
        raise RecordError(field, StoredText(wrong, {"value": quoted(text)})) from None
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
