"""What people can put right ends a command with one sentence; a bug keeps its traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

from tests.database import server_settings

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
AWAY = {
    "DATABASE_URL": "postgres://somebody:hidden@127.0.0.1:1/nothing",
    "SECRET_KEY": "".join(map(chr, range(48, 110))),
    "ALLOWED_HOSTS": "returns.example.com",
    # Whatever the tests run on.
    "DATABASE_POOLER": "",
    "DEBUG": "",
}
UNREACHABLE = "The database cannot be reached. Check DATABASE_URL and the server: "
FORM = "DATABASE_URL must have the form postgres://user:password@host:5432/name"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=CHECKOUT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return run("manage.py", *arguments, **environment)


def sentence(program: subprocess.CompletedProcess) -> str:
    """Return the only line on standard error of a command that ended with 2."""
    assert program.returncode == 2, program.stderr
    (line,) = program.stderr.splitlines()
    return line


def address_of(database: str, user: str = "") -> str:
    """Return the address of a database on the server of the tests, without its pooler."""
    given = server_settings()
    who = quote(user or given["USER"])
    password = f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else ""
    port = f":{given['PORT']}" if given["PORT"] else ""
    return f"postgres://{who}{password}@{quote(given['HOST'], safe='')}{port}/{database}"


@pytest.mark.parametrize(
    ("command", "change", "words"),
    [
        ("check", {"DATABASE_URL": ""}, "DATABASE_URL is set but empty"),
        ("work", {"DATABASE_URL": "localhost"}, FORM),
        ("migrate", {"DATABASE_URL": "mysql://somebody@localhost/returns"}, FORM),
        ("migrate", {"DATABASE_URL": "postgres://somebody:hidden/@localhost/returns"}, FORM),
        ("setup_roles", {"SECRET_KEY": ""}, "Set SECRET_KEY to a random text"),
        ("createsuperuser", {"ALLOWED_HOSTS": ""}, "Set ALLOWED_HOSTS to the host names"),
        ("check", {"TIME_ZONE": "Nowhere"}, "TIME_ZONE 'Nowhere' is not a time zone"),
    ],
)
def test_wrong_settings_end_every_command_with_a_sentence(command, change, words):
    line = sentence(manage(command, **AWAY | change))
    assert line.startswith(words)
    assert "hidden" not in line


@pytest.mark.parametrize(
    "command",
    [
        ["migrate"],
        ["createsuperuser", "--noinput", "--username=ada", "--email=ada@example.com"],
        ["work"],
    ],
)
def test_an_unreachable_server_is_reported_in_a_sentence(command):
    line = sentence(manage(*command, **AWAY))
    assert line.startswith(f'{UNREACHABLE}connection to server at "127.0.0.1", port 1 failed: ')
    assert "hidden" not in line


COMMANDS = [
    *(["setup_roles"], ["create_api_token", "Shop", "--scope=read"], ["changepassword", "ada"]),
    *(["import_returns", "README.md"], ["rebuild_summaries", "--check"], ["clearsessions"]),
    *(["sync_returns"], ["axes_reset_username", "ada"], ["showmigrations"]),
]


def test_every_command_reports_an_unreachable_server_in_a_sentence():
    there = os.environ | AWAY | {"RETURNS_API_URL": "http://127.0.0.1:1", "RETURNS_API_TOKEN": "x"}
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "manage.py", *command],
            cwd=CHECKOUT,
            env=there,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in COMMANDS
    ]
    for command, program in zip(COMMANDS, started, strict=True):
        _, said = program.communicate()
        assert (program.returncode, said.count("\n")) == (2, 1), (command, said)
        assert said.startswith(UNREACHABLE), command


@pytest.mark.django_db
def test_a_connection_that_ended_is_reported_in_a_sentence():
    code = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
"""
    there = AWAY | {"DATABASE_URL": address_of(connection.settings_dict["NAME"])}
    line = sentence(manage("shell", "--no-imports", "-c", code, **there))
    assert line.startswith("The database ended the connection. Run the command again: ")


def test_a_server_that_never_answers_is_given_up_in_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgres://somebody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        there = AWAY | {"DATABASE_URL": address, "DATABASE_CONNECT_SECONDS": "2"}
        line = sentence(manage("migrate", **there))
    assert line.startswith(UNREACHABLE)
    assert "timeout" in line


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("postgres://somebody@nowhere.invalid/returns", "failed to resolve host"),
        ("postgres://127.0.0.1:1/returns?sslmod=require", 'invalid connection option "sslmod"'),
    ],
)
def test_an_address_without_a_server_is_reported_in_a_sentence(address, reason):
    line = sentence(manage("migrate", **AWAY | {"DATABASE_URL": address}))
    assert line.startswith(UNREACHABLE + reason)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("database", "user", "reason"),
    [
        ("no_such_database", "", 'database "no_such_database" does not exist'),
        ("postgres", "no_such_user", "no_such_user"),
    ],
)
def test_a_refused_login_is_reported_in_a_sentence(database, user, reason):
    there = {"DATABASE_URL": address_of(database, user)}
    line = sentence(manage("migrate", **AWAY | there))
    assert line.startswith(UNREACHABLE)
    assert reason in line


@pytest.fixture
def empty(django_db_setup):
    """Return the address of a database without tables."""
    name = f"{connection.settings_dict['NAME']}_empty"
    with psycopg.connect(address_of("postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield address_of(name)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_that_is_not_migrated_is_reported_in_a_sentence(empty):
    there = AWAY | {"DATABASE_URL": empty}
    words = "The database is not migrated: run `manage.py migrate` first."
    assert sentence(manage("changepassword", "ada", **there)) == words
    ours = manage("setup_roles", **there)
    assert (ours.returncode, ours.stderr) == (2, f"CommandError: {words}\n")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("from returns.models import Return; Return.objects.raw('SELECT x')[0]", "UndefinedColumn"),
    ],
)
def test_a_bug_keeps_its_traceback(code, error):
    there = AWAY | {"DATABASE_URL": address_of(connection.settings_dict["NAME"])}
    program = manage("shell", "--no-imports", "-c", code, **there)
    assert program.returncode == 1
    assert "Traceback (most recent call last)" in program.stderr
    assert error in program.stderr


def test_the_traceback_is_shown_on_request():
    program = manage("check", "--traceback", **AWAY | {"TIME_ZONE": "Nowhere"})
    assert program.returncode == 1
    assert "Traceback (most recent call last)" in program.stderr


def test_the_web_server_says_why_it_does_not_start():
    granian = ["-m", "granian", "--interface=wsgi", "--port=0", "config.wsgi:application"]
    program = run(*granian, **AWAY | {"TIME_ZONE": "Nowhere"})
    assert program.returncode != 0
    assert "TIME_ZONE 'Nowhere' is not a time zone" in program.stderr
    assert "Traceback" not in program.stderr + program.stdout
