"""JSON files: objects in lists or envelopes, or one per line, become items."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import accumulate
from typing import BinaryIO

import ijson

from config.stored_texts import StoredText, stored_text
from returns.feed.items import JSON, LINES, Format, Item
from returns.feed.reasons import Why
from returns.feed.records import REFERENCE_FIELD, RecordError

# The last is raised for a number whose exponent has too many digits for a Decimal.
JSON_ERRORS = (ijson.JSONError, ValueError, ArithmeticError)
MAX_DIGITS = 4000
MAX_JSON_DEPTH = 200  # levels of lists and objects
BRACKET_DEPTHS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
NO_BRACKETS = bytes(byte for byte in range(256) if byte not in BRACKET_DEPTHS)
ESCAPED = re.compile(rb"\\.", re.DOTALL)
TOO_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % MAX_DIGITS)
SAMPLED_BYTES = 2_000_000  # from which the lists are known
# A value in memory may take 30 times as much as its text, and what is read whole is one value.
MAX_LISTS = 100
MAX_RECORD_BYTES = 1_000_000
MAX_WHOLE_BYTES = 5_000_000  # of a line, or of a file whose records are in no list


class JsonGuardError(ValueError):
    """The parser would be exhausted; ``why`` says by what, ``is_record`` that a record is long."""

    def __init__(self, why: StoredText, *, is_record: bool = False) -> None:
        super().__init__(why)
        self.why, self.is_record = why, is_record


class JsonGuard:
    """A JSON stream that raises ``JsonGuardError`` before what would exhaust the parser.

    That is a number with thousands of digits, lists and objects in thousands of others, and a value
    of many bytes within a list at this depth; at depth 0 that is the whole text.
    """

    def __init__(self, stream: BinaryIO, depth_of_list: int = 0) -> None:
        self._stream = stream
        self._depth_of_list = depth_of_list
        self._length = 0  # of the chunks since the last one with an end of a value of the list
        self._end = b""
        self._depth = 0
        self._is_text = False  # whether the last chunk ended within a text
        self._backslash = b""  # at the end of the last chunk

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        chunk = self._stream.read(size)
        if TOO_LONG_NUMBER.search(self._end + chunk):
            raise JsonGuardError(stored_text("%(count)s digits in a row", count=MAX_DIGITS))
        least = self._check_depth(chunk)
        self._check_length(len(chunk), least)
        self._end = chunk[-MAX_DIGITS:]
        return chunk

    def _check_length(self, length: int, least_depth: int) -> None:
        is_between = least_depth <= self._depth_of_list
        self._length = length if is_between else self._length + length
        most = MAX_RECORD_BYTES if self._depth_of_list else MAX_WHOLE_BYTES
        if self._length > most:
            why = stored_text(
                "a record of more than %(size)s MB; the rest was not read", size=most // 1_000_000
            )
            raise JsonGuardError(why, is_record=True)

    def _check_depth(self, chunk: bytes) -> int:
        """Return the least depth within the chunk."""
        text = ESCAPED.sub(b"", self._backslash + chunk)
        self._backslash = text[-1:] if text.endswith(b"\\") else b""
        parts = text.split(b'"')
        outside = b"".join(parts[self._is_text :: 2]).translate(None, NO_BRACKETS)
        self._is_text ^= len(parts) % 2 == 0
        depths = list(accumulate(map(BRACKET_DEPTHS.__getitem__, outside), initial=self._depth))
        if max(depths) > MAX_JSON_DEPTH:
            raise JsonGuardError(stored_text("more than %(most)s levels deep", most=MAX_JSON_DEPTH))
        self._depth = depths[-1]
        return min(depths)


def exact_number(text: str) -> Decimal:
    """Return a number of JSON, for ``parse_float``; one that no Decimal holds is a ValueError."""
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError("a number is too large") from None


def has_more_values(text: bytes, most: int) -> bool:
    """Tell whether JSON has more values in lists and objects, without making them."""
    if sum(map(text.count, (b",", b"[", b"{"))) <= most:  # texts may have some of these too
        return False
    outside = b"".join(ESCAPED.sub(b"", text).split(b'"')[::2])
    return sum(map(outside.count, (b",", b"[", b"{"))) > most


def count_values(value: object, most: int) -> int:
    """Return how many values are in a value, with those within them; at most ``most``."""
    waiting, count = [value], 0
    while waiting and count < most:
        each = waiting.pop()
        count += 1
        if isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return count


def read_json(stream: BinaryIO, prefix: str, *, unwraps: bool = True) -> Iterator[Item]:
    """Read the objects at a prefix, in lists or envelopes, however many there are."""
    number = 0
    try:
        depth = len(prefix.split(".")) if prefix else 0
        for value in ijson.items(JsonGuard(stream, depth), prefix, multiple_values=True):
            for entry in _unwrap(value) if unwraps else [value]:
                number += 1
                yield _item(f"item {number}", JSON, entry, entry)
    except JSON_ERRORS as error:
        yield Item(f"item {number + 1}", JSON, error=_json_error(error))


def read_records(stream: BinaryIO, head: bytes, prefix: str) -> Iterator[Item]:
    """Read the objects of the chosen list of foreign JSON; the outermost list if none is chosen."""
    if not prefix and head.lstrip()[:1] == b"{" and is_lines(head):
        yield from read_lines(stream, unwraps=False)
        return
    prefix = prefix or next(iter(find_lists(head)), "")
    yield from read_json(stream, prefix, unwraps=False)


def _json_error(error: Exception) -> RecordError:
    if isinstance(error, JsonGuardError) and error.is_record:
        return RecordError("file", error.why)
    message = str(error)
    if "premature EOF" in message:
        return RecordError("file", stored_text("ends unexpectedly here"))
    if "UTF8" in message:
        return RecordError("file", stored_text("not UTF-8 here; the rest was not read"))
    if isinstance(error, ArithmeticError):
        message = "a number is too large"
    problem: Why = message.splitlines()[0].removeprefix("parse error: ").strip()
    if isinstance(error, JsonGuardError):
        problem = error.why
    why = stored_text("invalid JSON here (%(problem)s); the rest was not read", problem=problem)
    return RecordError("file", why)


def _item(place: str, format: Format, value: object, original: object) -> Item:  # noqa: A002
    if isinstance(value, Mapping):
        return Item(place, format, raw=value, original=original)
    why = stored_text("not an object: %(value)s", value=to_json(value)[:60])
    return Item(place, format, error=RecordError("record", why), original=original)


def _unwrap(value: object) -> list[object]:
    """Return the records in an envelope, whatever else it has; or the value itself."""
    if not isinstance(value, dict) or REFERENCE_FIELD in value:
        return [value]
    lists = [part for part in value.values() if isinstance(part, list)]
    records = [part for part in lists if any(isinstance(entry, dict) for entry in part)]
    return next(iter(records or lists), [value])


def is_lines(head: bytes) -> bool:
    """Tell whether there is one object per line: the first line is a whole record, or is closed."""
    first, newline, rest = head.lstrip().partition(b"\n")
    try:
        return _unwrap(json.loads(first)) == [json.loads(first)]
    except RecursionError:
        return False
    except ValueError:
        second = rest.lstrip().startswith(b'{"')
        return bool(newline) and second and not first.rstrip().endswith((b"{", b"[", b",", b":"))


def find_list(head: bytes) -> str:
    """Return the prefix of an envelope's list, so that it can be streamed; "" for whole objects."""
    key = ""
    try:
        for prefix, event, value in ijson.parse(JsonGuard(io.BytesIO(head)), multiple_values=True):
            if not prefix and (value == REFERENCE_FIELD or event == "end_map"):
                return ""
            if not prefix and event == "map_key":
                key = value
            elif event == "start_map" and prefix == f"{key}.item":
                return f"{key}.item"
    except JSON_ERRORS:  # the head ends within the file
        pass
    return ""


