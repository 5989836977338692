"""The bundled server comes and goes with those who use it, whatever way they end."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from config import embedded_postgres, postgres_server

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
USER = """
import sys, time
from pathlib import Path
from config import embedded_postgres
import psycopg
settings = embedded_postgres.start(Path(sys.argv[1]), announce="announce" in sys.argv)
names = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
print(psycopg.connect(dbname=settings["NAME"], **names).execute("SELECT 42").fetchone()[0])
sys.stdout.flush()
if sys.argv[2] == "stay":
    # A signal that comes just before a sleep begins is noticed after it.
    for _ in range(600):
        time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def folder():
    """A state folder of this module's own; as root the server must be able to reach it."""
    parent = "/var/lib/returns-desk" if os.geteuid() == 0 else None
    path = Path(tempfile.mkdtemp(prefix="try-", dir=parent))
    yield path
    for data in {pid_file.parent for pid_file in path.rglob("postmaster.pid")}:
        postgres_server.stop(data)
    shutil.rmtree(path)


@pytest.fixture
def use(folder):
    """Start a program that uses the server; whatever it leaves behind is ended after the test."""
    programs = []

    def use_server(*how: str, folder: Path = folder) -> subprocess.Popen:
        command = [sys.executable, "-c", USER, str(folder), *how]
        output = subprocess.PIPE
        programs.append(subprocess.Popen(command, cwd=CHECKOUT, stdout=output, text=True))
        return programs[-1]

    yield use_server
    for program in programs:
        program.kill()
        program.wait()
        program.stdout.close()


def server_runs(folder: Path) -> bool:
    return (folder / "data" / "postmaster.pid").exists()


def users(folder: Path) -> list[int]:
    return json.loads((folder / "data" / ".handle_pids.json").read_text())


def answer(program: subprocess.Popen) -> str:
    return program.stdout.readline().strip()


def test_two_first_users_at_once_share_one_server_and_the_last_stops_it(use, folder):
    programs = [use("go"), use("go")]
    assert [answer(program) for program in programs] == ["42", "42"]
    assert [program.wait(20) for program in programs] == [0, 0]
    assert not server_runs(folder)


def test_sigterm_stops_the_server_and_leaves_no_user(use, folder):
    program = use("stay")
    assert answer(program) == "42"
    program.terminate()
    assert program.wait(20) == 128 + signal.SIGTERM
    assert not server_runs(folder)
    assert users(folder) == []


def test_the_next_user_after_kill_9_works_and_stops_the_server(use, folder):
    killed = use("stay")
    assert answer(killed) == "42"
    killed.kill()  # not waited for: a zombie uses nothing either
    assert server_runs(folder)
    following = use("go")
    assert answer(following) == "42"
    following.wait(20)
    assert not server_runs(folder)


def test_a_crashed_servers_pid_file_may_name_a_foreign_program(use, folder):
    server_crashes(use, folder)
    pid_file = folder / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert answer(use("go")) == "42"


def test_a_crashed_servers_pid_file_may_be_half_written(use, folder):
    server_crashes(use, folder)
    (folder / "data" / "postmaster.pid").write_text("12")
    assert answer(use("go")) == "42"


def server_crashes(use, folder: Path) -> None:
    program = use("stay")
    assert answer(program) == "42"
    server = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
    parts = [server, *server.children()]
    program.kill()
    server.kill()
    psutil.wait_procs(parts, timeout=10)


def test_a_user_younger_than_the_list_is_another_program_with_a_used_pid(tmp_path):
    listed = tmp_path / ".handle_pids.json"
    listed.write_text(f"[{os.getpid()}]")
    boot = time.time() - 30 * 24 * 3600
    os.utime(listed, (boot, boot))
    embedded_postgres._remove_dead_users(tmp_path)
    assert listed.read_text() == "[]"


@pytest.mark.parametrize("torn", ["", "[", "[99999999", "[, "])
def test_a_damaged_list_of_users_is_repaired(tmp_path, torn):
    listed = tmp_path / ".handle_pids.json"
    listed.write_text(torn)
    embedded_postgres._remove_dead_users(tmp_path)
    assert json.loads(listed.read_text()) == []


