"""The web server's own part, with a program that is small enough to start at once."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from django.core.management import CommandError, call_command

from config import listening, probe, web_server
from tests.deployed import can_connect, free_port, wait_for

pytestmark = pytest.mark.slow
WORKERS = 2
MOST_MEGABYTES = 150
LOOKED_AT = "MEMORY_INTERVAL, MEMORY_LOOKS = 15, 2"
PROGRAM = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_DFL)
kept = []

def application(environ, start_response):
    if environ["PATH_INFO"] == "/end":
        os._exit(1)
    if environ["PATH_INFO"] == "/grow":
        kept.append(b"x" * 200_000_000)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"VERSION"]
"""


class Server:
    """A web server of a program that can be changed."""

    def __init__(self, folder: Path) -> None:
        self.port, self.log = free_port(), folder / "log"
        self.program = folder / "config" / "wsgi.py"
        self.program.parent.mkdir()
        for module in (web_server, listening):
            text = Path(module.__file__).read_text()
            # Fifteen times as often as for real.
            text = text.replace(LOOKED_AT, LOOKED_AT.replace("15", "1"))
            (self.program.parent / Path(module.__file__).name).write_text(text)
        self.install("one")
        self.process = self.start()

    def install(self, version: str) -> None:
        # Renamed into place, so that no worker reads half of it.
        new = self.program.with_suffix(".new")
        new.write_text(PROGRAM.replace("VERSION", version))
        new.rename(self.program)

    def start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "config.web_server", "127.0.0.1", str(self.port)]
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTHONPATH", None)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*command, str(WORKERS), "4", "30", str(MOST_MEGABYTES)],
                cwd=self.log.parent,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def get(self, path: str = "/") -> str:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(link):
            link.request("GET", path)
            return link.getresponse().read().decode()

    def status_of(self, sent: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as link:
            link.sendall(sent)
            return link.recv(100)[9:12]

    def workers(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path)
    try:
        wait_for(lambda: can_connect(running.port))
        wait_for(lambda: running.log.read_text().count("Started worker-") == WORKERS)
        yield running
    finally:
        running.stop()


class Caller(threading.Thread):
    """Sends one request after the other, on one connection or on a new one each."""

    def __init__(self, server: Server, *, keeps_connection: bool) -> None:
        super().__init__()
        self.server, self.keeps_connection = server, keeps_connection
        self.stopping = threading.Event()
        self.answers: list[str] = []
        self.failures: list[str] = []

    def run(self) -> None:
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        while not self.stopping.is_set():
            try:
                link.request("GET", "/")
                self.answers.append(link.getresponse().read().decode())
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            if not self.keeps_connection:
                link.close()
        link.close()


def test_a_reload_takes_new_code_and_loses_no_request(server):
    callers = [Caller(server, keeps_connection=keeps) for keeps in (True, True, False, False)]
    for caller in callers:
        caller.start()
    before = server.workers()
    server.install("two")
    server.reload()
    wait_for(lambda: not before & server.workers())
    for caller in callers:
        caller.stopping.set()
    for caller in callers:
        caller.join()
        assert caller.failures == []
        assert (caller.answers[0], caller.answers[-1]) == ("one", "two")
    assert len(server.workers()) == 2


def test_code_that_cannot_start_leaves_the_old_one_serving(server):
    before = server.workers()
    server.program.write_text("raise SystemExit('Set SECRET_KEY.')")
    server.reload()
    wait_for(lambda: "New workers cannot start: the old ones go on" in server.log.read_text())
    assert server.workers() == before
    assert "Set SECRET_KEY." in server.log.read_text()
    assert server.get() == "one"
    server.install("two")
    server.reload()
    wait_for(lambda: server.get() == "two")


def test_a_worker_that_dies_is_replaced(server):
    before = server.workers()
    with contextlib.suppress(OSError, http.client.HTTPException):
        server.get("/end")
    wait_for(lambda: len(server.workers()) == 2 and server.workers() != before)
    assert server.get() == "one"


def test_a_worker_that_stays_too_large_is_replaced_without_losing_a_request(server):
    assert LOOKED_AT in Path(web_server.__file__).read_text()
    callers = [Caller(server, keeps_connection=keeps) for keeps in (True, False)]
    for caller in callers:
        caller.start()
    before = server.workers()
    server.get("/grow")
    wait_for(lambda: "RSS over threshold" in server.log.read_text())
    wait_for(lambda: len(server.workers()) == WORKERS and server.workers() != before)
    for caller in callers:
        caller.stopping.set()
    for caller in callers:
        caller.join()
        assert caller.failures == []
    # One of them is another one, once the old one has ended.
    wait_for(lambda: len(now := server.workers()) == WORKERS and len(before & now) == WORKERS - 1)
    sizes = [psutil.Process(pid).memory_info().rss for pid in server.workers()]
    assert max(sizes) < MOST_MEGABYTES * 2**20


def test_no_connection_is_kept_much_of(server):
    assert server.get("/?" + "x" * 60_000) == "one"
    assert server.status_of(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000) == b"431"
    assert server.status_of(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") in {b"400", b"505", b""}


def test_a_server_none_of_whose_workers_can_start_ends(tmp_path):
    running = Server(tmp_path)
    running.stop()
    running.program.write_text("raise SystemExit('Set SECRET_KEY.')")
    assert running.start().wait(60) == 1
    assert "No worker can start" in running.log.read_text()


def test_a_port_that_is_in_use_is_named(server):
    assert server.start().wait(30) == web_server.EXIT_CANNOT_START
    (line,) = (line for line in server.log.read_text().splitlines() if "Cannot listen" in line)
    assert line == (
        f"Cannot listen on 127.0.0.1, port {server.port}: Address already in use. Stop the program "
        "that uses the port, or choose another one with --port."
    )
    assert server.get() == "one"


def test_an_address_of_another_computer_is_not_taken_for_a_used_port():
    with pytest.raises(OSError, match="assign") as raised:
        listening.listening_socket("203.0.113.7", free_port())
    sentence = listening.why_it_cannot_listen("203.0.113.7", 8000, raised.value)
    assert sentence.endswith("Choose another address with --host.")


def test_a_port_that_another_program_is_ready_to_share_is_refused_too():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            listening.listening_socket("127.0.0.1", other.getsockname()[1])


def test_the_command_becomes_the_web_server(monkeypatch, settings):
    started = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: started.append(arguments))
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    settings.REQUEST_THREADS, settings.WORKER_MEMORY_MB = 6, 700
    call_command("serve", port=8001, workers=3)
    (arguments,) = started
    expected = ["-m", "config.web_server", "127.0.0.1", "8001", "3", "6", "30", "700"]
    assert arguments == [sys.executable, *expected]
    assert os.environ["PYTHONPATH"] == f"{settings.BASE_DIR}{os.pathsep}/elsewhere"


@pytest.mark.parametrize(
    ("options", "hosts", "sentence"),
    [
        ({"port": 0}, ["desk"], "--port must be from 1 to 65535."),
        ({"port": 70_000}, ["desk"], "--port must be from 1 to 65535."),
        ({"workers": 0}, ["desk"], "--workers and --stop-seconds must be at least 1."),
        ({"stop_seconds": 0}, ["desk"], "--workers and --stop-seconds must be at least 1."),
        ({}, ["desk:80"], "ALLOWED_HOSTS: 'desk:80' has a port; leave it out."),
    ],
)
def test_what_cannot_be_served_ends_the_command(settings, options, hosts, sentence):
    settings.ALLOWED_HOSTS = hosts
    with pytest.raises(CommandError) as raised:
        call_command("serve", **options)
    assert (str(raised.value), raised.value.returncode) == (sentence, 2)


def test_a_health_check_asks_whether_the_server_is_ready(server, monkeypatch, capsys):
    monkeypatch.setenv("ALLOWED_HOSTS", ".example.com,10.0.0.5")
    assert probe.main(server.port) == 0
    assert capsys.readouterr().out == "one\n"
    assert probe.main(free_port()) == 1
    assert "does not answer" in capsys.readouterr().out