def read_lines(stream: BinaryIO, *, unwraps: bool = True) -> Iterator[Item]:
    """Read one object per line."""
    for number, line in enumerate(stream, start=1):
        if line.strip():
            yield from _read_line(f"line {number}", line, unwraps=unwraps)


def _read_line(place: str, line: bytes, *, unwraps: bool) -> Iterator[Item]:
    if len(line) > MAX_WHOLE_BYTES:
        why = stored_text("a line of more than %(size)s MB", size=MAX_WHOLE_BYTES // 1_000_000)
        yield Item(place, LINES, error=RecordError("record", why))
        return
    text = line.decode(errors="surrogateescape").rstrip("\r\n")
    try:
        value = json.loads(text)
        for entry in _unwrap(value) if unwraps else [value]:
            yield _item(place, LINES, entry, text)
    except (ValueError, RecursionError) as error:
        why = stored_text("invalid JSON")
        if isinstance(error, json.JSONDecodeError):
            why = stored_text("invalid JSON at character %(place)s", place=str(error.pos + 1))
        yield Item(place, LINES, error=RecordError("record", why), original=text)


def find_lists(content: bytes) -> dict[str, int]:
    """Return the lists of objects in JSON: the prefix of each, and how many objects it has.

    The outermost come first. Only the first 2 MB are read, and at most 100 lists are returned.
    """
    counts: Counter[str] = Counter()
    try:
        for prefix, event, _ in ijson.parse(
            JsonGuard(io.BytesIO(content[:SAMPLED_BYTES])), multiple_values=True
        ):
            is_entry = event == "start_map" and prefix.split(".")[-1] == "item"
            if is_entry and (prefix in counts or len(counts) < MAX_LISTS):
                counts[prefix] += 1
    except JSON_ERRORS:  # cut off, or no JSON from here on
        pass
    return dict(sorted(counts.items(), key=lambda each: each[0].count(".")))


def to_json(value: object) -> str:
    """Return a value as JSON; it may have the decimals of the JSON parser."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    """Convert the decimals of the JSON parser; one that is too large for a float becomes text."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if abs(number) != float("inf") else str(value)
    raise TypeError(f"not JSON: {value!r}")
