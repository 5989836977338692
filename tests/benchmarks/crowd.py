"""People and programs at work on a desk through its proxy, and a ledger of what they were told."""

import html
import http.client
import json
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

import psycopg

from tests.deployed import HOST

READERS, WRITERS, PROGRAMS, TAGGED = 16, 2, 2, 3_000
PATHS = ["/returns/", "/queue/?queue=to_inspect", "/returns/?state=Completed", "/returns/Return-1/"]
PATHS.append("/healthz")
PAUSE = 2.0  # seconds between two requests of each
SETTLED = 4.0  # seconds of nothing but answers
PATIENCE = 180.0  # seconds
SLOW = 2.0  # seconds, on a machine that has nothing else to do
SILENT_FEED = 'data-sentence="feed">'
HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
SECRET = "a" * 32
# Writes, by the first part of their path.
NAMED = {"return": "comment or tag", "accounts": "sign-in", "openapi": "push"}
FORM = {
    "X-CSRFToken": SECRET,
    "Content-Type": "application/x-www-form-urlencoded",
    "Referer": f"https://{HOST}/",
}
SET_UP = f"""
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from returns.models import Return, State
from returns.people import roles
from tests.factories import make_person, make_return, make_tag
store = import_module(settings.SESSION_ENGINE).SessionStore
make_tag("books")
records = [make_return(f"Return-{{n}}").pk for n in range(1, 4)]
now = {{"created_at": timezone.now(), "updated_at": timezone.now()}}
tagged = Return.objects.bulk_create(
    Return(return_reference_number=f"T-{{n}}", state=State.CREATED, **now) for n in range({TAGGED})
)
cookies = []
for n in range({READERS + 2 * WRITERS}):
    person = make_person(f"person{{n}}", roles.WAREHOUSE_MANAGER)
    session = store()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "returns.people.RoleBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    cookies.append(settings.SESSION_COOKIE_NAME + "=" + session.session_key)
made = {{"cookies": cookies, "records": records, "tagged": [each.pk for each in tagged]}}
print(json.dumps(made))
"""
# What is in the database, by the kind of what was acknowledged.
STORED = {
    "comments": "SELECT text FROM returns_comment",
    "tags": "SELECT entity_id::text FROM returns_returntag",
    "pushed": "SELECT return_reference_number FROM returns_return",
}


@dataclass
class Ledger:
    """Every write that was acknowledged, with the time at which it was."""

    written: dict[str, dict[str, float]] = field(default_factory=lambda: {k: {} for k in STORED})

    def add(self, kind: str, key: str) -> None:
        """Note that somebody was told that this is saved."""
        self.written[kind][key] = time.monotonic()

    def since(self, then: float) -> dict[str, set[str]]:
        """Return what was acknowledged since a time, by kind."""
        return {
            kind: {key for key, at in list(each.items()) if at >= then}
            for kind, each in self.written.items()
        }

    def lost(self, database: psycopg.Connection, then: float = 0) -> int:
        """Return how many writes since a time are not in the database."""
        return sum(
            len(keys - {row[0] for row in database.execute(STORED[kind])})
            for kind, keys in self.since(then).items()
        )


