"""No input ends the site: what is hostile is sent to a real server with one worker.

Each is answered, none takes much memory, and afterwards the server answers as before. Files are cut
to 0.2 MB. With ``HOSTILE=whole``, by hand, they have the 20 MB that an upload may have.
"""

import gzip
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from returns.models import ApiToken, Upload
from returns.people.tokens import issue
from tests.config.test_command_line import address_of
from tests.deployed import free_port

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parent.parent
IS_WHOLE = os.environ.get("HOSTILE") == "whole"
MAX_MEMORY = 400_000_000 if IS_WHOLE else 300_000_000  # bytes, at any moment
MAX_SECONDS = 60  # on a busy machine
FEED, UPLOAD = "/openapi/v1/feed", "/feed/upload/"
PATCH_TAGS, RETURNS = "/openapi/v1/Returns/UpdateReturnTag", "/openapi/v1/Returns"
MB = 1_000_000
MAX_FILE = 20 * MB if IS_WHOLE else MB // 5
COLUMNS = 990 if IS_WHOLE else 300
TAGGED = 9_000 if IS_WHOLE else 1_000  # records with 45 tags each
DAY = "2026-01-05T09:00:00Z"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CSRF = "a" * 32
PLACES = {
    "columns": "/feed/upload/{upload}/columns/",
    "preview": "/feed/upload/{upload}/",
}


