"""A Returns API of our own making, over real HTTP, that can be told to misbehave."""

import gzip
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from returns.feed.client import Client

TOKEN = "rd_other_api_token"
Record = dict[str, Any]


@dataclass
class Answer:
    """The response that is about to be sent; a fault may change it, or send something else."""

    content: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def sent(self) -> bytes:
        return to_json(self.content).encode() if self.body is None else self.body


def client_of(far: "FakeApi", slept: list[float]) -> Client:
    """Return a client of the API that notes its pauses instead of making them."""
    return Client(far.url, TOKEN, sleep=slept.append, random=Random(1), read_timeout=0.3)


def to_json(content: Any) -> str:
    """Return JSON with decimals as exact numbers."""
    marked = json.dumps(content, default=lambda number: f"\0{number}\0")
    return re.sub(r'"\\u0000([^"]*?)\\u0000"', r"\1", marked)


Fault = Callable[["FakeApi", "Handler", Answer], None]


class FakeApi:
    """Serves records. ``faults`` go wrong with the calls of these numbers, from 0.

    ``always`` goes wrong with every call; ``meanwhile`` is called before a call is answered.
    """

    def __init__(self, records: list[Record]) -> None:
        self.records = {record["returnReferenceNumber"]: record for record in records}
        self.faults: dict[int, Fault] = {}
        self.always: Fault | None = None
        self.copies: dict[str, int] = {}  # how many rows a record has, if more than one
        self.orders: dict[str, Record] | None = None  # by their references; None without orders
        # Line items by the references of returns; None without them. How many returns are answered
        # is "filters", "ignores" for a page of any, "everything", or "missing".
        self.items: dict[str, list[Record]] | None = None
        self.many = "filters"
        self.meanwhile: Callable[[FakeApi, int], None] = lambda side, number: None
        self.calls: list[str] = []
        self.last: Any = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.side = self  # type: ignore[attr-defined]
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/openapi/v1"

    def __enter__(self) -> "FakeApi":
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        params = {name: values[0] for name, values in parse_qs(query["dqb"][0]).items()}
        matches = [
            each
            for reference, each in self.records.items()
            if str(each["updatedAt"]) >= params["v"]
            for _ in range(self.copies.get(reference, 1))
        ]
        matches.sort(key=lambda each: (str(each["updatedAt"]), each["returnReferenceNumber"]))
        offset, count = int(params["offset"]), min(int(params["count"]), 100)
        items = matches[offset : offset + count]
        return {"items": items, "count": count, "offset": offset, "dataSetCount": len(matches)}

    def answer(self, path: str, query: dict[str, list[str]]) -> Answer:
        if path.endswith("/Returns/returnsWithLineItems"):
            return self.many_returns(query)
        if "/Returns/" in path and not path.endswith("/GetReturnsWithTag"):
            reference = unquote(path.rpartition("/")[2])
            if self.items is None or reference not in self.records:
                return Answer({"error": {}}, 404)
            return Answer(self.detail(reference))
        if "/SalesOrders" not in path:
            return Answer(self.page(query))
        if self.orders is None:
            return Answer({"error": {}}, 404)
        if query:
            return Answer({"items": self.some_orders(query["dqb"][0])})
        order = self.orders.get(unquote(path.rpartition("/")[2]))
        return Answer(order) if order else Answer({"error": {}}, 404)

    def many_returns(self, query: dict[str, list[str]]) -> Answer:
        if self.items is None or self.many == "missing":
            return Answer({"error": {}}, 404)
        matches = list(self.records)
        if self.many == "filters":
            values = re.search("&v=([^&]*)", query["dqb"][0])[1].split(",")
            matches = [each for value in values if (each := unquote(value)) in self.records]
        if self.many != "everything":
            matches = matches[:100]
        return Answer({"items": [self.detail(each) for each in matches]})

    def detail(self, reference: str) -> Record:
        items = self.items.get(reference)
        return self.records[reference] | ({} if items is None else {"lineItems": items})

    def some_orders(self, dqb: str) -> list[Record]:
        values = re.search("&v=([^&]*)", dqb)[1]
        return [
            self.orders[reference]
            for each in values.split(",")
            if (reference := unquote(each)) in self.orders
        ]


class Handler(BaseHTTPRequestHandler):
    """One call."""

    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        side: FakeApi = self.server.side  # type: ignore[attr-defined]
        number = len(side.calls)
        side.calls.append(self.path)
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.send(Answer({"error": {}}, 401))
            return
        side.meanwhile(side, number)
        parts = urlsplit(self.path)
        answer = side.answer(parts.path, parse_qs(parts.query))
        for fault in (side.always, side.faults.get(number)):
            if fault:
                fault(side, self, answer)
        self.send(answer)
        side.last = answer.content

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


