"""Files of returns, read as a stream: JSON in any envelope, one JSON object per line, or CSV.

The format is detected from the content. What cannot be read becomes an item with an error, and
reading continues if the format allows it.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, BinaryIO

import ijson

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
from returns.feed.items import JSON, LINES, Format, Item
from returns.feed.records import REFERENCE_FIELD, RecordError
from returns.feed.spelling import TIME_FIELDS

HEAD_BYTES = 65536  # from which the format is detected
COPIED_BYTES = 1_000_000  # at a time
LONGEST_DATE = 60  # bytes
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_DIGITS = 4000
TOO_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % MAX_DIGITS)


def read_items(stream: BinaryIO, *, empty_clears: bool = False, dates: str = "") -> Iterator[Item]:
    """Yield the entries of a file one by one; none for an empty file.

    With ``empty_clears``, an empty cell of a CSV file clears its fact; otherwise it says nothing.
    ``dates`` is one of ``DATE_ORDERS``. Without it, the day is first, unless a date of the file
    cannot be read so: then all dates whose order has to be known are errors.
    """
    try:
        plain = as_utf8(stream.read(HEAD_BYTES), stream)
    except NotATextError as error:
        yield Item("line 1", LINES, error=RecordError("file", str(error)))
        return
    marked = _read_head(plain)
    head = marked.removeprefix(BYTE_ORDER_MARK)
    whole = io.BufferedReader(Rejoined(head, plain), HEAD_BYTES)
    start = head.lstrip()[:1]
    if start == b"[":
        yield from _read_json(whole, "item")
    elif start == b"{" and _is_lines(head):
        yield from _read_lines(whole)
    elif start == b"{":
        yield from _read_json(whole, _find_list(head))
    elif start:
        encoding = "utf-8" if head != marked else detect_encoding(head)
        with TemporaryFile() as copy:
            may_be_month_first = _copy(whole, copy) and not dates
            doubt = _month_first(copy, head, encoding) if may_be_month_first else ""
            yield from read_csv(
                text_lines(split_lines(copy, head), encoding),
                empty_clears=empty_clears,
                dates=dates or "dmy",
                doubt=doubt,
            )


def _copy(stream: BinaryIO, copy: BinaryIO) -> bool:
    """Copy a stream, and tell whether anything in it looks like a date with the month first."""
    found, end = False, b""
    while chunk := stream.read(COPIED_BYTES):
        copy.write(chunk)
        found = found or bool(MONTH_AHEAD.search(end + chunk))
        end = chunk[-LONGEST_DATE:]
    copy.seek(0)
    return found


def _month_first(copy: BinaryIO, head: bytes, encoding: str) -> str:
    """Return which row has a date that cannot have the day first; "" if none has one."""
    for item in read_csv(text_lines(split_lines(copy, head), encoding)):
        cells = item.original if isinstance(item.original, list) else []
        for name, cell in zip(item.format.names, cells, strict=False):
            if name in TIME_FIELDS and has_month_first(cell):
                copy.seek(0)
                return f"{item.place} has {cell.strip()}"
    copy.seek(0)
    return ""


def _read_head(stream: BinaryIO) -> bytes:
    """Return the first bytes, at most ``HEAD_BYTES``."""
    head = b""
    while len(head) < HEAD_BYTES and (chunk := stream.read(HEAD_BYTES - len(head))):
        head += chunk
    return head


def write_items(items: Iterable[Item], format: Format, out: IO[str]) -> None:  # noqa: A002
    """Write entries in a format, so that they can be fixed and imported again.

    Unless the format is JSON lines, the entries must already be in that format.
    """
    entries = (item for item in items if item.original is not None)
    if format.kind == "csv":
        writer = csv.writer(out, delimiter=format.delimiter, lineterminator="\n")
        writer.writerow(format.header)
        for item in entries:
            if isinstance(item.original, str):  # a row that could not be parsed
                out.write(f"{item.original}\n")
            else:
                writer.writerow(item.original)
    elif format.kind == "lines":
        out.writelines(f"{_as_line(item)}\n" for item in entries)
    else:
        out.write('{"items": [')
        for number, item in enumerate(entries):
            out.write(f"{',' if number else ''}\n{_as_json(item.original)}")
        out.write("\n]}\n")


def _as_line(item: Item) -> str:
    if item.format.kind == "csv":
        return _as_json(item.raw or dict(enumerate(item.original)))
    text: str = item.original if isinstance(item.original, str) else _as_json(item.original)
    return text


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    """Convert the decimals of the JSON parser; one that is too large for a float becomes text."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if abs(number) != float("inf") else str(value)
    raise TypeError(f"not JSON: {value!r}")


