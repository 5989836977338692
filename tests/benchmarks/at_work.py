"""People and the feed at work on a desk that is served without a proxy, and what they were told."""

import http.client
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, urlencode
from uuid import uuid4

from tests.benchmarks.crowd import form_headers
from tests.benchmarks.live import LISTS, Told
from tests.benchmarks.pages import HEADERS_OF_HTMX, PORT

FILTERS = [*LISTS, "state=Completed&sort=-arrived", "tag_any=wrong-size&tag_any=apparel"]
ERROR = 400  # statuses from here on


class Caller:
    """Sends requests over one connection, and notes what each kind took."""

    def __init__(self, told: Told, headers: dict[str, str]) -> None:
        self.told = told
        self.headers = {"X-Forwarded-Proto": "https"} | headers
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)

    def send(self, kind: str, method: str, path: str, body: bytes = b"", **headers: str) -> str:
        """Send a request; return the text of its answer, "" if there was none."""
        began = time.monotonic()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self.connection.request(method, path, body or None, self.headers | given)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            self.told.statuses[f"{kind}: {type(error).__name__}"] += 1
            return ""
        status = answer.status if answer.status < ERROR else f"{kind}: {answer.status}"
        self.told.statuses[status] += 1
        self.told.times.setdefault(kind, []).append((time.monotonic() - began) * 1000)
        return text

    def repeat(self, work: Callable[[int], None], every: float) -> None:
        """Do a piece of work again and again, until everybody stops."""
        self.told.stopping.wait(random.random() * every)
        turn = 0
        while not self.told.stopping.is_set():
            began, turn = time.monotonic(), turn + 1
            work(turn)
            self.told.stopping.wait(max(0, every - (time.monotonic() - began)))
        self.connection.close()


class Person(Caller):
    """A person who finds returns, opens them, and tags them."""

    def __init__(self, told: Told, cookie: str, known: list[tuple], tags: list[tuple]) -> None:
        super().__init__(told, form_headers(cookie))
        self.known, self.tags = known, tags

    def work(self, turn: int) -> None:
        """Do the next thing."""
        pk, reference, tracking = random.choice(self.known)
        match turn % 6:
            case 0:
                self.send("list", "GET", "/returns/")
            case 1 | 2:
                query = urlencode({"q": tracking[-random.choice((5, 6, 8)) :] or reference})
                self.send("search", "GET", f"/returns/?{query}", **HEADERS_OF_HTMX)
            case 3:
                self.send("filter", "GET", f"/returns/?{random.choice(FILTERS)}", **HEADERS_OF_HTMX)
            case 4:
                self.send("return", "GET", f"/returns/{quote(reference, safe='')}/")
            case _:
                name, tag = random.choice(self.tags)
                form = {"add": name} if random.random() < 0.6 else {"remove": tag}
                self.send("tag", "POST", f"/return/{pk}/tags/", urlencode(form).encode())


class Feed(Caller):
    """The WMS: half of the records are new, and half say that an earlier one has arrived."""

    def __init__(self, told: Told, secret: str, number: int) -> None:
        kind = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
        super().__init__(told, kind)
        self.number = number
        self.created: list[dict[str, str]] = []

    def work(self, _turn: int) -> None:
        """Push the records of a second."""
        now = datetime.now(UTC).isoformat()
        said = {"state": "ReturnCreated", "createdAt": now, "updatedAt": now, "cargoCarrier": "DHL"}
        new = [
            said | {"returnReferenceNumber": f"Soak-{uuid4()}", "trackingId": str(uuid4().int)[:14]}
            for _ in range(self.number - len(self.created))
        ]
        arrived = {"state": "ArrivedToWarehouse", "updatedAt": now, "arrivedToWarehouseAt": now}
        records = [*new, *(each | arrived for each in self.created)]
        text = self.send(
            "push", "POST", "/openapi/v1/feed", json.dumps({"items": records}).encode()
        )
        if text and (rejected := json.loads(text).get("rejected")):
            self.told.statuses[f"push: rejected {rejected}"] += 1
        self.created = new[: self.number // 2]
