"""Lists as CSV: separated by commas, quoted where necessary, in UTF-8."""

import csv
import logging
import re
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from datetime import datetime
from io import StringIO

from django.utils import timezone
from django.utils.translation import get_language, override

from returns.exports.file_columns import file_columns, row_maker
from returns.exports.selection import Selection, iter_batches
from returns.feed.spelling import FORMULA
from returns.lists.columns import Value

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

    ``on_progress`` is called after each batch with the number of returns so far. The file is in the
    language of this call, although the chunks may be read later.
    """
    chunks = _chunks(selection, now, bom=bom, on_progress=on_progress)
    return _in_language(get_language(), chunks)


def _in_language(language: str | None, chunks: Generator[bytes]) -> Generator[bytes]:
    """Yield the chunks, each of them made in a language."""
    with closing(chunks):
        while True:
            with override(language):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk


def _chunks(
    selection: Selection,
    now: datetime,
    *,
    bom: bool,
    on_progress: Callable[[int], None] | None,
) -> Generator[bytes]:
    make_rows = row_maker(selection, now)
    headers = [column.header for column in file_columns(selection)]
    head, count = _encode([headers], BOM if bom else ""), 0
    with closing(iter_batches(selection)) as batches:
        for rows in batches:
            count += len(rows)
            yield head + _encode(
                map(format_cell, values) for row in rows for values in make_rows(row)
            )
            head = b""
            if on_progress:
                on_progress(count)
    if head:
        yield head
    logger.info("A CSV export is made (returns: %s).", count)


def format_cell(value: Value) -> str:
    """Return a cell's text: times in the warehouse's time zone, and formulas made harmless.

    A text that begins with an apostrophe gets another one, because reading a file removes one.
    """
    if isinstance(value, str):
        return f"'{value}" if NEEDS_PROTECTION.match(value) else value
    if isinstance(value, datetime):
        local_time = timezone.localtime(value, timezone.get_default_timezone())
        return local_time.strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)


def _encode(rows: Iterable[Iterable[str]], prefix: str = "") -> bytes:
    text = StringIO(prefix)
    text.seek(0, 2)
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
