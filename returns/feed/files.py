"""Files of returns, read as a stream: JSON in any envelope or one object per line, CSV, or XLSX.

The format is detected from the content. What cannot be read becomes an item with an error, and
reading continues if the format allows it.
"""

import csv
import io
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO, BinaryIO

from config.stored_texts import StoredText, stored_text
from config.text import to_storable_text
from returns.feed.csv_rows import read_csv
from returns.feed.dates import MONTH_AHEAD, has_month_first
from returns.feed.encodings import (
    NotATextError,
    Rejoined,
    as_utf8,
    detect_encoding,
    split_lines,
    text_lines,
)
from returns.feed.flat_json import read_flat
from returns.feed.items import LINES, Choices, Format, Item
from returns.feed.json_items import (
    find_list,
    is_lines,
    read_json,
    read_lines,
    read_records,
    to_json,
)
from returns.feed.labels import stored_place
from returns.feed.records import RecordError
from returns.feed.spelling import TIME_CELLS
from returns.feed.workbooks import (
    NotATableError,
    explain_markup,
    is_workbook,
    open_sheet,
    read_sheet,
)

DEFAULT_CHOICES = Choices()
HEAD_BYTES = 65536  # from which the format is detected
COPIED_BYTES = 1_000_000  # at a time
LONGEST_DATE = 60  # bytes
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_items(stream: BinaryIO, choices: Choices = DEFAULT_CHOICES) -> Iterator[Item]:
    """Yield the entries of a file one by one; none for an empty file.

    If no order of dates is chosen, the day is first, unless a date of the file cannot be read so:
    then all dates whose order has to be known are errors. With a mapping, JSON is read as a table.
    """
    start = stream.read(HEAD_BYTES)
    try:
        if is_workbook(start):
            yield from _read_workbook(io.BufferedReader(Rejoined(start, stream)), choices)
        else:
            yield from _read_text(as_utf8(start, stream), choices)
    except (NotATextError, NotATableError) as error:
        yield Item("line 1", LINES, error=RecordError("file", error.args[0]))


def _read_workbook(stream: BinaryIO, choices: Choices) -> Iterator[Item]:
    sheet = open_sheet(stream, choices.sheet)
    with sheet.file:
        format_ = Format("xlsx", choices=replace(choices, sheet=sheet.name), sheets=sheet.sheets)
        seems_month_first = not choices.dates and _has_month_ahead(sheet.file)
        doubt = _month_first(read_sheet(sheet, format_), choices) if seems_month_first else None
        yield from read_sheet(sheet, replace(format_, doubt=doubt))


def _read_text(plain: BinaryIO, choices: Choices) -> Iterator[Item]:
    marked = _read_head(plain)
    head = marked.removeprefix(BYTE_ORDER_MARK)
    if why := explain_markup(head):
        raise NotATableError(why)
    whole = io.BufferedReader(Rejoined(head, plain), HEAD_BYTES)
    start = head.lstrip()[:1]
    if start in (b"[", b"{") and choices.mapping:
        records = choices.mapping.records
        yield from _read_twice(
            whole,
            choices,
            lambda copy, doubt: read_flat(read_records(copy, head, records), choices, doubt),
        )
    elif start == b"[":
        yield from read_json(whole, "item")
    elif start == b"{" and is_lines(head):
        yield from read_lines(whole)
    elif start == b"{":
        yield from read_json(whole, find_list(head))
    elif start:
        encoding = "utf-8" if head != marked else detect_encoding(head)
        yield from _read_twice(
            whole,
            choices,
            lambda copy, doubt: read_csv(
                text_lines(split_lines(copy, head), encoding), choices, doubt
            ),
        )


def _read_twice(
    stream: BinaryIO,
    choices: Choices,
    read: Callable[[BinaryIO, StoredText | None], Iterator[Item]],
) -> Iterator[Item]:
    """Yield the items that ``read`` gives for a stream, and for why the order of dates is unclear.

    If the order may be unclear, the stream is read once more, before, to find out.
    """
    with TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        doubt = None
        if not choices.dates and _has_month_ahead(copy):
            copy.seek(0)
            doubt = _month_first(read(copy, None), choices)
        copy.seek(0)
        yield from read(copy, doubt)


def _has_month_ahead(file: BinaryIO) -> bool:
    """Tell whether anything in a file looks like a date with the month first."""
    file.seek(0)
    end = b""
    while chunk := file.read(COPIED_BYTES):
        if MONTH_AHEAD.search(end + chunk):
            return True
        end = chunk[-LONGEST_DATE:]
    return False


def _month_first(items: Iterator[Item], choices: Choices) -> StoredText | None:
    """Return which row has a date that cannot have the day first; None if none has one."""
    for item in islice(items, choices.most):
        places = [row.place for row in item.rows] or [item.place]
        for place, cells in zip(places, item.written_rows, strict=False):
            if isinstance(cells, list) and (date := _first_month_first(item.format, cells)):
                date, where = to_storable_text(date.strip()), stored_place(place)
                return stored_text("%(place)s has %(date)s", place=where, date=date)
    return None


def _first_month_first(format_: Format, cells: list[str]) -> str:
    for name, at, _ in format_.columns:
        if name in TIME_CELLS and at < len(cells) and has_month_first(cells[at]):
            return cells[at]
    return ""


def _read_head(stream: BinaryIO) -> bytes:
    """Return the first bytes, at most ``HEAD_BYTES``."""
    head = b""
    while len(head) < HEAD_BYTES and (chunk := stream.read(HEAD_BYTES - len(head))):
        head += chunk
    return head


def write_items(items: Iterable[Item], format: Format, out: IO[str]) -> None:  # noqa: A002
    """Write entries in a format, so that they can be fixed and imported again.

    Tables are written as CSV. Unless the format is JSON lines, the entries must already be in that
    format.
    """
    entries = (item for item in items if item.original is not None)
    if format.is_table:
        writer = csv.writer(out, delimiter=format.delimiter, lineterminator="\n")
        writer.writerow(format.header)
        for row in chain.from_iterable(item.written_rows for item in entries):
            if isinstance(row, str):  # a row that could not be parsed
                out.write(f"{row}\n")
            else:
                writer.writerow(row)
    elif format.kind == "lines":
        out.writelines(f"{_as_line(item)}\n" for item in entries)
    else:
        out.write('{"items": [')
        for number, item in enumerate(entries):
            out.write(f"{',' if number else ''}\n{to_json(item.original)}")
        out.write("\n]}\n")


def _as_line(item: Item) -> str:
    if item.format.is_table:
        return to_json(item.raw or dict(enumerate(item.original)))
    text: str = item.original if isinstance(item.original, str) else to_json(item.original)
    return text
