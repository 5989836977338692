"""The demo from the outside: it starts, serves, and every way to end it leaves a next start."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from django.core.management import CommandError, call_command

from config import embedded_postgres
from returns.database.locks import Lock, lock_key
from returns.demo import server

CHECKOUT = Path(__file__).resolve().parents[3]
PATIENCE = 120  # seconds; the computer may be busy with other tests


@pytest.fixture(scope="module")
def port():
    with socket.socket() as probe:
        probe.bind((server.ADDRESS, 0))
        return probe.getsockname()[1]


@pytest.fixture
def demo(port):
    """Start the demo; it inherits the folder of this run, so its data lies there."""
    programs = []

    def start() -> subprocess.Popen:
        command = [sys.executable, "manage.py", "demo", f"--port={port}", "--returns=30"]
        rest = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        pipe = subprocess.PIPE
        programs.append(
            subprocess.Popen(command, cwd=CHECKOUT, env=rest, stdout=pipe, stderr=pipe, text=True)
        )
        return programs[-1]

    yield start
    for program in programs:
        if program.poll() is None:
            program.terminate()
        program.communicate(timeout=PATIENCE)


def welcome(program: subprocess.Popen) -> str:
    """Read what the demo says until it is up."""
    lines = []
    for line in program.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    return "".join(lines)


@pytest.mark.slow
def test_kill_9_leaves_a_next_start_and_sigterm_ends_all_of_it(demo, port):
    killed = demo()
    text = welcome(killed)
    assert f"http://127.0.0.1:{port}/" in text
    steps = [f"Added {number} of 30 returns." for number in (6, 12, 18, 24, 30)]
    assert [line for line in text.splitlines() if " of 30 returns" in line] == steps
    killed.kill()
    following = demo()
    text = welcome(following)
    assert re.search(
        r"service +Customer service, in Turkish\n +manager +Warehouse manager, in German\n", text
    )
    assert " of 30 returns" not in text  # the data of the first start is there
    assert server.is_ready(port)
    helpers = psutil.Process(following.pid).children(recursive=True)
    following.terminate()
    rest, errors = following.communicate(timeout=PATIENCE)
    assert (following.returncode, rest, errors) == (
        0,
        "\nStopped. The data is kept for the next start.\n",
        "",
    )
    assert psutil.wait_procs(helpers, timeout=PATIENCE)[1] == []


@pytest.mark.slow
def test_demo_waits_while_another_sets_up_its_database_and_ctrl_c_ends_it_calmly(demo):
    found = embedded_postgres.start(embedded_postgres.state_folder(CHECKOUT))
    with psycopg.connect(host=found["HOST"], user=found["USER"], dbname=found["NAME"]) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", lock_key(Lock.DEMO))
        program = demo()
        waits = "Another demo is setting up this database; waiting for it ...\n"
        assert waits in iter(program.stdout.readline, "")
    welcome(program)
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=PATIENCE)
    assert (program.returncode, errors) == (0, "")


def test_the_first_word_comes_before_django_is_imported(tmp_path):
    """That import alone takes seconds on a busy computer."""
    (tmp_path / "django.py").write_text("raise ImportError('too early')")
    program = subprocess.run(
        [sys.executable, "manage.py", "demo", "--port=1"],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert program.stdout == "Starting the returns desk ...\n"
    assert "ImportError: too early" in program.stderr


def test_a_port_is_reserved_before_the_server_is_up(monkeypatch, port):
    monkeypatch.setattr(server, "PORT_TIMEOUT", 0)
    with server.reserve_port(port):
        assert server.reserve_port(port) is None
    server.reserve_port(port).close()


def test_a_port_in_use_is_reported_in_a_sentence(monkeypatch):
    monkeypatch.setattr(server, "PORT_TIMEOUT", 0)
    with socket.socket() as other:
        other.bind((server.ADDRESS, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use") as refusal:
            call_command("demo", f"--port={port}")
    assert refusal.value.returncode == 1