@pytest.mark.parametrize(
    "name",
    [
        """İşler ve Gönderi/Ayşe's "iade" masası, $HOME `date` \\""",
        "/".join(["rather-long-name"] * 8),
    ],
    ids=["odd", "long"],
)
def test_a_folder_may_have_any_name(use, folder, name):
    assert answer(use("go", folder=folder / name)) == "42"


@pytest.mark.parametrize("name", ["short", "/".join(["rather-long-name"] * 8)])
def test_only_the_owner_of_the_data_reaches_the_server(use, folder, name):
    """Whoever reaches its socket is its superuser, so not even an open folder lets others in."""
    assert answer(use("stay", folder=folder / name)) == "42"
    data = (folder / name / "data").resolve()
    address = postgres_server.address(data)
    socket = Path(address.socket_folder) / f".s.PGSQL.{address.port}"
    assert socket.stat().st_mode & 0o777 == 0o700
    assert socket.owner() == data.owner()


def test_the_programs_may_lie_in_a_folder_of_any_name(folder):
    """A checkout has them in its .venv."""
    site = folder / 'the "programs" of $HOME'
    for source in (postgres_server.PACKAGE, postgres_server.LIBRARIES):
        shutil.copytree(source, site / source.name, copy_function=os.link)
    command = [sys.executable, "-c", USER, str(folder / "used by these"), "go"]
    path = {"PYTHONPATH": str(site)}
    program = subprocess.run(
        command, cwd=CHECKOUT, env=os.environ | path, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout.strip() == "42"


def test_a_socket_s_folder_is_short_and_belongs_to_nobody_else(tmp_path):
    data = tmp_path / "a name with spaces" / "data"
    data.mkdir(parents=True)
    sockets = postgres_server._socket_folder(data)
    assert len(os.fsencode(sockets / postgres_server.SOCKET_NAME)) <= 103
    assert " " not in str(sockets)
    assert sockets.stat().st_mode & 0o777 == 0o700
    sockets.rmdir()


def test_a_start_is_announced_on_request(use, folder):
    program = use("stay", "announce", folder=folder / "announced")
    assert [answer(program), answer(program)] == ["Setting up PostgreSQL ...", "42"]
    joined = use("go", "announce", folder=folder / "announced")
    assert answer(joined) == "42"


def test_only_a_slow_start_is_announced(tmp_path, monkeypatch, capsys):
    with embedded_postgres._announced(tmp_path, announce=False):
        pass
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(embedded_postgres, "QUIET_START", 0.01)
    with embedded_postgres._announced(tmp_path, announce=False):
        time.sleep(0.2)
    assert capsys.readouterr() == ("", "Setting up PostgreSQL ...\n")


def test_an_unusable_folder_is_reported_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(postgres_server.ServerError, match="cannot be used for data: Not a dir"):
        embedded_postgres.start(tmp_path / "file" / "main")
    with pytest.raises(postgres_server.ServerError, match="cannot be used for data: Not a dir"):
        embedded_postgres.secret_key(tmp_path / "file" / "main")


def test_a_folder_with_other_content_is_not_changed(folder):
    data = folder / "of others" / "data"
    data.mkdir(parents=True)
    (data / "letter.txt").touch()
    with pytest.raises(postgres_server.ServerError, match="cannot be started in"):
        embedded_postgres.start(data.parent)
    assert (data / "letter.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["manage.py"], False),
        (["manage.py", "help"], False),
        (["manage.py", "migrate", "--help"], False),
        (["manage.py", "collectstatic"], False),
        (["./manage.py", "migrate"], True),
        (["manage.py", "check"], True),
        (["/x/bin/mypy"], False),
        (["/x/bin/pytest"], True),
        (["/x/bin/granian"], True),
    ],
)
def test_only_programs_that_use_the_database_start_it(arguments, wanted):
    assert embedded_postgres.needs_database(arguments) is wanted
