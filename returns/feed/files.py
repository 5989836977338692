"""Files of returns, read as a stream: JSON in any envelope, a JSON object a line, or CSV.

The format is told from the content. What cannot be read becomes an item with an error, and the
rest goes on where the format allows it.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import IO, BinaryIO

import ijson

from returns.feed.csv_rows import read_csv
from returns.feed.encodings import (
    Joined,
    NotATextError,
    as_utf8,
    encoding_of,
    lines_of,
    text_lines,
)
from returns.feed.items import JSON, LINES, Format, Item
from returns.feed.records import API_NAMES, RecordError

HEAD = 65536  # bytes from which the format is told
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MOST_DIGITS = 4000
TOO_LONG_A_NUMBER = re.compile(rb"[0-9]{%d}" % MOST_DIGITS)
REFERENCE = API_NAMES["return_reference_number"]


def read_items(stream: BinaryIO) -> Iterator[Item]:
    """Yield the entries of a file one by one; an empty file has none."""
    try:
        plain = as_utf8(stream.read(HEAD), stream)
    except NotATextError as error:
        yield Item("line 1", LINES, error=RecordError("file", str(error)))
        return
    marked = _head_of(plain)
    head = marked.removeprefix(BYTE_ORDER_MARK)
    whole = io.BufferedReader(Joined(head, plain), HEAD)
    start = head.lstrip()[:1]
    if start == b"[":
        yield from _read_json(whole, "item")
    elif start == b"{" and _is_lines(head):
        yield from _read_lines(whole)
    elif start == b"{":
        yield from _read_json(whole, _prefix_of_items(head))
    elif start:
        encoding = "utf-8" if head != marked else encoding_of(head)
        yield from read_csv(text_lines(lines_of(whole, head), encoding))


def _head_of(stream: BinaryIO) -> bytes:
    """Return the first bytes, as many as there are up to what tells the format."""
    head = b""
    while len(head) < HEAD and (chunk := stream.read(HEAD - len(head))):
        head += chunk
    return head


def write_items(items: Iterable[Item], format: Format, out: IO[str]) -> None:  # noqa: A002
    """Write entries back in a format, such that, once mended, they can be read again.

    Entries of other formats than JSON lines have to be in the format already.
    """
    entries = (item for item in items if item.written is not None)
    if format.kind == "csv":
        writer = csv.writer(out, delimiter=format.delimiter, lineterminator="\n")
        writer.writerow(format.header)
        for item in entries:
            if isinstance(item.written, str):  # a row that cannot be taken apart
                out.write(f"{item.written}\n")
            else:
                writer.writerow(item.written)
    elif format.kind == "lines":
        out.writelines(f"{_as_line(item)}\n" for item in entries)
    else:
        out.write('{"items": [')
        for number, item in enumerate(entries):
            out.write(f"{',' if number else ''}\n{_as_json(item.written)}")
        out.write("\n]}\n")


def _as_line(item: Item) -> str:
    if item.format.kind == "csv":
        return _as_json(item.raw or dict(enumerate(item.written)))
    text: str = item.written if isinstance(item.written, str) else _as_json(item.written)
    return text


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    """JSON's numbers arrive as decimals; one too large for a float is written as text."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if abs(number) != float("inf") else str(value)
    raise TypeError(f"not JSON: {value!r}")


# JSON


class _ShortNumbers:
    """A stream of JSON that ends in an error before a number that the parser would crash on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._end = b""

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        if TOO_LONG_A_NUMBER.search(self._end + chunk):
            raise ValueError(f"{MOST_DIGITS} digits in a row")
        self._end = chunk[-MOST_DIGITS:]
        return chunk


def _read_json(stream: BinaryIO, prefix: str) -> Iterator[Item]:
    """Read lists and envelopes: the objects at a prefix, however many there are."""
    number = 0
    try:
        for value in ijson.items(_ShortNumbers(stream), prefix, multiple_values=True):
            for entry in _entries(value):
                number += 1
                yield _item(f"item {number}", JSON, entry, entry)
    except (ijson.JSONError, ValueError) as error:
        yield Item(f"item {number + 1}", JSON, error=_broken(error))


def _broken(error: Exception) -> RecordError:
    message = str(error)
    if "premature EOF" in message:
        return RecordError("file", "breaks off here")
    if "UTF8" in message:
        return RecordError("file", "not UTF-8 here; the rest was not read")
    reason = message.splitlines()[0].removeprefix("parse error: ").strip()
    return RecordError("file", f"not JSON here ({reason}); the rest was not read")


def _item(place: str, format: Format, value: object, written: object) -> Item:  # noqa: A002
    if isinstance(value, Mapping):
        return Item(place, format, raw=value, written=written)
    error = RecordError("record", f"not an object: {_as_json(value)[:60]}")
    return Item(place, format, error=error, written=written)


def _entries(value: object) -> list[object]:
    """An envelope stands for the records in it, whatever else it says beside them."""
    if not isinstance(value, dict) or REFERENCE in value:
        return [value]
    lists = [part for part in value.values() if isinstance(part, list)]
    records = [part for part in lists if any(isinstance(entry, dict) for entry in part)]
    return next(iter(records or lists), [value])


def _is_lines(head: bytes) -> bool:
    """One object a line: the first line is a record, or at least is not continued below."""
    first, newline, rest = head.lstrip().partition(b"\n")
    try:
        return _entries(json.loads(first)) == [json.loads(first)]
    except ValueError:
        second = rest.lstrip().startswith(b'{"')
        return bool(newline) and second and not first.rstrip().endswith((b"{", b"[", b",", b":"))


def _prefix_of_items(head: bytes) -> str:
    """Find the list of an envelope, so that it can be read one by one; "" for whole objects."""
    key = ""
    try:
        for at, event, value in ijson.parse(_ShortNumbers(io.BytesIO(head)), multiple_values=True):
            if not at and (value == REFERENCE or event == "end_map"):
                return ""
            if not at and event == "map_key":
                key = value
            elif event == "start_map" and at == f"{key}.item":
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
        for entry in _entries(json.loads(text)):
            yield _item(place, LINES, entry, text)
    except (ValueError, RecursionError) as error:
        at = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        yield Item(place, LINES, error=RecordError("record", f"not JSON{at}"), written=text)
