"""A receiver of webhooks, of several kinds, with a ledger of what it got.

- "good" accepts everything.
- "slow" sends its answer byte by byte, and never ends.
- "failing" answers with the statuses of ``statuses``, one after the other; then it accepts.
- "lying" promises more than it sends, and sends what is no HTTP.
- "dying" closes the connection instead of answering.

With ``odds``, it is so in this share of its answers, and good otherwise.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver(ThreadingHTTPServer):
    """The server; ``ledger`` has the headers and the body of each request, in order."""

    daemon_threads = True

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kind = kind
        self.statuses: list[int] = options.get("statuses", [])
        self.odds: float = options.get("odds", 1.0)
        self.headers: dict[str, str] = options.get("headers", {})
        self.ledger: list[tuple[dict[str, str], bytes]] = []
        self.stopped = threading.Event()
        self.at_once = self.most_at_once = 0
        self.guard = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.ledger]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with server.guard:
            server.ledger.append(({k.lower(): v for k, v in self.headers.items()}, body))
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
            status = server.statuses.pop(0) if server.statuses else 204
        try:
            kind = server.kind if random.random() < server.odds else "good"
            getattr(self, f"_be_{kind}")(status)
        except OSError:
            pass
        finally:
            with server.guard:
                server.at_once -= 1

    def _be_good(self, _status: int) -> None:
        self._answer(204)

    def _be_failing(self, status: int) -> None:
        self._answer(status)

    def _be_slow(self, _status: int) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.stopped.wait(0.05):
            self.wfile.write(b"a")

    def _be_lying(self, _status: int) -> None:
        self.wfile.write(b"HELLO 99999 yes\r\n\r\n")

    def _be_dying(self, _status: int) -> None:
        self.connection.close()

    def _answer(self, status: int) -> None:
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def running(kind: str = "good", **options: Any) -> Iterator[Receiver]:
    """Run a receiver for the block."""
    receiver = Receiver(kind, **options)
    thread = threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stopped.set()
        receiver.shutdown()
        receiver.server_close()
