"""Reads the body of each request before anything else, and cuts off those who send too slowly.

The web server waits for a body as long as its connection lasts, so a few slow senders would hold
every thread. A proxy that buffers sends a body at once; this is for those that do not. A body that
breaks off is refused here too, because half a form can mean something else than the whole one.
"""

import contextlib
import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import psutil

from config.body_limit import MAX_BODY_BYTES
from config.unreadable import WsgiApplication

logger = logging.getLogger(__name__)

BODY_CHUNK = 64 * 1024  # bytes
BODY_IN_MEMORY = 1024 * 1024  # bytes; larger ones are kept in a temporary file
WATCH_INTERVAL = 0.5  # seconds
# In all languages: which one the person reads is only known in Django.
INCOMPLETE = (
    "The request's body did not arrive as a whole, so nothing was done. Send it again.\n"
    "İstek eksik ulaştı, bu yüzden hiçbir şey yapılmadı. Yeniden gönderin.\n"
    "Die Anfrage kam nicht vollständig an, daher wurde nichts getan. Senden Sie sie noch einmal.\n"
).encode()
# What pages carry too; this answer is given before Django is asked.
PLAIN_HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(INCOMPLETE))),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
]
# Of Linux's struct tcp_info: tcpi_last_data_sent, tcpi_last_ack_sent, tcpi_last_data_recv.
TCP_TIMES = struct.Struct("44x3I")


class BodyTimeLimit:
    """Wraps a WSGI application; ends connections whose bodies take longer than ``seconds``."""

    def __init__(self, application: WsgiApplication, seconds: float) -> None:
        self.application = application
        self.watcher = SlowBodyWatcher(seconds)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Return the application's response to the request with its whole body, or a refusal."""
        length = _content_length(environ)
        if 0 < length <= MAX_BODY_BYTES:  # of others Django reads nothing, or refuses them unread
            with self.watcher.watched(int(environ["SERVER_PORT"])):
                body = _read(environ["wsgi.input"], length)
            if body is None:
                start_response("400 Bad Request", PLAIN_HEADERS)
                return [INCOMPLETE]
            environ["wsgi.input"] = body
        return self.application(environ, start_response)


class SlowBodyWatcher:
    """Ends connections whose body is being read for longer than ``seconds``; on Linux only.

    The server offers no time limit for bodies, and does not say which connection a request came
    from. So all those are ended that have waited for an answer as long as the slow body: other slow
    bodies, what queues behind them, and requests that work for so long themselves.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.started_at: dict[object, float] = {}
        self.lock = threading.Lock()
        self.is_running = False

    @contextmanager
    def watched(self, port: int) -> Iterator[None]:
        """Watch the block, in which a body is read from a connection to this port."""
        self._start(port)
        body = object()
        self.started_at[body] = time.monotonic()
        try:
            yield
        finally:
            del self.started_at[body]

    def _start(self, port: int) -> None:
        with self.lock:
            if not self.is_running and hasattr(socket, "TCP_INFO"):
                self.is_running = True
                threading.Thread(
                    target=self._watch, args=(port,), name="slow bodies", daemon=True
                ).start()

    def _watch(self, port: int) -> None:
        while True:
            time.sleep(WATCH_INTERVAL)
            now = time.monotonic()
            ages = [now - started_at for started_at in [*self.started_at.values()]]
            if overdue := [age for age in ages if age > self.seconds]:
                _end_connections(port, min(overdue))


def _end_connections(port: int, seconds: float) -> None:
    """End them, and go on watching whatever happens: there may be no descriptor left for it."""
    try:
        ended = end_unanswered_connections(port, seconds)
        logger.warning("Bodies were too slow; connections ended: %s.", ended)
    except (OSError, psutil.Error):
        logger.exception("Connections with slow bodies could not be ended")


def end_unanswered_connections(port: int, seconds: float) -> int:
    """End this process's connections to the port that have waited so long; return how many."""
    ended = 0
    for each in psutil.Process().net_connections("tcp"):
        if each.laddr.port == port and each.status == psutil.CONN_ESTABLISHED:
            with contextlib.suppress(OSError), _duplicate(each.fd) as connection:
                if connection.getpeername()[:2] == each.raddr and _waits(connection, seconds):
                    connection.shutdown(socket.SHUT_RDWR)
                    ended += 1
    return ended


def _duplicate(descriptor: int) -> socket.socket:
    copy = os.dup(descriptor)
    try:
        return socket.socket(fileno=copy)
    except OSError:  # it is no socket any more
        os.close(copy)
        raise


def _waits(connection: socket.socket, seconds: float) -> bool:
    """Tell whether the client was sent nothing since its last data, and for so many seconds."""
    times = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_TIMES.size)
    since_sent, _, since_received = TCP_TIMES.unpack(times)
    return bool(since_sent >= seconds * 1000 and since_received <= since_sent)


def _read(stream: IO[bytes], length: int) -> IO[bytes] | None:
    """Return the whole body; None if it breaks off."""
    body = SpooledTemporaryFile(BODY_IN_MEMORY)  # noqa: SIM115  # closed with the request
    while length and (chunk := stream.read(min(BODY_CHUNK, length))):
        body.write(chunk)
        length -= len(chunk)
    body.seek(0)
    return None if length else body


def _content_length(environ: dict[str, Any]) -> int:
    text = environ.get("CONTENT_LENGTH") or ""
    return int(text) if text.isdecimal() and len(text) < 20 else 0