class Crowd:
    """People and programs at work through the proxy, until they are told to stop."""

    def __init__(self, port: int, made: dict[str, list], tokens: list[str]) -> None:
        self.port, self.records, self.tagged = port, made["records"], made["tagged"]
        self.reads: list[tuple[float, float, str]] = []  # when, how long, what
        self.ledger = Ledger()
        self.slow = PATIENCE
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        cookies = made["cookies"]
        shifts: list[tuple[Callable[[str, int], None], list[str]]] = [
            (self._read, cookies[:READERS]),
            (self._comment, cookies[READERS : READERS + WRITERS]),
            (self._tag, cookies[READERS + WRITERS :]),
            (self._push, tokens),
            (self._sign_in, ["person0"]),
        ]
        self.threads = [
            threading.Thread(target=self._repeat, args=(work, who), daemon=True)
            for work, whom in shifts
            for who in whom
        ]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(80)

    def _repeat(self, work: Callable[[str, int], None], who: str) -> None:
        turn = 0
        while not self.stopping.is_set():
            turn += 1
            work(who, turn)
            time.sleep(PAUSE)

    def _read(self, cookie: str, turn: int) -> None:
        self._watch("GET", PATHS[turn % len(PATHS)], {"Cookie": cookie})

    def _sign_in(self, name: str, _turn: int) -> None:
        form = urlencode({"username": name, "password": "secret-parcel"}).encode()
        self._watch("POST", "/accounts/login/", form_headers(), form)

    def _watch(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, str]:
        """Send a request, and note what people see; return the status, or 0, and the text."""
        began, status, text = time.monotonic(), 0, ""
        try:
            status, text = self.ask(method, path, headers, body)
            seen = "well" if status in {200, 302, 303} else f"{status} “{heading(text)}”"
            if status == 200 and SILENT_FEED in text:
                seen = "the feed is said to be silent"
        except (OSError, http.client.HTTPException) as error:
            seen = type(error).__name__
        if seen != "well" and (path == "/healthz" or method == "POST"):
            seen = f"{NAMED.get(path.split('/')[1], path)}: {seen}"
        with self.lock:
            self.reads.append((began, time.monotonic() - began, seen))
        return status, text

    def _comment(self, cookie: str, turn: int) -> None:
        text = f"ledger {uuid4().hex}"
        path = f"/return/{self.records[turn % len(self.records)]}/comments/"
        if self._is_saved(cookie, path, {"text": text}):
            self.ledger.add("comments", text)

    def _tag(self, cookie: str, _turn: int) -> None:
        with self.lock:
            pk = self.tagged.pop()
        if self._is_saved(cookie, f"/return/{pk}/tags/", {"add": "books"}):
            self.ledger.add("tags", str(pk))

    def _is_saved(self, cookie: str, path: str, form: dict[str, str]) -> bool:
        return self._watch("POST", path, form_headers(cookie), urlencode(form).encode())[0] == 303

    def _push(self, token: str, _turn: int) -> None:
        now = datetime.now(UTC).isoformat()
        fields = {"state": "ReturnCreated", "createdAt": now, "updatedAt": now}
        items = [fields | {"returnReferenceNumber": f"P-{uuid4().hex}"} for _ in range(5)]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = json.dumps({"items": items}).encode()
        status, text = self._watch("POST", "/openapi/v1/feed", headers, body)
        for each in json.loads(text)["items"] if status == 200 else []:
            if each["result"] == "created":
                self.ledger.add("pushed", each["returnReferenceNumber"])

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, str]:
        """Send one request over a new connection."""
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        link = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=70, context=trusting)
        try:
            link.request(method, path, body or None, {"Host": HOST} | headers)
            answer = link.getresponse()
            return answer.status, answer.read().decode()
        finally:
            link.close()

    def since(self, then: float) -> list[tuple[float, float, str]]:
        """Return the reads that began since a time."""
        with self.lock:
            return [read for read in self.reads if read[0] >= then]

    def get_used(self) -> None:
        """Find out what counts as slow on this machine now."""
        began = time.monotonic()
        while len(self.since(began)) < 3 * READERS:
            time.sleep(0.2)
        took = sorted(read[1] for read in self.since(began))
        self.slow = max(SLOW, 2 * took[len(took) * 95 // 100])

    def wait_until_well(self, since: float) -> float:
        """Wait until reads are answered again for some seconds; return when they were, in s."""
        while time.monotonic() - since < PATIENCE:
            time.sleep(0.2)
            recent = self.since(since)
            bad = [at + took for at, took, seen in recent if seen != "well" or took > self.slow]
            well_since = max([since, *bad])
            good = [read for read in recent if read[0] > well_since]
            if time.monotonic() - well_since > SETTLED and len(good) > READERS:
                return well_since - since
        return float("inf")

    def seen(self, then: float) -> str:
        """Return what people saw since a time, and how often."""
        counts = Counter(read[2] for read in self.since(then))
        return ", ".join(f"{number} x {seen}" for seen, number in counts.most_common())


def form_headers(cookie: str = "") -> dict[str, str]:
    """Return the headers of a form, with a CSRF token."""
    tokens = f"csrftoken={SECRET}; __Host-csrftoken={SECRET}"
    return FORM | {"Cookie": f"{cookie}; {tokens}" if cookie else tokens}


def heading(text: str) -> str:
    """Return the heading of an error page, or how the answer begins if it has none."""
    if text.startswith('{"error"'):
        return str(json.loads(text)["error"]["message"])
    match = HEADING.search(text)
    return " ".join(html.unescape(match[1]).split()) if match else f"no heading: {text[:60]}"
