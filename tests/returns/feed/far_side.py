"""A Returns API of our own making, over real HTTP, that can be told to misbehave."""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "rd_far_side_token"
Record = dict[str, Any]


@dataclass
class Answer:
    """What the far side is about to send; a fault may change it, or send something else."""

    said: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def sent(self) -> bytes:
        return json.dumps(self.said).encode() if self.body is None else self.body


Fault = Callable[["FarSide", "Handler", Answer], None]


class FarSide:
    """Serves records; ``faults`` are what goes wrong with the calls of these numbers, from 0.

    ``always`` goes wrong with every call, ``meanwhile`` happens before a call is answered.
    """

    def __init__(self, records: list[Record]) -> None:
        self.records = {record["returnReferenceNumber"]: record for record in records}
        self.faults: dict[int, Fault] = {}
        self.always: Fault | None = None
        self.meanwhile: Callable[[FarSide, int], None] = lambda side, number: None
        self.calls: list[str] = []
        self.last: Any = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.side = self  # type: ignore[attr-defined]
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/openapi/v1"

    def __enter__(self) -> "FarSide":
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        asked = {name: values[0] for name, values in parse_qs(query["dqb"][0]).items()}
        found = [each for each in self.records.values() if str(each["updatedAt"]) >= asked["v"]]
        found.sort(key=lambda each: (str(each["updatedAt"]), each["returnReferenceNumber"]))
        offset, count = int(asked["offset"]), min(int(asked["count"]), 100)
        items = found[offset : offset + count]
        return {"items": items, "count": count, "offset": offset, "dataSetCount": len(found)}


class Handler(BaseHTTPRequestHandler):
    """One call."""

    def do_GET(self) -> None:
        side: FarSide = self.server.side  # type: ignore[attr-defined]
        number = len(side.calls)
        side.calls.append(self.path)
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.send(Answer({"error": {}}, 401))
            return
        side.meanwhile(side, number)
        answer = Answer(side.page(parse_qs(urlsplit(self.path).query)))
        for fault in (side.always, side.faults.get(number)):
            if fault:
                fault(side, self, answer)
        self.send(answer)
        side.last = answer.said

    def send(self, answer: Answer) -> None:
        body = answer.sent()
        self.send_response(answer.status)
        for name, value in ({"Content-Length": str(len(body))} | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):  # whoever asked may have hung up
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


# Faults


def silent(side: FarSide, handler: Handler, answer: Answer) -> None:
    time.sleep(0.6)


def hangs_up(side: FarSide, handler: Handler, answer: Answer) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    raise ConnectionAbortedError


def breaks_off(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.body = answer.sent()[:-40]
    answer.headers["Content-Length"] = str(len(answer.body) + 40)
    handler.close_connection = True


def breaks_off_unsaid(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.body = answer.sent()[:-40]


def breaks_off_compressed(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.body = gzip.compress(answer.sent())[:-12]
    answer.headers["Content-Encoding"] = "gzip"


def compressed(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.body = gzip.compress(answer.sent())
    answer.headers["Content-Encoding"] = "gzip"


def says(body: bytes) -> Fault:
    def fault(side: FarSide, handler: Handler, answer: Answer) -> None:
        answer.body = body

    return fault


def status(code: int, **headers: str) -> Fault:
    def fault(side: FarSide, handler: Handler, answer: Answer) -> None:
        answer.status, answer.body = code, b"<html>Sorry</html>"
        answer.headers |= {name.replace("_", "-"): value for name, value in headers.items()}

    return fault


def drips(side: FarSide, handler: Handler, answer: Answer) -> None:
    body = answer.sent()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for at in range(0, len(body), len(body) // 8):
        handler.wfile.write(body[at : at + len(body) // 8])
        handler.wfile.flush()
        time.sleep(0.1)


def drips_headers(side: FarSide, handler: Handler, answer: Answer) -> None:
    with suppress(OSError):
        for line in ("HTTP/1.1 200 OK\r\n", *(f"X-{number}: x\r\n" for number in range(20))):
            handler.wfile.write(line.encode())
            handler.wfile.flush()
            time.sleep(0.1)
    handler.close_connection = True
    raise ConnectionAbortedError


def no_calls_left(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.headers |= {"x-remaining-calls": "0", "x-retry-after": "7"}


def last_page_again(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.said = side.last or answer.said


def empty_page(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.said["items"] = []


def half_a_page(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.said["items"] = answer.said["items"][::2]


def leaves_one_out(side: FarSide, handler: Handler, answer: Answer) -> None:
    """Send a full page that lacks one of its returns and holds the next one instead."""
    items, references = answer.said["items"], sorted(side.records)
    if len(items) == 100:
        later = [side.records[reference] for reference in references]
        later.sort(key=lambda each: (each["updatedAt"], each["returnReferenceNumber"]))
        after = later.index(items[-1]) + 1
        answer.said["items"] = items[:40] + items[41:] + later[after : after + 1]


def one_twice(side: FarSide, handler: Handler, answer: Answer) -> None:
    items = answer.said["items"]
    answer.said["items"] = items[:10] + items[9:-1]


def backwards(side: FarSide, handler: Handler, answer: Answer) -> None:
    """Sort the other way round, page by page of the same query."""
    asked = {n: v[0] for n, v in parse_qs(parse_qs(urlsplit(handler.path).query)["dqb"][0]).items()}
    found = [each for each in side.records.values() if str(each["updatedAt"]) >= asked["v"]]
    found.sort(key=lambda each: (each["updatedAt"], each["returnReferenceNumber"]), reverse=True)
    offset = int(asked["offset"])
    answer.said["items"] = found[offset : offset + 100]


def ignores_the_filter(side: FarSide, handler: Handler, answer: Answer) -> None:
    asked = {n: v[0] for n, v in parse_qs(parse_qs(urlsplit(handler.path).query)["dqb"][0]).items()}
    offset, found = int(asked["offset"]), sorted(side.records)
    answer.said["items"] = [side.records[each] for each in found[offset : offset + 100]]
    answer.said["dataSetCount"] = len(found)


def tells_no_total(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.said = {"items": answer.said["items"]}


def gives_fifty(side: FarSide, handler: Handler, answer: Answer) -> None:
    answer.said["items"] = answer.said["items"][:50]


def has_no_tags(side: FarSide, handler: Handler, answer: Answer) -> None:
    if "GetReturnsWithTag" in handler.path:
        answer.status, answer.said = 404, {"error": {}}
