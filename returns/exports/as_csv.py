"""Lists as CSV: separated by commas, quoted where necessary, in UTF-8."""

import csv
import logging
import re
from collections.abc import Callable, Generator
from contextlib import closing
from datetime import datetime
from io import StringIO

from django.utils import timezone

from returns.exports.columns import header
from returns.exports.selection import Selection, iter_batches
from returns.feed.spelling import FORMULA
from returns.lists.columns import COLUMNS_BY_NAME

logger = logging.getLogger(__name__)

BOM = "\ufeff"
CSV_CONTENT_TYPE = "text/csv; charset=utf-8"
NEEDS_PROTECTION = re.compile(rf"{FORMULA}|'")


def csv_chunks(
    selection: Selection,
    now: datetime,
    *,
    bom: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> Generator[bytes]:
    """Yield the file in chunks. ``bom`` adds the mark by which Excel recognises UTF-8.

    ``on_progress`` is called after each batch with the number of rows so far.
    """
    values = [COLUMNS_BY_NAME[name].value for name in selection.columns]
    headers = [header(name) for name in selection.columns]
    head, count = _encode([headers], BOM if bom else ""), 0
    with closing(iter_batches(selection)) as batches:
        for rows in batches:
            count += len(rows)
            cells = [[format_cell(value(row, now)) for value in values] for row in rows]
            yield head + _encode(cells)
            head = b""
            if on_progress:
                on_progress(count)
    if head:
        yield head
    logger.info("A CSV export is made (returns: %s).", count)


def format_cell(value: str | datetime | float | None) -> str:
    """Return a cell's text: times in the warehouse's time zone, and formulas made harmless.

    A text that begins with an apostrophe gets another one, because reading a file removes one.
    """
    if isinstance(value, str):
        return f"'{value}" if NEEDS_PROTECTION.match(value) else value
    if isinstance(value, datetime):
        local_time = timezone.localtime(value, timezone.get_default_timezone())
        return local_time.strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)


def _encode(rows: list[list[str]], prefix: str = "") -> bytes:
    text = StringIO(prefix)
    text.seek(0, 2)
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
