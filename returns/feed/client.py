"""The HTTP client of a pull: requests one page at a time, whatever happens on the way.

Errors that may pass are retried after a random, growing pause. Errors that will not pass end with a
sentence that says what to do. The token is sent in one header only, only to its own address, and is
in no message.
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

from config.stored_texts import stored_text
from returns.feed.json_items import exact_number
from returns.feed.remote_errors import (
    ERROR_MESSAGES,
    MISSING_PATH_STATUSES,
    MissingPathError,
    RemoteApiError,
    RetryAfterError,
    TransientError,
)
from tags.sentences import joined

logger = logging.getLogger(__name__)

MAX_PAGE_ATTEMPTS = 8  # per page
FIRST_RETRY_PAUSE, MAX_RETRY_PAUSE = 1.0, 60.0  # seconds
# The longest pause that the API can ask for, in seconds.
MAX_RETRY_AFTER = 300.0
READ_TIMEOUT = 20.0  # seconds without any data
RESPONSE_TIMEOUT = 60.0  # seconds for a whole response
MAX_RESPONSE_BYTES = 50_000_000
CHUNK_BYTES = 65_536
WITH_TAGS, WITHOUT_TAGS = "Returns/GetReturnsWithTag", "Returns"
RETRY_LOG = "Returns API at %s: %s Attempt %s of %s failed; next one in %.1f s."


@dataclass(frozen=True, slots=True)
class RemotePage:
    """A page of untrusted entries. ``total`` is the number of all matches, None if not given."""

    items: list[Any]
    total: int | None


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirects: the token would be sent to the new address."""

    def redirect_request(self, *_args: Any) -> None:
        """Return None, which makes the redirect an error."""


class _TimedHttpConnection(HTTPConnection):
    """Limits the time to wait for the headers of a response."""

    def getresponse(self) -> HTTPResponse:
        """Return the response; close the connection when the time is over."""
        timer = threading.Timer(RESPONSE_TIMEOUT, self._disconnect)
        timer.start()
        try:
            return super().getresponse()
        finally:
            timer.cancel()

    def _disconnect(self) -> None:
        with suppress(OSError, AttributeError):  # it may be closed already
            self.sock.shutdown(socket.SHUT_RDWR)


class _TimedHttpsConnection(_TimedHttpConnection, HTTPSConnection):
    """The same over TLS."""


class _Http(HTTPHandler):
    def http_open(self, request: Request) -> HTTPResponse:
        """Send the request over a connection with a time limit."""
        return self.do_open(_TimedHttpConnection, request)


class _Https(HTTPSHandler):
    def https_open(self, request: Request) -> HTTPResponse:
        """Send the request over a connection with a time limit."""
        return self.do_open(_TimedHttpsConnection, request, context=ssl.create_default_context())


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirects(), _Http(), _Https())


