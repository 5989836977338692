"""Files in other encodings, read as UTF-8.

Told from the content: UTF-16 by its mark, or by the zeros of its Latin letters; UTF-8 by its
mark. A CSV file without one that is not UTF-8 is taken as Windows-1254, Turkish: by its first
64 kB, or where these are ASCII, by its first line that is not.
"""

import codecs
import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
TURKISH = "cp1254"
ENOUGH = 64  # bytes that tell
# What spreadsheets save by themselves.
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class NotATextError(ValueError):
    """The file is no text; the message says what it seems to be, and what to do."""


def as_utf8(head: bytes, stream: BinaryIO) -> BinaryIO:
    """Return a stream, whose head was read already, in UTF-8 as far as it is UTF-16.

    Raises ``NotATextError``.
    """
    if head.startswith((ZIP, OLD_EXCEL)):
        raise NotATextError("a spreadsheet or an archive; save it as CSV")
    whole = Joined(head, stream)
    encoding = UTF16_MARKS.get(head[:2]) or _by_its_zeros(head)
    if encoding:
        return io.BufferedReader(_Recoded(whole, encoding))
    if b"\x00" in head[:ENOUGH]:
        raise NotATextError("no text, but binary")
    return io.BufferedReader(whole)


def _by_its_zeros(head: bytes) -> str:
    """Tell UTF-16 without a mark: every other byte of Latin text is zero."""
    even, odd = head[:ENOUGH:2], head[1:ENOUGH:2]
    if odd and odd.count(0) >= 0.9 * len(odd) and 0 not in even:
        return "utf-16-le"
    if even and even.count(0) >= 0.9 * len(even) and 0 not in odd:
        return "utf-16-be"
    return ""


def name_of(content: bytes) -> str:
    """Return how a CSV file is encoded, as people call it."""
    if content[:2] in UTF16_MARKS or _by_its_zeros(content):
        return "UTF-16"
    is_marked = content.startswith(codecs.BOM_UTF8)
    return "Windows-1254" if not is_marked and encoding_of(content) == TURKISH else "UTF-8"


def encoding_of(head: bytes) -> str:
    """Return the encoding that the first bytes of a CSV file tell; "" where they are all ASCII.

    A few bytes that are wrong do not make another encoding of it.
    """
    if head.isascii():
        return ""
    told = head.decode(errors="replace")
    wrong = told.count("\ufffd")
    return "utf-8" if sum(not letter.isascii() for letter in told) >= 2 * wrong else TURKISH


def text_lines(lines: Iterable[bytes], encoding: str = "") -> Iterator[str]:
    """Yield the lines of a CSV file as text; without an encoding the first letters tell it.

    What the encoding does not have is kept as it is (``surrogateescape``) and refused later, with
    its field.
    """
    for line in lines:
        encoding = encoding or encoding_of(line)
        yield line.decode(encoding or "ascii", "surrogateescape")


def lines_of(stream: BinaryIO, head: bytes) -> Iterable[bytes]:
    """Return the lines of a stream; of one from an old Macintosh they end in CR alone."""
    if b"\r" in head and b"\n" not in head:
        return _parted_by_returns(stream)
    return stream


def _parted_by_returns(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(io.DEFAULT_BUFFER_SIZE):
        *whole, rest = (rest + chunk).split(b"\r")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


class Joined(io.RawIOBase):
    """A stream and the head that was read from it already."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there is something, and return how far."""
        chunk = self._head[: len(buffer)] or self._stream.read(len(buffer))
        self._head = self._head[len(chunk) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)


class _Recoded(io.RawIOBase):
    """A stream of another encoding, as UTF-8; halves of characters stay as they are."""

    def __init__(self, stream: io.RawIOBase, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        self._ready = b""
        self._is_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._is_end:
            chunk = self._stream.read(io.DEFAULT_BUFFER_SIZE) or b""
            self._is_end = not chunk
            try:
                text = self._decoder.decode(chunk, self._is_end)
            except UnicodeDecodeError:
                text = "�"  # the file ends within a character
            self._ready = text.encode("utf-8", "surrogatepass")
        chunk, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)
