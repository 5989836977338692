"""Streams that show when they broke off.

Our web server ends an answer in the same way whether its stream ended or failed. So a failure is
marked in the data itself: a gzip stream becomes invalid, which browsers report as a failed
download, and a plain text stream ends with a sentence.
"""

import zlib
from collections.abc import Iterator

from django.utils.translation import gettext as _

GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS
FASTEST_LEVEL = 1
# An invalid zlib block type, so that the receiver notices the break.
INVALID_BLOCK = b"\xff" * 64


def plain_stream(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the chunks. If they fail, yield a sentence that says so and raise the error again."""
    # Said now, in the language of the page; the chunks are read when that may be over.
    note = _("THIS FILE IS NOT COMPLETE: reading it failed. Export it again.")
    return _plain_stream(chunks, f"\r\n{note}\r\n".encode())


def _plain_stream(chunks: Iterator[bytes], note: bytes) -> Iterator[bytes]:
    try:
        yield from chunks
    except Exception:
        yield note
        raise


def gzip_stream(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the chunks compressed. If they fail, make the stream invalid and raise the error."""
    compressor = zlib.compressobj(FASTEST_LEVEL, wbits=GZIP_WINDOW_BITS)
    try:
        for chunk in chunks:
            yield compressor.compress(chunk) + compressor.flush(zlib.Z_SYNC_FLUSH)
    except Exception:
        yield compressor.flush(zlib.Z_SYNC_FLUSH) + INVALID_BLOCK
        raise
    yield compressor.flush()
