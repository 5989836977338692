"""The doctor finds nothing wrong with a sound deployment, and what is wrong with a broken one."""

import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from config import diagnosis
from returns.models import Heartbeat, Loop
from returns.operations.doctor import of_address, of_machine
from returns.operations.doctor.of_address import address_points, public_address
from returns.operations.doctor.visits import visit
from tests.config.test_command_line import AWAY, address_of
from tests.deployed import CHECKOUT, Site, free_port, proxied
from tests.pooler import HAS_POOLER, pooler
from tests.test_faults import PROXIES

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
HOST = "localhost"
with_proxy = pytest.mark.parametrize("proxy", PROXIES)
with_pooler = pytest.mark.parametrize("name", ["returns"] if HAS_POOLER else [])


@pytest.fixture(scope="module")
def site(tmp_path_factory, django_db_setup, django_db_blocker):
    """The web server on the database of the tests."""
    with django_db_blocker.unblock():
        address = address_of(connection.settings_dict["NAME"])
    environment = os.environ | AWAY | {"DATABASE_URL": address, "RETURNS_DESK_DEMO": "1"}
    environment["ALLOWED_HOSTS"] = f"{HOST},desk.example"
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, free_port(), environment, folder / "log")
    site.options[:2] = ["--workers", "1"]
    site.start()
    yield site
    site.stop()


@pytest.fixture
def deployed(settings, monkeypatch):
    """Let this process be one of the deployment; the background work was just seen."""
    settings.LOCAL, settings.DEMO = False, True
    settings.SECRET_KEY, settings.ALLOWED_HOSTS = AWAY["SECRET_KEY"], [HOST]
    # The tests are neither on https nor send mail, and run beside a browser.
    settings.SILENCED_SYSTEM_CHECKS = [f"security.W{number:03}" for number in range(1, 30)]
    settings.SILENCED_SYSTEM_CHECKS += ["mail.E001", "returns.I001", "async.E001"]
    for loop in (Loop.STEPS, Loop.FILES, Loop.OUTGOING):
        make_heartbeat(loop)


def make_heartbeat(loop: Loop, **values) -> Heartbeat:
    fields = {"host": "desk-1", "pid": 7, "version": "1.0"} | values
    return Heartbeat.objects.create(loop=loop, **fields)


@pytest.fixture
def examine(capsys):
    """Run the doctor in this process; returns the points that are not as they should be."""

    def run(**options) -> dict[str, list[str]]:
        with suppress(SystemExit):
            call_command("doctor", json=True, **options)
        found = {"failed": [], "warning": [], "ok": [], "skipped": []}
        for point in json.loads(capsys.readouterr().out)["points"]:
            found[point["result"]].append(f"{point['name']}: {point['text']}")
        return found

    return run


@pytest.fixture
def behind(site, tmp_path, monkeypatch):
    """Return a function that runs the proxy of the documentation, with changes."""

    def run(**others):
        changes = {
            f"proxy_set_header {key.replace('_', '-')}": value for key, value in others.items()
        }
        plain_port = free_port()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        return plain_port, proxied(site, tmp_path, plain_port, changes)

    return run


@with_proxy
def test_a_sound_deployment_has_nothing_to_mend(proxy, deployed, behind, examine):
    plain_port, running = behind()
    with running as port:
        found = examine(url=f"https://{HOST}:{port}", plain_url=f"http://{HOST}:{plain_port}")
    assert found["failed"] == []
    assert "proxy: The proxy says https, localhost and 127.0.0.1." in found["ok"]
    assert f"redirect: http://{HOST}:{plain_port} leads to https." in found["ok"]
    assert "statement limit: Queries of pages are cancelled after 10s." in found["ok"]
    assert "clock: The clock of the web server agrees with that of this computer." in found["ok"]
    assert "options: The options of connections are in force." in found["ok"]
    # Files are served from their sources here.
    assert found["warning"] == ["static files: Browsers load static files again and again."]


@with_proxy
@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"X_Forwarded_Proto": "Nothing"}, "takes requests to https:// for http://"),
        ({"X_Forwarded_For": "Nothing"}, "chooses the address"),
        ({"X_Forwarded_For": 'X-Forwarded-For ""; #'}, "by the address of the proxy"),
        ({"X_Forwarded_For": "X-Forwarded-For $proxy_add_x_forwarded_for; #"}, "chooses the addr"),
        ({"Host": "Host other.example; #"}, "the desk refuses the host"),
        ({"Host": "Host desk.example; #"}, "is asked for desk.example instead of localhost"),
    ],
    ids=["no proto", "forged address", "no address", "added address", "other host", "another"],
)
def test_a_proxy_that_passes_on_something_else_is_found(
    proxy, deployed, behind, examine, others, words
):
    changes = {
        key: f"proxy_set_header {value}" if " " in value else f"proxy_set_header {value}-{key}"
        for key, value in others.items()
    }
    _, running = behind(**changes)
    with running as port:
        found = examine(url=f"https://{HOST}:{port}")
    assert any(words in each for each in found["failed"])


