"""A stream that nobody takes for whole when it broke off.

Our web server ends an answer in the same way whether its stream came to the end or failed. So a
failure is written into what is sent: a compressed stream becomes one that cannot be unpacked,
which every browser reports as a failed download; a plain one ends in words.
"""

import zlib
from collections.abc import Iterator

GZIP = 16 + zlib.MAX_WBITS
QUICK = 1  # the level of compression
# After a block of zlib: of a kind that there is not.
NO_BLOCK = b"\xff" * 64
NOT_WHOLE = b"\r\nTHIS FILE IS NOT COMPLETE: reading it failed. Export it again.\r\n"


def plain(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces; when they fail, words that say so, and then the failure."""
    try:
        yield from pieces
    except Exception:
        yield NOT_WHOLE
        raise


def gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces compressed; when they fail, what cannot be unpacked, and the failure."""
    packer = zlib.compressobj(QUICK, wbits=GZIP)
    try:
        for piece in pieces:
            yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    except Exception:
        yield packer.flush(zlib.Z_SYNC_FLUSH) + NO_BLOCK
        raise
    yield packer.flush()