@dataclass
class Client:
    """A client of one Returns API. ``sleep`` gets seconds; it may raise, to end the pull."""

    address: str
    token: str
    tenant: str = ""
    sleep: Callable[[float], None] = time.sleep
    random: Random = field(default_factory=Random)
    read_timeout: float = READ_TIMEOUT
    _path: str = WITH_TAGS
    _wait: float = 0.0
    _opener: OpenerDirector = field(default_factory=_opener)

    @property
    def origin(self) -> str:
        """Return the address without credentials."""
        parts = urlsplit(self.address)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
        return f"{parts.scheme}://{host}{parts.path}".rstrip("/")

    def fetch_page(self, dqb: str, path: str = "", *, exact: bool = False) -> RemotePage:
        """Return the page for a DynamicQueryBuilder query: of returns, or of another path.

        With ``exact``, numbers with a fraction are decimals. Raises ``RemoteApiError``, and
        ``MissingPathError`` if the API has no such path.
        """
        numbers = exact_number if exact else float
        query = f"?dqb={quote(dqb, safe='')}"
        return self._fetch(path, query, lambda body: _parse_page(body, numbers))

    def fetch_one(self, path: str, *, exact: bool = False) -> Any:
        """Return the entry at a path, as untrusted JSON; None if the API has none (404).

        Raises ``RemoteApiError``.
        """
        numbers = exact_number if exact else float
        try:
            return self._fetch(path, "", lambda body: _parse_json(body, numbers))
        except MissingPathError as error:
            if error.status == 404:
                return None
            raise

    def _fetch[Parsed](self, path: str, query: str, parse: Callable[[bytes], Parsed]) -> Parsed:
        problem = stored_text("The API asked to wait.")
        for attempt in range(MAX_PAGE_ATTEMPTS):
            try:
                return parse(self._attempt(path, query))
            except RetryAfterError as wait:
                problem = wait.args[0]
                pause = min(wait.seconds, MAX_RETRY_AFTER) + self.random.uniform(0, 1)
            except TransientError as error:
                problem = error.args[0]
                pause = self.random.uniform(0, min(MAX_RETRY_PAUSE, FIRST_RETRY_PAUSE * 2**attempt))
            logger.info(RETRY_LOG, self.origin, problem, attempt + 1, MAX_PAGE_ATTEMPTS, pause)
            self.sleep(pause)
        gave_up = stored_text("Gave up after %(count)s attempts.", count=MAX_PAGE_ATTEMPTS)
        raise RemoteApiError(joined([problem, gave_up]))

    def _attempt(self, path: str, query: str) -> bytes:
        if self._wait:
            self.sleep(self._wait)
            self._wait = 0.0
        request = Request(  # noqa: S310 - the scheme was checked with the settings
            f"{self.address.rstrip('/')}/{path or self._path}{query}",
            headers=self._headers(),
        )
        try:
            with self._opener.open(request, timeout=self.read_timeout) as answer:
                body, headers = _read_body(answer), answer.headers
        except HTTPError as error:
            return self._handle_error_status(error, path, query)
        except (OSError, HTTPException, URLError) as error:
            why = stored_text("The API does not answer (%(problem)s).", problem=_reason(error))
            raise TransientError(why) from None
        if headers.get("x-remaining-calls") == "0":
            self._wait = min(_retry_after(headers, 1.0), MAX_RETRY_AFTER)
        return _decompress(body, headers)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        headers |= {"Authorization": f"Bearer {self.token}", "User-Agent": "returns-desk"}
        return headers | ({"X-Tenant-Id": self.tenant} if self.tenant else {})

    def _handle_error_status(self, error: HTTPError, path: str, query: str) -> bytes:
        with error:
            status = error.code
        if path and status in MISSING_PATH_STATUSES:
            raise MissingPathError(path, status)
        if status == 404 and self._path == WITH_TAGS:
            self._path = WITHOUT_TAGS  # an older API without this path
            return self._attempt(path, query)
        if status == 429:
            raise RetryAfterError(_retry_after(error.headers, MAX_RETRY_PAUSE))
        if status >= 500 or status == 408:
            raise TransientError(
                stored_text("The API answered with status %(status)s.", status=str(status))
            )
        unexpected = stored_text(
            "The API answered with unexpected status %(status)s.", status=str(status)
        )
        raise RemoteApiError(ERROR_MESSAGES.get(status, unexpected), status)


_TOO_SLOW = stored_text(
    "The response took longer than %(seconds)s s.", seconds=round(RESPONSE_TIMEOUT)
)
_CUT_OFF = stored_text("The response was cut off.")


def _read_body(answer: IO[bytes]) -> bytes:
    """Read a response that may arrive in small pieces, or never end."""
    end, body = time.monotonic() + RESPONSE_TIMEOUT, bytearray()
    while chunk := answer.read1(CHUNK_BYTES):  # type: ignore[attr-defined]
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise _too_large()
        if time.monotonic() > end:
            raise TransientError(_TOO_SLOW)
    length = answer.headers.get("Content-Length", "")  # type: ignore[attr-defined]
    if length.isdecimal() and len(body) < int(length):
        raise TransientError(_CUT_OFF)
    return bytes(body)


def _too_large() -> RemoteApiError:
    size = MAX_RESPONSE_BYTES // 1_000_000
    return RemoteApiError(stored_text("A page is larger than %(size)s MB.", size=size))


def _decompress(body: bytes, headers: Message) -> bytes:
    if headers.get("Content-Encoding", "").lower() != "gzip":
        return body
    decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = decompressor.decompress(body, MAX_RESPONSE_BYTES)
    except zlib.error:
        why = stored_text("The response could not be decompressed.")
        raise TransientError(why) from None
    if decompressor.unconsumed_tail:
        raise _too_large()
    if not decompressor.eof:
        raise TransientError(_CUT_OFF)
    return plain


def _parse_json(body: bytes, numbers: Callable[[str], Any]) -> Any:
    """Return the JSON of a response; ``numbers`` reads what has a fraction."""
    try:
        return json.loads(body, parse_float=numbers)
    except (ValueError, RecursionError):
        raise TransientError(stored_text("The response is not JSON.")) from None


def _parse_page(body: bytes, numbers: Callable[[str], Any]) -> RemotePage:
    answer = _parse_json(body, numbers)
    items = answer.get("items") if isinstance(answer, Mapping) else None
    if not isinstance(items, list):
        raise TransientError(stored_text('The response is not {"items": [...]}.'))
    total = answer.get("dataSetCount")
    return RemotePage(items, total if type(total) is int else None)


def _retry_after(headers: Message, default: float) -> float:
    for name in ("x-retry-after", "Retry-After"):
        try:
            return max(0.0, float(headers.get(name, "")))
        except ValueError:
            continue
    return default


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason) or type(reason).__name__
