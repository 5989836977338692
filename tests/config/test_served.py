"""The server itself, over a socket: a database that is away, and bytes that are hardly HTTP."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from config.errors import Unavailability
from returns.views import errors
from tests import fuzzing
from tests.config.test_command_line import address_of
from tests.deployed import free_port

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds, for a start on a busy computer
SESSION = {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"}
TOKEN = "rd_" + "x" * 43
HTMX = SESSION | {"HX-Request": "true"}


class Served:
    """A running server: its port, and what it has logged."""

    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    def send(self, sent: bytes) -> bytes:
        """Send bytes, and return the answer until the server closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=3) as connection:
            answer = b""
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                while more := connection.recv(65536):
                    answer += more
            except OSError:
                pass
            return answer


@contextmanager
def served(folder: Path, database: str, **settings: str) -> Iterator[Served]:
    """Serve over plain http, with files that need not be collected, as the demo does."""
    port, log = free_port(), folder / "log"
    environment = os.environ | {
        "DATABASE_URL": database,
        "SECRET_KEY": "".join(map(chr, range(48, 110))),
        "ALLOWED_HOSTS": "127.0.0.1",
        "RETURNS_DESK_DEMO": "1",
        # Whatever the tests run on.
        "DATABASE_POOLER": "",
        "DEBUG": "",
        **settings,
    }
    granian = ["-m", "granian", "--interface=wsgi", "--host=127.0.0.1", f"--port={port}"]
    threads = ["--blocking-threads=1", "config.wsgi:application"]
    with log.open("wb") as output:
        command = [sys.executable, "-W", "ignore", *granian, *threads]
        program = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=output, stderr=output
        )
        try:
            _wait_for(port, program)
            yield Served(port, log)
        finally:
            program.terminate()
            program.wait(PATIENCE)


def _wait_for(port: int, program: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and program.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not start")


@pytest.fixture(scope="module")
def without_database(tmp_path_factory) -> Iterator[Served]:
    """A server whose database's port is refused."""
    address = f"postgres://somebody:hidden@127.0.0.1:{free_port()}/nothing"
    with served(tmp_path_factory.mktemp("refused"), address) as server:
        yield server


def test_a_page_says_that_the_database_is_away(without_database):
    answer = without_database.get("/returns/", **SESSION)
    assert (answer.status, answer.getheader("Retry-After")) == (503, "5")
    assert "<h1>The returns desk is not available</h1>" in answer.text
    assert fuzzing.missing_headers(answer) == []


def test_htmx_and_programs_get_it_in_their_own_form(without_database):
    fragment = without_database.get("/returns/", **HTMX)
    sentence = errors.UNAVAILABLE[Unavailability.DATABASE_AWAY].sentence
    assert (fragment.status, fragment.text) == (503, sentence)
    called = without_database.get("/openapi/v1/Tags", Authorization=TOKEN)
    assert (called.status, called.getheader("Retry-After")) == (503, "5")
    assert '"code":"unavailable"' in called.text


def test_a_database_that_is_away_is_one_line_in_the_log(without_database):
    for path, headers in [("/away/", SESSION), ("/openapi/v1/Tags", {"Authorization": TOKEN})]:
        before = len(without_database.log.read_text().splitlines())
        without_database.get(path, **headers)
        (line,) = without_database.log.read_text().splitlines()[before:]
        assert "ERROR django.request: The database is away: connection to server at" in line
        assert "hidden" not in line


def test_health_checks_answer_without_the_database(without_database):
    assert without_database.get("/healthz", **SESSION).status == 200
    ready = without_database.get("/readyz", **SESSION)
    assert (ready.status, ready.text) == (503, '{"status": "the database is not reachable"}')


def test_a_server_that_never_answers_is_given_up(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgres://somebody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        with served(tmp_path, address, DATABASE_CONNECT_SECONDS="2") as server:
            began = time.monotonic()
            assert server.get("/", **SESSION).status == 503
            assert 1.5 < time.monotonic() - began < 10
            assert server.get("/healthz", **SESSION).status == 200
            (line,) = [
                line
                for line in server.log.read_text().splitlines()
                if "The database is away" in line
            ]
            assert "timeout" in line


@pytest.mark.django_db(transaction=True)
def test_nobody_notices_that_the_database_ended_an_idle_connection(tmp_path):
    from_server = "application_name = 'served'"
    address = address_of(connection.settings_dict["NAME"])
    with (
        served(tmp_path, f"{address}?application_name=served") as server,
        psycopg.connect(address, autocommit=True) as other,
    ):
        for _ in range(3):
            assert server.get("/", **SESSION).status == 302
            ended = other.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {from_server}"
            ).fetchall()
            assert ended == [(True,)]
        assert "The database is away" not in server.log.read_text()


HOST = b"Host: 127.0.0.1\r\n"
RAW = [
    b"\r\n\r\n",
    b"\0\0\0\0",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET http://[/ HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET * HTTP/1.1\r\n" + HOST + b"\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /\xff\xfe/%ff%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /%zz?%ff=%00&\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /static/%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /static/..%2f..%2fmanage.py HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /static/css/app.css HTTP/1.1\r\n" + HOST + b"Range: bytes=9-1\r\n\r\n",
    b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 500_000 + b"\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 500 + b"\r\n",
    b"GET /accounts/login/ HTTP/1.1\r\n" + HOST + b"Cookie: \xff=\x80; sessionid=\xff\r\n\r\n",
    b"GET /accounts/login/ HTTP/1.1\r\n" + HOST + b"Referer: \xed\xa0\x80\r\n\r\n",
    b"GET /accounts/login/ HTTP/1.1\r\n" + HOST + b"HX-Current-URL: http://[\xff\r\n\r\n",
    b"GET /accounts/login/ HTTP/1.1\r\n" + HOST + b"Content-Type: a; b*=foo''c\r\n\r\n",
    b"GET /accounts/login/ HTTP/1.1\r\n" + HOST + b"Content-Type: a;" + b"x" * 9_000 + b"\r\n\r\n",
    b"GET /accounts/login/ HTTP/1.1\r\n" + HOST + b"X-Forwarded-For: \xff,,\r\n\r\n",
    b"P\xc3\x96ST / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /accounts/login/ HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    b"POST /accounts/login/ HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 4_500 + b"\r\n\r\n",
    b"POST /accounts/login/ HTTP/1.1\r\n" + HOST + b"Content-Length: 999999999999\r\n\r\nx",
    b"POST /accounts/login/ HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nx",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, odd\r\n\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("sent", RAW, ids=lambda sent: repr(sent[:60]))
def test_no_bytes_make_the_server_fail(without_database, sent):
    answer = without_database.send(sent)
    status = answer.partition(b"\r\n")[0].split(b" ")[1:2]
    assert not status or status[0][:1] in b"234", answer[:500]
    assert without_database.get("/healthz").status == 200
    assert "Traceback" not in without_database.log.read_text()