def test_what_the_desk_saw_is_told_only_with_a_proof(site, settings):
    settings.SECRET_KEY = AWAY["SECRET_KEY"]
    address = f"http://{HOST}:{site.port}"
    right = diagnosis.proof()
    assert visit(address, "/readyz", X_Desk_Doctor=right).seen["host"] == f"{HOST}:{site.port}"
    assert visit(address, "/readyz", X_Desk_Doctor=right + "x").seen == {}
    assert visit(address, "/readyz").seen == {}


def test_another_secret_key_is_found(site, deployed, settings, examine):
    settings.SECRET_KEY = "x" * 60
    (found,) = examine(url=f"http://{HOST}:{site.port}")["failed"]
    assert "answers 200, but not as this desk" in found


def test_a_server_that_is_not_running_is_found(deployed, examine):
    (found,) = examine(url=f"http://{HOST}:{free_port()}")["failed"]
    assert "cannot be reached" in found


def test_background_work_that_is_not_running_is_found(deployed, settings, examine):
    settings.ALLOWED_HOSTS = []
    assert "background work: It runs: process 7 on desk-1." in examine()["ok"]
    files = Heartbeat.objects.filter(loop=Loop.FILES)
    files.update(seen_at=timezone.now() - timedelta(minutes=2))
    nobody = "background work: Nobody does large files and exports: they wait."
    assert examine()["failed"] == [nobody]
    files.delete()
    assert examine()["failed"] == [nobody]


def test_background_work_that_is_stuck_or_of_two_versions_is_found(deployed, settings, examine):
    settings.ALLOWED_HOSTS = []
    other = make_heartbeat(Loop.FILES, version="2.0", pid=8)
    assert examine()["warning"] == [
        "background work: Processes of 2 versions run at once: 1.0, 2.0."
    ]
    other.delete()
    since = timezone.now() - timedelta(hours=1)
    Heartbeat.objects.filter(loop=Loop.STEPS).update(doing="rules", doing_since=since)
    (found,) = examine()["failed"]
    assert found.startswith("background work: process 7 on desk-1 has been at rules for 36")


