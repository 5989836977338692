"""Files of orders, read as a stream: a list, an object with a list, or one object per line.

Numbers are read exactly. What cannot be read becomes an entry with an error, without its text.
"""

import io
import json
from collections.abc import Iterator
from typing import BinaryIO

import ijson

from config.stored_texts import StoredText, stored_text
from returns.feed.encodings import Rejoined
from returns.feed.files import BYTE_ORDER_MARK
from returns.feed.json_items import (
    JSON_ERRORS,
    MAX_WHOLE_BYTES,
    JsonGuard,
    JsonGuardError,
    exact_number,
)
from returns.feed.orders.parsing import order_entry
from returns.feed.orders.records import ORDER_FIELD, OrderEntry
from returns.feed.records import RecordError

ORDER_HEAD_BYTES = 65_536  # from which the format is detected


def read_orders(stream: BinaryIO) -> Iterator[OrderEntry]:
    """Yield the entries of a file one by one; none for an empty file."""
    head = stream.read(ORDER_HEAD_BYTES).removeprefix(BYTE_ORDER_MARK)
    whole = io.BufferedReader(Rejoined(head, stream), ORDER_HEAD_BYTES)
    start = head.lstrip()[:1]
    if start == b"[":
        yield from _read_list(whole, "item")
    elif start == b"{" and _has_order_per_line(head):
        yield from _read_lines(whole)
    elif start == b"{":
        yield from _read_list(whole, _list_prefix(head))
    elif start:
        yield OrderEntry("line 1", error=RecordError("file", stored_text("not JSON")))


def _read_list(stream: BinaryIO, prefix: str) -> Iterator[OrderEntry]:
    number = 0
    depth = len(prefix.split(".")) if prefix else 0
    try:
        for value in ijson.items(JsonGuard(stream, depth), prefix, multiple_values=True):
            number += 1
            yield order_entry(f"item {number}", value)
    except JSON_ERRORS as error:
        yield OrderEntry(f"item {number + 1}", error=RecordError("file", _problem(error)))


def _problem(error: Exception) -> StoredText:
    """Return why JSON cannot be read; the parser's own words may repeat some of it."""
    if isinstance(error, JsonGuardError):
        return error.why
    return stored_text("invalid JSON here; the rest was not read")


def _has_order_per_line(head: bytes) -> bool:
    """Tell whether the first line is a whole order, or the only one."""
    try:
        return ORDER_FIELD in json.loads(head.lstrip().partition(b"\n")[0])
    except (ValueError, RecursionError):
        return False


def _list_prefix(head: bytes) -> str:
    """Return the prefix of the list of orders in an object; "" if the object is an order."""
    try:
        for prefix, event, value in ijson.parse(JsonGuard(io.BytesIO(head)), multiple_values=True):
            if not prefix and event == "map_key" and value == ORDER_FIELD:
                return ""
            if event == "start_map" and prefix.count(".") == 1 and prefix.endswith(".item"):
                return str(prefix)
    except JSON_ERRORS:  # the head ends within the file
        pass
    return ""


def _read_lines(stream: BinaryIO) -> Iterator[OrderEntry]:
    for number, line in enumerate(stream, start=1):
        if line.strip():
            yield _read_line(f"line {number}", line)


def _read_line(place: str, line: bytes) -> OrderEntry:
    if len(line) > MAX_WHOLE_BYTES:
        why = stored_text("a line of more than %(size)s MB", size=MAX_WHOLE_BYTES // 1_000_000)
        return OrderEntry(place, error=RecordError("record", why))
    try:
        return order_entry(place, json.loads(line, parse_float=exact_number))
    except (ValueError, RecursionError):
        return OrderEntry(place, error=RecordError("record", stored_text("invalid JSON")))