# JSON


class _NumberGuard:
    """A JSON stream that raises ``ValueError`` before a number that would crash the parser."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._end = b""

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        if TOO_LONG_NUMBER.search(self._end + chunk):
            raise ValueError(f"{MAX_DIGITS} digits in a row")
        self._end = chunk[-MAX_DIGITS:]
        return chunk


def _read_json(stream: BinaryIO, prefix: str) -> Iterator[Item]:
    """Read the objects at a prefix, in lists or envelopes, however many there are."""
    number = 0
    try:
        for value in ijson.items(_NumberGuard(stream), prefix, multiple_values=True):
            for entry in _unwrap(value):
                number += 1
                yield _item(f"item {number}", JSON, entry, entry)
    except (ijson.JSONError, ValueError) as error:
        yield Item(f"item {number + 1}", JSON, error=_json_error(error))


def _json_error(error: Exception) -> RecordError:
    message = str(error)
    if "premature EOF" in message:
        return RecordError("file", "ends unexpectedly here")
    if "UTF8" in message:
        return RecordError("file", "not UTF-8 here; the rest was not read")
    reason = message.splitlines()[0].removeprefix("parse error: ").strip()
    return RecordError("file", f"invalid JSON here ({reason}); the rest was not read")


def _item(place: str, format: Format, value: object, original: object) -> Item:  # noqa: A002
    if isinstance(value, Mapping):
        return Item(place, format, raw=value, original=original)
    error = RecordError("record", f"not an object: {_as_json(value)[:60]}")
    return Item(place, format, error=error, original=original)


def _unwrap(value: object) -> list[object]:
    """Return the records in an envelope, whatever else it has; or the value itself."""
    if not isinstance(value, dict) or REFERENCE_FIELD in value:
        return [value]
    lists = [part for part in value.values() if isinstance(part, list)]
    records = [part for part in lists if any(isinstance(entry, dict) for entry in part)]
    return next(iter(records or lists), [value])


def _is_lines(head: bytes) -> bool:
    """Tell whether there is one object per line: the first line is a whole record, or is closed."""
    first, newline, rest = head.lstrip().partition(b"\n")
    try:
        return _unwrap(json.loads(first)) == [json.loads(first)]
    except ValueError:
        second = rest.lstrip().startswith(b'{"')
        return bool(newline) and second and not first.rstrip().endswith((b"{", b"[", b",", b":"))


def _find_list(head: bytes) -> str:
    """Return the prefix of an envelope's list, so that it can be streamed; "" for whole objects."""
    key = ""
    try:
        for prefix, event, value in ijson.parse(
            _NumberGuard(io.BytesIO(head)), multiple_values=True
        ):
            if not prefix and (value == REFERENCE_FIELD or event == "end_map"):
                return ""
            if not prefix and event == "map_key":
                key = value
            elif event == "start_map" and prefix == f"{key}.item":
                return f"{key}.item"
    except (ijson.JSONError, ValueError):  # the head ends within the file
        pass
    return ""


def _read_lines(stream: BinaryIO) -> Iterator[Item]:
    for number, line in enumerate(stream, start=1):
        if line.strip():
            yield from _read_line(f"line {number}", line)


def _read_line(place: str, line: bytes) -> Iterator[Item]:
    text = line.decode(errors="surrogateescape").rstrip("\r\n")
    try:
        for entry in _unwrap(json.loads(text)):
            yield _item(place, LINES, entry, text)
    except (ValueError, RecursionError) as error:
        position = (
            f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        )
        yield Item(
            place, LINES, error=RecordError("record", f"invalid JSON{position}"), original=text
        )