class MailServer(socketserver.StreamRequestHandler):
    """Takes every mail, and nobody's password."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        is_text = False
        for line in self.rfile:
            word = line[:4].strip().upper()
            if is_text:
                is_text = line != b".\r\n"
                if is_text:
                    self.server.lines.append(line.decode().strip())
                    continue
                word = b"OK"
            is_text = word == b"DATA"
            answers = {
                b"EHLO": b"250-here\r\n250 AUTH PLAIN",
                b"AUTH": b"535 no",
                b"DATA": b"354 go",
            }
            self.wfile.write(answers.get(word, b"250 done") + b"\r\n")


@pytest.fixture
def mail_server(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        server.daemon_threads = True
        server.lines = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        options = {"host": "127.0.0.1", "port": server.server_address[1], "timeout": 10}
        backend = "django.core.mail.backends.smtp.EmailBackend"
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
        settings.HAS_MAIL, settings.DEFAULT_FROM_EMAIL = True, "desk@example.com"
        yield server
        server.shutdown()


def test_mail_is_sent_only_if_somebody_shall_get_it(mail_server):
    (point,) = of_machine.mail_points("")
    assert (point.result, mail_server.lines) == ("ok", [])
    (point,) = of_machine.mail_points("somebody@example.com")
    assert point.text.endswith("took a mail to somebody@example.com.")
    assert "To: somebody@example.com" in mail_server.lines


@pytest.mark.parametrize("wrong", [{"port": 1}, {"username": "desk", "password": "wrong"}])
def test_a_mail_server_that_cannot_be_used_is_found(mail_server, settings, wrong):
    settings.MAILERS["default"]["OPTIONS"] |= wrong
    (point,) = of_machine.mail_points("")
    assert point.result == "failed"
    assert "wrong" not in point.text


@pytest.mark.parametrize(
    ("ahead", "result"), [(0, "ok"), (20, "warning"), (300, "failed"), (-300, "failed")]
)
def test_clocks_that_differ_are_found(ahead, result):
    now = timezone.now() - timedelta(seconds=ahead)
    clock, *_ = of_machine.database_clock(now)
    assert clock.result == result


def test_a_full_disk_is_found(monkeypatch):
    def results(free: int) -> list[str]:
        usage = SimpleNamespace(free=free, total=10**12)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        return [point.result for point in of_machine.disk_points()][:1]

    assert [results(size) for size in (10**6, 10**9, 10**11)] == [["failed"], ["warning"], ["ok"]]


def test_the_address_is_that_of_the_first_host(deployed, settings):
    settings.ALLOWED_HOSTS = [".example.com", "desk.example.com"]
    assert public_address("") == "https://desk.example.com"
    assert public_address("https://other.example.com/") == "https://other.example.com"


@pytest.mark.parametrize(
    "address",
    [
        "desk.example",
        "ftp://desk.example",
        "https://",
        "https://desk.example:abc",
        "https://[::1",
        "https://desk example",
    ],
)
def test_what_is_no_address_is_one_of_the_points(deployed, examine, address):
    found = examine(url=address, plain_url=address)["failed"]
    assert [each.partition(" is no")[0] for each in found] == [f"address: {address.rstrip('/')}"]


@pytest.mark.parametrize("name", ["desk example", "[::1", "desk..example", f"{'x' * 64}.example"])
def test_a_host_that_cannot_be_right_is_not_visited(deployed, settings, name):
    settings.ALLOWED_HOSTS = [name]
    assert public_address("") == ""
    assert [point.result for point in address_points(f"https://{name}", "")] == ["failed"]
    settings.ALLOWED_HOSTS = [name, "desk.example"]
    assert public_address("") == "https://desk.example"


@pytest.mark.parametrize("address", ["desk.example", "http://[::1", "http://a b"])
def test_an_address_without_tls_that_is_none_is_a_warning(address):
    (point,) = of_address._plain("https://desk.example", address)
    assert (point.name, point.result) == ("redirect", "warning")


def test_a_web_server_in_another_time_zone_is_found(site, deployed, settings, examine):
    settings.TIME_ZONE = "Asia/Tokyo"
    found = examine(url=f"http://{HOST}:{site.port}")["warning"]
    text = "TIME_ZONE of the web server is Europe/Istanbul, and Asia/Tokyo here."
    assert f"time zones: {text}" in found


def test_json_has_all_numbers(deployed, settings, capsys):
    settings.ALLOWED_HOSTS = []
    call_command("doctor", json=True)
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["points", "ok", "warning", "failed", "skipped"]
    assert told["failed"] == 0
    assert sum(told[result] for result in list(told)[1:]) == len(told["points"])


# As a process of its own


def test_a_reader_that_stops_reading_is_no_error():
    program = subprocess.Popen(
        [sys.executable, "manage.py", "doctor", "--url", "http://127.0.0.1:1"],
        cwd=CHECKOUT,
        env=os.environ | AWAY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    program.stdout.close()
    assert program.stderr.read() == ""
    assert program.wait() == 1


def doctor(address: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", "--url", "http://127.0.0.1:1"],
        cwd=CHECKOUT,
        env=os.environ | AWAY | {"DATABASE_URL": address} | environment,
        capture_output=True,
        text=True,
    )


def test_a_database_that_is_not_migrated_is_found():
    name = f"{connection.settings_dict['NAME']}_unmigrated"
    with psycopg.connect(address_of("postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        program = doctor(address_of(name))
    finally:
        with psycopg.connect(address_of("postgres"), autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert program.returncode == 1
    assert "migrations are not applied" in program.stdout
    assert "→ Run manage.py migrate" in program.stdout


def test_a_database_that_is_away_is_one_of_the_points():
    program = doctor(AWAY["DATABASE_URL"])
    assert program.returncode == 1
    assert "failed   database: The database does not answer" in program.stdout
    assert "disk:" in program.stdout
    assert "hidden" not in program.stdout + program.stderr  # the password


@with_pooler
def test_options_that_the_pooler_does_not_set_are_found(name):
    with pooler(3, name=name, connect_query="") as address:
        found = doctor(address, DATABASE_POOLER="1").stdout
    assert "ok       pooler: The desk connects through a pooler in transaction mode." in found
    assert "warning  options: Not in force" in found
    assert "pgtrigger.ignore = {}, jit = off, random_page_cost = 1.1" in found


@pytest.mark.parametrize("name", ["returns_web"] if HAS_POOLER else [])
def test_the_limit_of_web_servers_in_a_pooler_is_no_warning(name):
    with pooler(3, name=name) as address:
        found = doctor(address, DATABASE_POOLER="1").stdout
    assert "ok       options: The options of connections are in force." in found
    assert "skipped  options: Queries of this connection are cancelled after 10s" in found
    assert "warning  options" not in found


@with_pooler
def test_a_pooler_that_nobody_told_the_desk_about_is_found(name):
    with pooler(3, name=name) as address:
        assert "Set DATABASE_POOLER=1: DATABASE_URL is a pooler." in doctor(address).stdout
    with pooler(3, name=name, ignored="options,extra_float_digits") as address:
        found = doctor(address).stdout
    assert "failed   pooler: DATABASE_URL is a pooler that changes connections" in found
