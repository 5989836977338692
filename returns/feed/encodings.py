"""Detection of a file's encoding, and conversion to UTF-8.

UTF-16 is detected by its byte order mark, or by the zero bytes of Latin letters; UTF-8 by its mark.
A CSV file without a mark that is not UTF-8 is read as Windows-1254 (Turkish). This is decided by
its first 64 kB, or if they are all ASCII, by the first line that is not.
"""

import codecs
import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from config.stored_texts import stored_text

UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
WINDOWS_TURKISH = "cp1254"
SNIFFED_BYTES = 64
MAX_LINE_BYTES = 4_000_000  # longer lines are cut


class NotATextError(ValueError):
    """The file is not text; its one argument says what it seems to be, and what to do."""


def as_utf8(head: bytes, stream: BinaryIO) -> BinaryIO:
    """Return the stream with its head put back, converted to UTF-8 if it is UTF-16.

    Raises ``NotATextError``.
    """
    whole = Rejoined(head, stream)
    encoding = UTF16_MARKS.get(head[:2]) or _detect_unmarked_utf16(head)
    if encoding:
        return io.BufferedReader(_Recoded(whole, encoding))
    if b"\x00" in head[:SNIFFED_BYTES]:
        raise NotATextError(stored_text("binary data, not text"))
    return io.BufferedReader(whole)


def _detect_unmarked_utf16(head: bytes) -> str:
    """Return the kind of UTF-16 without a mark: every other byte of Latin text is zero."""
    even, odd = head[:SNIFFED_BYTES:2], head[1:SNIFFED_BYTES:2]
    if odd and odd.count(0) >= 0.9 * len(odd) and 0 not in even:
        return "utf-16-le"
    if even and even.count(0) >= 0.9 * len(even) and 0 not in odd:
        return "utf-16-be"
    return ""


def encoding_label(content: bytes) -> str:
    """Return the encoding of a CSV file, as people call it."""
    if content[:2] in UTF16_MARKS or _detect_unmarked_utf16(content):
        return "UTF-16"
    is_marked = content.startswith(codecs.BOM_UTF8)
    return (
        "Windows-1254" if not is_marked and detect_encoding(content) == WINDOWS_TURKISH else "UTF-8"
    )


def detect_encoding(head: bytes) -> str:
    """Return the encoding of a CSV file by its first bytes; "" if they are all ASCII.

    UTF-8 with a few wrong bytes is still UTF-8.
    """
    if head.isascii():
        return ""
    text = head.decode(errors="replace")
    wrong = text.count("\ufffd")
    return "utf-8" if sum(not letter.isascii() for letter in text) >= 2 * wrong else WINDOWS_TURKISH


def text_lines(lines: Iterable[bytes], encoding: str = "") -> Iterator[str]:
    """Yield the lines of a CSV file as text; if no encoding is given, the first lines decide.

    Bytes that are invalid in the encoding are kept (``surrogateescape``), and rejected later with
    the name of their field.
    """
    for line in lines:
        encoding = encoding or detect_encoding(line)
        yield line.decode(encoding or "ascii", "surrogateescape")


def split_lines(stream: BinaryIO, head: bytes) -> Iterable[bytes]:
    """Return the lines of a stream; in files from an old Macintosh they end in CR alone."""
    if b"\r" in head and b"\n" not in head:
        return _split_at_cr(stream)
    return iter(lambda: stream.readline(MAX_LINE_BYTES), b"")


def _split_at_cr(stream: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(io.DEFAULT_BUFFER_SIZE):
        *whole, rest = (rest + chunk).split(b"\r")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


class Rejoined(io.RawIOBase):
    """A stream with the head put back that was already read from it."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what is available, and return the number of bytes."""
        chunk = self._head[: len(buffer)] or self._stream.read(len(buffer))
        self._head = self._head[len(chunk) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)


class _Recoded(io.RawIOBase):
    """A stream converted to UTF-8; lone surrogates are kept."""

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
                text = "�"  # the file ends in the middle of a character
            self._ready = text.encode("utf-8", "surrogatepass")
        chunk, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)
