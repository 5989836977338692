"""Sends one message to one address, within a time that the receiver cannot stretch.

This uses ``http.client`` to read answers, and sockets of its own. Clients of HTTP follow proxies of
the environment, resolve the name once more, or count their time anew with each byte that arrives.
"""

import io
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPException, HTTPResponse
from typing import Any

from config.stored_texts import StoredText, stored_text
from returns.outgoing.addresses import AddressError, Target, parse_target, resolve

SEND_SECONDS = 10.0
# An answer is read so that the receiver can finish it, and is not used.
ANSWER_BYTES, ANSWER_SECONDS = 64 * 1024, 1.0
LONGEST_RETRY_AFTER = 24 * 3600  # seconds

TOO_SLOW = stored_text("The receiver took longer than %(seconds)s seconds.", seconds=10)
NO_CONNECTION = stored_text("The receiver could not be reached.")
NO_TRUST = stored_text("The certificate of the receiver is not valid.")
NO_ANSWER = stored_text("The receiver closed the connection without a valid answer.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending: the HTTP status, or 0 and the problem. ``retry_after`` in seconds."""

    status: int
    milliseconds: int
    problem: StoredText | None = None
    retry_after: int | None = None

    @property
    def is_accepted(self) -> bool:
        """Tell whether the receiver has the message."""
        return 200 <= self.status < 300


def send(
    address: str, body: bytes, headers: Mapping[str, str], seconds: float = SEND_SECONDS
) -> Answer:
    """Post a body to an address; redirects are answers like others."""
    began = time.monotonic()
    problem, status, retry_after = None, 0, None
    try:
        response = _exchange(parse_target(address), body, headers, began + seconds)
        status, retry_after = response.status, _retry_after(response.getheader("Retry-After"))
    except AddressError as error:
        problem = error.reason
    except TimeoutError:
        problem = TOO_SLOW
    except ssl.SSLCertVerificationError:
        problem = NO_TRUST
    except (HTTPException, ValueError, EOFError):
        problem = NO_ANSWER
    except OSError:
        problem = NO_CONNECTION
    milliseconds = round(1000 * (time.monotonic() - began))
    return Answer(status, milliseconds, problem, retry_after)


def _exchange(target: Target, body: bytes, headers: Mapping[str, str], end: float) -> HTTPResponse:
    with _connect(target, end) as connection:
        _send_all(connection, _request(target, body, headers), end)
        timed = _TimedSocket(connection, end)
        response = HTTPResponse(timed, method="POST")  # type: ignore[arg-type]
        response.begin()
        # What counts is read. A receiver that never ends its answer has accepted the message.
        timed.end = min(end, time.monotonic() + ANSWER_SECONDS)
        with suppress(OSError, HTTPException, ValueError):
            response.read(ANSWER_BYTES)
        return response


def _request(target: Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.host_header}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("ascii") + body


def _connect(target: Target, end: float) -> socket.socket:
    numbers = resolve(target, _left(end))
    for position, number in enumerate(numbers, start=1):
        # Each of several addresses gets its part of the time that is left.
        seconds = _left(end) / (len(numbers) - position + 1)
        try:
            plain = socket.create_connection((number, target.port), timeout=seconds)
            break
        except OSError:
            if position == len(numbers):
                raise
    try:
        plain.settimeout(_left(end))
        if not target.is_tls:
            return plain
        return _tls().wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise


def _send_all(connection: socket.socket, data: bytes, end: float) -> None:
    view = memoryview(data)
    while view:
        connection.settimeout(_left(end))
        view = view[connection.send(view) :]


def _left(end: float) -> float:
    """Return the seconds until the end. Raises ``TimeoutError`` if it has come."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _TimedSocket:
    """A socket as ``HTTPResponse`` uses it, whose reads all end at one time."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self.connection, self.end = connection, end

    def makefile(self, *_: Any) -> io.BufferedReader:
        """Return a file that reads from the socket."""
        return io.BufferedReader(_TimedReader(self))


class _TimedReader(io.RawIOBase):
    def __init__(self, timed: _TimedSocket) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._timed.connection.settimeout(_left(self._timed.end))
        return self._timed.connection.recv_into(buffer)


def _retry_after(text: str | None) -> int | None:
    """Return the seconds that a receiver asks to wait, by a number or a date."""
    if not text:
        return None
    if text.strip().isdecimal():
        return min(int(text.strip()[:9]), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment - datetime.now(moment.tzinfo)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0, min(int(seconds), LONGEST_RETRY_AFTER))
