"""The network side of a pull: asks another Returns API for a page, whatever happens on the way.

What may pass is tried again, after a pause that grows and is never quite the same; what will not
pass by itself ends with a sentence that says what to do. The token goes into one header alone, to
the address it is for, and into no message.
"""

import json
import logging
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from random import Random
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
    build_opener,
)

logger = logging.getLogger(__name__)

ATTEMPTS = 8  # of one page
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds
# Longest that the far side may let us wait by its own word, in seconds.
LONGEST_WAIT = 300.0
SILENCE = 20.0  # seconds without a byte
WHOLE_ANSWER = 60.0  # seconds
LARGEST_ANSWER = 50_000_000  # bytes
CHUNK = 65_536
WITH_TAGS, WITHOUT_TAGS = "Returns/GetReturnsWithTag", "Returns"
RETRY = "The Returns API at %s: %s Attempt %s of %s; the next after %.1f s."
TELLS_IN_VAIN = "It was asked {attempts} times."


class FarSideError(Exception):
    """The far side cannot be read; the message says why, for people."""


class _PassingError(Exception):
    """Something that may be gone when the page is asked for again."""


class _AskedToWaitError(_PassingError):
    """The far side says when it may be asked again: ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__("It lets us wait.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class FarPage:
    """A page: its entries, untrusted, and how many match in all where that is told."""

    items: list[Any]
    total: int | None


class _NoRedirects(HTTPRedirectHandler):
    """Follows nothing: the token would go along to wherever that leads."""

    def redirect_request(self, *_args: Any) -> None:
        """Return nothing, so that the answer is an error."""


class _HttpWithinTime(HTTPConnection):
    """Waits for the headers of an answer no longer than for a whole one."""

    def getresponse(self) -> HTTPResponse:
        """Return the answer, or end the connection when its time is over."""
        timer = threading.Timer(WHOLE_ANSWER, self._cut)
        timer.start()
        try:
            return super().getresponse()
        finally:
            timer.cancel()

    def _cut(self) -> None:
        with suppress(OSError, AttributeError):  # it may be closed already
            self.sock.shutdown(socket.SHUT_RDWR)


class _HttpsWithinTime(_HttpWithinTime, HTTPSConnection):
    """The same over TLS."""


class _Http(HTTPHandler):
    def http_open(self, request: Request) -> HTTPResponse:
        """Ask within time."""
        return self.do_open(_HttpWithinTime, request)


class _Https(HTTPSHandler):
    def https_open(self, request: Request) -> HTTPResponse:
        """Ask within time."""
        return self.do_open(_HttpsWithinTime, request, context=ssl.create_default_context())


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirects(), _Http(), _Https())


@dataclass
class Client:
    """Asks one Returns API. ``sleep`` gets seconds; it may raise, to end everything."""

    address: str
    token: str
    tenant: str = ""
    sleep: Callable[[float], None] = time.sleep
    random: Random = field(default_factory=Random)
    silence: float = SILENCE
    _path: str = WITH_TAGS
    _wait: float = 0.0
    _opener: OpenerDirector = field(default_factory=_opener)

    @property
    def origin(self) -> str:
        """Return the address without what may be secret in it."""
        parts = urlsplit(self.address)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
        return f"{parts.scheme}://{host}{parts.path}".rstrip("/")

    def page(self, dqb: str) -> FarPage:
        """Return the page that a DynamicQueryBuilder query asks for.

        Raises ``FarSideError``.
        """
        why = ""
        for attempt in range(ATTEMPTS):
            try:
                return self._once(dqb)
            except _AskedToWaitError as wait:
                why = str(wait)
                pause = min(wait.seconds, LONGEST_WAIT) + self.random.uniform(0, 1)
            except _PassingError as error:
                why = str(error)
                pause = self.random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))
            logger.info(RETRY, self.origin, why, attempt + 1, ATTEMPTS, pause)
            self.sleep(pause)
        raise FarSideError(f"{why} {TELLS_IN_VAIN.format(attempts=ATTEMPTS)}")

    def _once(self, dqb: str) -> FarPage:
        if self._wait:
            self.sleep(self._wait)
            self._wait = 0.0
        request = Request(  # noqa: S310 - the scheme was checked with the settings
            f"{self.address.rstrip('/')}/{self._path}?dqb={quote(dqb, safe='')}",
            headers=self._headers(),
        )
        try:
            with self._opener.open(request, timeout=self.silence) as answer:
                body, headers = _read(answer), answer.headers
        except HTTPError as error:
            return self._refused(error, dqb)
        except (OSError, HTTPException, URLError) as error:
            raise _PassingError(f"It does not answer ({_reason(error)}).") from None
        if headers.get("x-remaining-calls") == "0":
            self._wait = min(_seconds(headers, 1.0), LONGEST_WAIT)
        return _page(_unpacked(body, headers))

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        headers |= {"Authorization": f"Bearer {self.token}", "User-Agent": "returns-desk"}
        return headers | ({"X-Tenant-Id": self.tenant} if self.tenant else {})

    def _refused(self, error: HTTPError, dqb: str) -> FarPage:
        with error:
            status = error.code
        if status == 404 and self._path == WITH_TAGS:
            self._path = WITHOUT_TAGS  # an older API
            return self._once(dqb)
        if status == 429:
            raise _AskedToWaitError(_seconds(error.headers, LONGEST_PAUSE))
        if status >= 500 or status == 408:
            raise _PassingError(f"It answers {status}.")
        raise FarSideError(_REFUSALS.get(status, f"It answers {status}, which nobody expected."))


_REFUSALS = {
    400: "It does not understand what it is asked (400). Is it a Returns API?",
    401: "It does not know the token (401). Check RETURNS_API_TOKEN.",
    403: "It does not let the token in (403). Check its scopes, and RETURNS_API_TENANT.",
    404: "There is no Returns API at this address (404). Check RETURNS_API_URL.",
} | dict.fromkeys(
    (301, 302, 303, 307, 308),
    "It sends us to another address, where the token must not go. Put that into RETURNS_API_URL.",
)


def _read(answer: IO[bytes]) -> bytes:
    """Read an answer that may come drop by drop, or never end."""
    end, body = time.monotonic() + WHOLE_ANSWER, bytearray()
    while chunk := answer.read1(CHUNK):  # type: ignore[attr-defined]
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise _too_large()
        if time.monotonic() > end:
            raise _PassingError(f"An answer takes longer than {WHOLE_ANSWER:.0f} s.")
    length = answer.headers.get("Content-Length", "")  # type: ignore[attr-defined]
    if length.isdecimal() and len(body) < int(length):
        raise _PassingError("An answer breaks off.")
    return bytes(body)


def _too_large() -> FarSideError:
    return FarSideError(f"A page is larger than {LARGEST_ANSWER // 1_000_000} MB.")


def _unpacked(body: bytes, headers: Message) -> bytes:
    if headers.get("Content-Encoding", "").lower() != "gzip":
        return body
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = unpacking.decompress(body, LARGEST_ANSWER)
    except zlib.error:
        raise _PassingError("An answer is broken.") from None
    if unpacking.unconsumed_tail:
        raise _too_large()
    if not unpacking.eof:
        raise _PassingError("An answer breaks off.")
    return plain


def _page(body: bytes) -> FarPage:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise _PassingError("An answer is no JSON.") from None
    items = said.get("items") if isinstance(said, Mapping) else None
    if not isinstance(items, list):
        raise _PassingError('An answer is not {"items": [...]}.')
    total = said.get("dataSetCount")
    return FarPage(items, total if type(total) is int else None)


def _seconds(headers: Message, otherwise: float) -> float:
    for name in ("x-retry-after", "Retry-After"):
        try:
            return max(0.0, float(headers.get(name, "")))
        except ValueError:
            continue
    return otherwise


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(reason).__name__