def silent(side: FakeApi, handler: Handler, answer: Answer) -> None:
    time.sleep(0.6)


def hangs_up(side: FakeApi, handler: Handler, answer: Answer) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    raise ConnectionAbortedError


def breaks_off(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.body = answer.sent()[:-40]
    answer.headers["Content-Length"] = str(len(answer.body) + 40)
    handler.close_connection = True


def breaks_off_unnoticed(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.body = answer.sent()[:-40]


def breaks_off_compressed(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.body = gzip.compress(answer.sent())[:-12]
    answer.headers["Content-Encoding"] = "gzip"


def compressed(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.body = gzip.compress(answer.sent())
    answer.headers["Content-Encoding"] = "gzip"


def says(body: bytes) -> Fault:
    def fault(side: FakeApi, handler: Handler, answer: Answer) -> None:
        answer.body = body

    return fault


def status(code: int, **headers: str) -> Fault:
    def fault(side: FakeApi, handler: Handler, answer: Answer) -> None:
        answer.status, answer.body = code, b"<html>Sorry</html>"
        answer.headers |= {name.replace("_", "-"): value for name, value in headers.items()}

    return fault


def drips(side: FakeApi, handler: Handler, answer: Answer) -> None:
    body = answer.sent()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for at in range(0, len(body), len(body) // 8):
        handler.wfile.write(body[at : at + len(body) // 8])
        handler.wfile.flush()
        time.sleep(0.1)


def drips_headers(side: FakeApi, handler: Handler, answer: Answer) -> None:
    with suppress(OSError):
        for line in ("HTTP/1.1 200 OK\r\n", *(f"X-{number}: x\r\n" for number in range(20))):
            handler.wfile.write(line.encode())
            handler.wfile.flush()
            time.sleep(0.1)
    handler.close_connection = True
    raise ConnectionAbortedError


def no_calls_left(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.headers |= {"x-remaining-calls": "0", "x-retry-after": "7"}


def last_page_again(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.content = side.last or answer.content


def empty_page(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.content["items"] = []


def half_a_page(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.content["items"] = answer.content["items"][::2]


def leaves_one_out(side: FakeApi, handler: Handler, answer: Answer) -> None:
    """Send a full page that lacks one of its returns and holds the next one instead."""
    items, references = answer.content["items"], sorted(side.records)
    if len(items) == 100:
        later = [side.records[reference] for reference in references]
        later.sort(key=lambda each: (each["updatedAt"], each["returnReferenceNumber"]))
        after = later.index(items[-1]) + 1
        answer.content["items"] = items[:40] + items[41:] + later[after : after + 1]


def one_twice(side: FakeApi, handler: Handler, answer: Answer) -> None:
    items = answer.content["items"]
    answer.content["items"] = items[:10] + items[9:-1]


def backwards(side: FakeApi, handler: Handler, answer: Answer) -> None:
    """Sort the other way round, page by page of the same query."""
    params = {
        n: v[0] for n, v in parse_qs(parse_qs(urlsplit(handler.path).query)["dqb"][0]).items()
    }
    matches = [
        each
        for reference, each in side.records.items()
        if str(each["updatedAt"]) >= params["v"]
        for _ in range(side.copies.get(reference, 1))
    ]
    matches.sort(key=lambda each: (each["updatedAt"], each["returnReferenceNumber"]), reverse=True)
    offset = int(params["offset"])
    answer.content["items"] = matches[offset : offset + 100]


def ignores_the_filter(side: FakeApi, handler: Handler, answer: Answer) -> None:
    params = {
        n: v[0] for n, v in parse_qs(parse_qs(urlsplit(handler.path).query)["dqb"][0]).items()
    }
    offset, matches = int(params["offset"]), sorted(side.records)
    answer.content["items"] = [side.records[each] for each in matches[offset : offset + 100]]
    answer.content["dataSetCount"] = len(matches)


def tells_no_total(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.content = {"items": answer.content["items"]}


def gives_fifty(side: FakeApi, handler: Handler, answer: Answer) -> None:
    answer.content["items"] = answer.content["items"][:50]


def has_no_tags(side: FakeApi, handler: Handler, answer: Answer) -> None:
    if "GetReturnsWithTag" in handler.path:
        answer.status, answer.content = 404, {"error": {}}
