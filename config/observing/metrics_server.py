"""Serves the metrics on a port of their own, and counts the threads of this process.

Every process of the web server tries to get the port, so another one serves it soon after the one
that has it ended. They are one server: whichever answers, the numbers are those of all of them.
"""

import errno
import logging
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.db import connections

from config.observing.metrics import METRICS_TYPE, count_threads, may_scrape

logger = logging.getLogger(__name__)

TICK = 5.0  # seconds
PLAIN_TEXT = [("Content-Type", "text/plain; charset=utf-8")]

type Exposition = Callable[[], bytes]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the class names it
        """Log nothing: there is a scrape every few seconds."""


class MetricsThread(threading.Thread):
    """Counts threads, and serves ``METRICS_PORT`` as soon as nobody else on this computer does."""

    def __init__(self, exposition: Exposition, *, counts_threads: bool) -> None:
        super().__init__(name="metrics", daemon=True)
        self.exposition, self.counts_threads = exposition, counts_threads
        self.stopping = threading.Event()
        self.server: _Server | None = None
        self.has_warned = False

    def run(self) -> None:
        """Work until ``stop`` is called."""
        while True:
            if self.counts_threads:
                count_threads()
            if settings.METRICS_PORT and self.server is None:
                self._try_to_serve()
            if self.stopping.wait(TICK):
                break
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()

    def stop(self) -> None:
        """Free the port."""
        self.stopping.set()

    def _try_to_serve(self) -> None:
        address, port = settings.METRICS_ADDRESS, settings.METRICS_PORT
        try:
            self.server = make_server(address, port, self._answer, _Server, _Quiet)
        except OSError as error:
            # Another process of this web server may serve it.
            is_expected = error.errno == errno.EADDRINUSE and self.counts_threads
            if not is_expected and not self.has_warned:
                logger.warning("Metrics cannot be served at %s:%s: %s", address, port, error)
            self.has_warned = True
            return
        logger.info("Metrics are served at %s:%s.", address, port)
        threading.Thread(target=self.server.serve_forever, name="metrics port", daemon=True).start()

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if settings.METRICS_TOKEN and not may_scrape(environ.get("HTTP_AUTHORIZATION", "")):
            refusal = [*PLAIN_TEXT, ("WWW-Authenticate", "Bearer")]
            start_response("401 Unauthorized", refusal)
            return [b"Send METRICS_TOKEN as a bearer token.\n"]
        if environ["PATH_INFO"] not in {"/", "/metrics"}:
            start_response("404 Not Found", PLAIN_TEXT)
            return [b"The metrics are at /metrics.\n"]
        try:
            body = self.exposition()
        finally:
            connections.close_all()  # those of this thread, which ends with the answer
        start_response("200 OK", [("Content-Type", METRICS_TYPE)])
        return [body]