@dataclass
class Server:
    """A server with one worker."""

    port: int
    worker: int

    def forget_peak(self) -> None:
        """Let ``peak`` begin anew, so that each input answers for its own memory."""
        Path(f"/proc/{self.worker}/clear_refs").write_text("5")

    def send(self, method: str, path: str, body: object, headers: dict[str, str]) -> tuple:
        """Send a request; return the status, the body and the address of a redirect."""
        self.forget_peak()
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=200)
        is_chunked = body is not None and not isinstance(body, bytes)
        # What is refused unread is answered while it is still being sent.
        with suppress(BrokenPipeError, ConnectionResetError):
            client.request(method, path, body, headers, encode_chunked=is_chunked)
        try:
            answer = client.getresponse()
            content = answer.read()
        except (ConnectionError, http.client.ResponseNotReady):
            return 413, b"", ""
        client.close()
        return answer.status, content, answer.headers.get("Location", "")

    def peak(self) -> int:
        """Return the most memory, in bytes, that the worker has had."""
        status = Path(f"/proc/{self.worker}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "2", "--log-level", "error"]
    with django_db_blocker.unblock():
        environment = {
            "DATABASE_URL": address_of(connection.settings_dict["NAME"]),
            "SECRET_KEY": settings.SECRET_KEY,
            "ALLOWED_HOSTS": "127.0.0.1",
            "RETURNS_DESK_DEMO": "1",  # plain http, and static files from their sources
        }
    program = subprocess.Popen(
        [*command, "config.wsgi:application"], cwd=ROOT, env=os.environ | environment
    )
    try:
        _wait_until_it_answers(port)
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
        yield Server(port, int(children.read_text().split()[0]))
    finally:
        program.terminate()
        program.wait(20)


def _wait_until_it_answers(port: int) -> None:
    for _ in range(300):
        try:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            client.request("GET", "/healthz")
            if client.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server does not start")


@pytest.fixture
def as_program(server) -> Callable[..., tuple]:
    """Return what sends a request of a program that may do everything."""
    secret = issue(ApiToken(name="Shop", scopes=["read", "tags", "feed"]))

    def send(method: str, path: str, body: object = None, **headers: str) -> tuple:
        given = {"Authorization": f"Bearer {secret}", "Content-Type": JSON}
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return server.send(method, path, body, given | more)

    return send


@pytest.fixture
def as_person(server, admin) -> Callable[..., tuple]:
    """Return what sends a request of an admin."""
    client = Client()
    client.force_login(admin, backend="returns.people.RoleBackend")
    cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={CSRF}"

    def send(method: str, path: str, body: object = None, kind: str = FORM) -> tuple:
        headers = {"Cookie": cookies, "Content-Type": kind, "X-CSRFToken": CSRF}
        return server.send(method, path, body, headers)

    return send


def bears(server: Server, began: float, status: int) -> None:
    """Fail unless the answer was in time, no failure, and cheap, and the server goes on."""
    seconds = time.monotonic() - began
    peak = server.peak()
    healthy = server.send("GET", "/readyz", None, {})[0]
    page = server.send("GET", "/accounts/login/", None, {})[0]
    print(f"{status} in {seconds:.1f} s, peak {peak / MB:.0f} MB")  # noqa: T201 - says why it fails
    assert status < 500
    assert healthy == page == 200
    assert peak < MAX_MEMORY
    assert seconds < MAX_SECONDS


# Pushes

GOOD = {"state": "ReturnCreated", "createdAt": DAY, "updatedAt": DAY}


def record(number: int = 1, **fields: object) -> dict[str, object]:
    return {"returnReferenceNumber": f"Return-{number}"} | GOOD | fields


def items(*records: object) -> bytes:
    return json.dumps({"items": records}).encode()


def nested(depth: int, start: str = "[", end: str = "]") -> str:
    return f"{start * depth}{end * depth}"


DEEP = '{"items": [' + json.dumps(record())[:-1] + ', "x": %s}]}'
PUSHES: dict[str, Callable[[], bytes]] = {
    "ones": lambda: b'{"items":[' + b"1," * 2_499_990 + b"1]}",
    "empty lists": lambda: b'{"items":[' + b"[]," * 1_600_000 + b"1]}",
    "empty objects": lambda: b'{"items":[' + b"{}," * 1_600_000 + b"1]}",
    "nulls": lambda: b'{"items":[' + b"null," * 990_000 + b"1]}",
    "small wrong records": lambda: b'{"items":[' + b'{"state":1},' * 400_000 + b"1]}",
    "small right records": lambda: items(*map(record, range(35_000))),
    "brackets": lambda: b"[" * 5 * MB,
    "deep unknown field": lambda: (DEEP % nested(60_000)).encode(),
    "deep unknown field of objects": lambda: (DEEP % ('{"a":' * 900 + "1" + "}" * 900)).encode(),
    "a field of many ones": lambda: (DEEP % f"[{'1,' * 2_400_000}1]").encode(),
    "many keys": lambda: items(record(**{f"key{n}": n for n in range(250_000)})),
    "long key": lambda: items(record(**{"k" * 4_900_000: 1})),
    "long text": lambda: items(record(notes="n" * 4_900_000)),
    "long reference": lambda: items(record(returnReferenceNumber="n" * 4_900_000)),
    "escaped text": lambda: b'{"items": [{"notes": "' + rb"\u00e9" * 800_000 + b'"}]}',
    "many tags": lambda: items(record(tag=",".join(f"tag{n}" for n in range(400_000)))),
    "tags of each": lambda: items(
        *(record(n, tag=",".join(f"t{n}x{m}" for m in range(45))) for n in range(TAGGED))
    ),
    "long number": lambda: (DEEP % ("9" * 4_900_000)).encode(),
    "large numbers": lambda: (DEEP % f"[{'1e400,' * 400_000}1]").encode(),
    "the same tags of each": lambda: items(
        *(record(n, tag=",".join(map(str, range(45)))) for n in range(TAGGED))
    ),
    "keys of an envelope": lambda: json.dumps({f"k{n}": 1 for n in range(300_000)}).encode(),
    "no UTF-8": lambda: b"\xff" * 4_900_000,
    "too much": lambda: b" " * 20 * MB,
}


@pytest.mark.parametrize("name", PUSHES)
def test_no_push_ends_the_site(server, as_program, name):
    body, began = PUSHES[name](), time.monotonic()
    status, content, _ = as_program("POST", FEED, body)
    bears(server, began, status)
    assert len(content) < 2 * len(body) + MB


def test_a_push_in_chunks_or_compressed_is_bounded_too(server, as_program):
    began = time.monotonic()
    endless = (b"1," * 50_000 for _ in range(500))  # 50 MB, and no length is said
    status = as_program("POST", FEED, endless, Transfer_Encoding="chunked")[0]
    bears(server, began, status)
    bomb = gzip.compress(b" " * 300 * MB)
    bears(server, time.monotonic(), as_program("POST", FEED, bomb, Content_Encoding="gzip")[0])


# Other calls of programs

MANY = "&".join(f"o=Equals&p=state&v=Completed{n}" for n in range(20_000))
CALLS: dict[str, Callable[[], tuple[str, str, bytes | None]]] = {
    "tags": lambda: (
        "PATCH",
        PATCH_TAGS,
        json.dumps({"referenceNumber": "R", "tag": "a," * 2_000_000}).encode(),
    ),
    "tags, deep": lambda: ("PATCH", PATCH_TAGS, b"[" * 20 * MB),
    "tags, many keys": lambda: (
        "PATCH",
        PATCH_TAGS,
        json.dumps({f"k{n}": 1 for n in range(150_000)}).encode(),
    ),
    "dqb": lambda: ("GET", f"{RETURNS}?{urlencode({'dqb': MANY[:60_000]})}", None),
    "dqb of unknown keys": lambda: ("GET", f"{RETURNS}?dqb={quote('x=1&' * 9_000)}", None),
    "dqb of unknown properties": lambda: (
        "GET",
        f"{RETURNS}?{urlencode({'dqb': 'o=e&p=x&v=1&' * 50})}",
        None,
    ),
    "dqb of sorts": lambda: ("GET", f"{RETURNS}?{urlencode({'dqb': 's=x&' * 9_000})}", None),
    "parameters": lambda: ("GET", f"{RETURNS}?{'&'.join(f'x{n}=1' for n in range(7_000))}", None),
    "conditions": lambda: ("GET", f"{RETURNS}?{'state=x&' * 7_000}", None),
}


@pytest.mark.parametrize("name", CALLS)
def test_no_call_ends_the_site(server, as_program, name):
    method, path, body = CALLS[name]()
    began = time.monotonic()
    status, content, _ = as_program(method, path, body)
    bears(server, began, status)
    assert len(content) < 2 * MB


# Uploads

HEADER, ROW = "Return;State;Created", "R-1;Created;05.01.2026"
FILES: dict[str, Callable[[], str]] = {
    "brackets": lambda: "[" * 100_000,
    "more brackets": lambda: "[" * 19 * MB,
    "braces": lambda: '{"a":' * 3 * MB,
    "ones": lambda: f"[{'1,' * 9 * MB}1]",
    "ones in an envelope": lambda: f'{{"items": [{"1," * 9 * MB}1]}}',
    "empty objects": lambda: f"[{'{},' * 6 * MB}1]",
    "lists of lists": lambda: f"[{'[[[1]]],' * 2 * MB}1]",
    "lines": lambda: '{"a":1}\n' * 2_400_000,
    "a line of ones": lambda: f'{{"a": [{"1," * 9 * MB}1]}}\n{{"a": 1}}\n',
    "many keys": lambda: json.dumps([{f"key{n}": n for n in range(900_000)}]),
    "many keys of each": lambda: json.dumps(
        [{f"key{n}x{m}": 1 for n in range(3_000)} for m in range(300)]
    ),
    "deep keys": lambda: json.dumps([json.loads('{"a":' * 180 + "1" + "}" * 180)] * 12_000),
    "many lists": lambda: json.dumps([{f"l{n}": [{"a": 1}] for n in range(300_000)}]),
    "long key": lambda: json.dumps([{"k" * 19_000_000: 1}]),
    "long text": lambda: json.dumps([record(notes="n" * 19_000_000)]),
    "a header of brackets": lambda: f"{HEADER};{'(' * 40_000}\n{ROW}\n",
    "a header of brackets and spaces": lambda: f"{HEADER};{'( ' * 40_000}\n{ROW}\n",
    "a header of spaces": lambda: f"{HEADER};x{' ' * 120_000}x\n{ROW}\n",
    "40,000 columns": lambda: f"{HEADER};{';'.join(f'c{n}' for n in range(40_000))}\n{ROW}\n",
    "19,000 columns": lambda: f"{HEADER};{';'.join(f'c{n}' for n in range(19_000))}\n{ROW}\n",
    "the same column": lambda: f"{HEADER};{'c;' * 19_000}\n{ROW}\n",
    "1,000 columns of the same name": lambda: f"a;b;{'c;' * 900}\n" + f"{'x;' * 900}\n" * 5_000,
    "many columns": lambda: (
        f"{HEADER};{';'.join(f'c{n}' for n in range(COLUMNS))}\n"
        + "".join(f"R-{n};Created;05.01.2026;{'x;' * COLUMNS}\n" for n in range(9_000))
    ),
    "delimiters": lambda: ";" * 19 * MB,
    "quotes": lambda: f"{HEADER}\n" + '"' * 19 * MB,
    "open quotes": lambda: f"{HEADER}\n" + '"a\n' * 6 * MB,
    "lines of one letter": lambda: f"{HEADER}\n" + "a\n" * 9 * MB,
    "empty lines": lambda: f"{HEADER}\n" + "\n" * 19 * MB,
    "many words": lambda: (
        "No;Status;Date\n" + "".join(f"{n};s{n};1.1.26\n" for n in range(800_000))
    ),
    "long cells": lambda: f"{HEADER};x\n" + f"R;Created;05.01.2026;{'x' * 130_000}\n" * 140,
    "long line": lambda: f"{HEADER}\n" + "x" * 19 * MB,
    "many tags": lambda: f"{HEADER};Tags\n{ROW};{','.join(f't{n}' for n in range(18_000))}\n" * 80,
    "wrong rows": lambda: f"{HEADER}\n" + "R-1;x;y\n" * 2_300_000,
    "rows": lambda: f"{HEADER}\n" + "".join(f"R-{n};Created;05.01.2026\n" for n in range(650_000)),
    "dates with the month first": lambda: (
        f"{HEADER}\n" + "".join(f"R-{n};Created;05/13/2026\n" for n in range(650_000))
    ),
    "totals": lambda: f"{HEADER}\n" + "Total;;\n" * 2_300_000,
    "tags": lambda: f"<html>{'<table>' * 2_500_000}",
    "digits": lambda: f"[{'9' * 19_000_000}]",
}


@pytest.mark.parametrize("name", FILES)
def test_no_upload_ends_the_site(server, as_person, name):
    body, kind = form_with_file(FILES[name]().encode()[:MAX_FILE])
    began = time.monotonic()
    status, _, path = as_person("POST", UPLOAD, body, kind)
    bears(server, began, status)
    if status != 302:
        return
    upload = Upload.objects.latest("pk").pk
    for place in PLACES.values():
        began = time.monotonic()
        status, content, _ = as_person("GET", place.format(upload=upload))
        bears(server, began, status)
        assert len(content) < 5 * MB
    fields = {"action": "words", "column-state": "column:Status"}
    began = time.monotonic()
    path = PLACES["columns"].format(upload=upload)
    bears(server, began, as_person("POST", path, urlencode(fields).encode())[0])


def form_with_file(content: bytes) -> tuple[bytes, str]:
    edge = b"--edge"
    head = b'Content-Disposition: form-data; name="file"; filename="f.csv"'
    parts = [edge, head, b"Content-Type: text/csv", b"", content, edge + b"--", b""]
    return b"\r\n".join(parts), "multipart/form-data; boundary=edge"


# Forms

FORMS: dict[str, Callable[[], bytes]] = {
    "many fields": lambda: b"&".join(b"f%d=1" % n for n in range(400_000)),
    "a long field": lambda: b"name=" + b"x" * 20 * MB,
    "one field often": lambda: b"word=a&meaning=b&" * 900_000,
}
FORM_PLACES = [*PLACES, "/tags/", "/accounts/login/", "/returns/bulk/", "/account/views/"]


@pytest.mark.parametrize("name", FORMS)
def test_no_form_ends_the_site(server, as_person, name):
    body, kind = form_with_file(b"No;Status;Date\n1;new;05.01.2026\n")
    as_person("POST", UPLOAD, body, kind)
    upload = Upload.objects.latest("pk").pk
    for place in FORM_PLACES:
        began = time.monotonic()
        path = PLACES.get(place, place).format(upload=upload)
        bears(server, began, as_person("POST", path, FORMS[name]())[0])
