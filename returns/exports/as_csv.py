"""A list as CSV: commas, quotes where they are needed, UTF-8."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from io import StringIO

from django.utils import timezone

from returns.exports.columns import OF_FILE, header
from returns.exports.selection import Wanted, blocks
from returns.feed.spelling import FORMULA

BOM = "\ufeff"
FORMULA_AT_START = re.compile(FORMULA)


def lines(wanted: Wanted, now: datetime, *, bom: bool = False) -> Iterator[bytes]:
    """Yield the file in pieces. ``bom``: with the mark by which Excel knows UTF-8."""
    columns = [OF_FILE[name].value for name in wanted.columns]
    headers = [header(name) for name in wanted.columns]
    start = _written([headers], BOM if bom else "")
    for records in blocks(wanted):
        rows = [[written(value(record, now)) for value in columns] for record in records]
        yield start + _written(rows)
        start = b""
    if start:
        yield start


def written(value: str | datetime | float | None) -> str:
    """Return a cell: a time by the warehouse's clock, a text that is no formula."""
    if isinstance(value, str):
        return f"'{value}" if FORMULA_AT_START.match(value) else value
    if isinstance(value, datetime):
        clock = timezone.localtime(value, timezone.get_default_timezone())
        return clock.strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)


def _written(rows: list[list[str]], before: str = "") -> bytes:
    text = StringIO(before)
    text.seek(0, 2)
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
