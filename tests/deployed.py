"""The desk as it is deployed: its web server with two workers, on a PostgreSQL of its own."""

import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from config import postgres_server
from tests import migrated

CHECKOUT = Path(__file__).resolve().parents[1]
HOST = "desk.example"
PATIENCE = 60  # seconds; a busy machine is no broken server
PEOPLE = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from returns.models import ApiToken, Scope
from returns.people import roles, tokens
from returns.people.roles import *
store = import_module(settings.SESSION_ENGINE).SessionStore
from tests.factories import make_person
person = make_person("manager", roles.WAREHOUSE_MANAGER)
session = store()
session[SESSION_KEY] = str(person.pk)
session[BACKEND_SESSION_KEY] = "returns.people.RoleBackend"
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session.create()
print(settings.SESSION_COOKIE_NAME + "=" + session.session_key)
"""


@dataclass
class Answer:
    """What the server answered, and how many seconds it took."""

    status: int
    headers: http.client.HTTPMessage
    text: str
    seconds: float


@dataclass
class Site:
    """A running deployment; it can be hurt."""

    data: Path
    port: int
    environment: dict[str, str]
    log: Path
    server: "subprocess.Popen[bytes] | None" = None
    cookie: str = ""
    options: list[str] = field(default_factory=lambda: ["--stop-seconds", "30"])

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of manage.py beside the server."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True
        )

    def migrate(self) -> None:
        """Migrate the database as a person does."""
        done = self.manage("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start the web server, and wait until it answers."""
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port), *self.options]
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        wait_for(lambda: self.is_up("/readyz"))

    def is_up(self, path: str) -> bool:
        """Tell whether the path is answered with 200 now."""
        try:
            return self.get(path, timeout=5).status == 200
        except OSError:
            return False

    def get(self, path: str, timeout: float = PATIENCE) -> Answer:
        """Get a page as the signed-in manager."""
        return self.send("GET", path, timeout=timeout)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        timeout: float = PATIENCE,
        **headers,
    ) -> Answer:
        """Send a request as the proxy would pass it on; underscores in headers are hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        began = time.monotonic()
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            link.request(method, path, body, self.headers() | given)
            answer = link.getresponse()
            text = answer.read().decode()
            return Answer(answer.status, answer.headers, text, time.monotonic() - began)
        finally:
            link.close()

    def headers(self) -> dict[str, str]:
        """Return the headers that the proxy sets, and the manager's cookie."""
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        return {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"} | cookie

    def workers(self) -> list[psutil.Process]:
        """Return the processes that answer requests."""
        found = []
        for child in psutil.Process(self.server.pid).children():
            with contextlib.suppress(psutil.Error):  # it may just have ended
                if "resource_tracker" not in " ".join(child.cmdline()):
                    found.append(child)
        return found

    def logged(self) -> str:
        """Return what the web server has logged."""
        return self.log.read_text()

    def postgres(self) -> psutil.Process:
        """Return the main process of the database server."""
        return psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))

    def connect(self, user: str = postgres_server.OWNER) -> psycopg.Connection:
        """Return a connection of one's own to the database."""
        address = self.environment["DATABASE_URL"]
        address = address.replace(f"//{postgres_server.OWNER}@", f"//{user}@")
        return psycopg.connect(address, autocommit=True)

    def start_postgres(self) -> None:
        """Start the database server again."""
        postgres_server.ensure_running(self.data)

    def stop(self) -> None:
        """End the web server, however it is."""
        if self.server is None or self.server.poll() is not None:
            return
        family = [psutil.Process(self.server.pid)]
        family += family[0].children(recursive=True)
        self.server.terminate()
        try:
            self.server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self.server.wait()


@contextmanager
def deployed(parent: Path | None = None) -> Iterator[Site]:
    """Run a migrated desk with a manager in it; everything is gone afterwards."""
    if parent is None and os.geteuid() == 0:
        parent = Path("/var/lib/returns-desk")
    with tempfile.TemporaryDirectory(prefix="site-", dir=parent) as folder:
        Path(folder).chmod(0o755)  # as root the database server is another user
        data = Path(folder, "data").resolve()
        data.mkdir()
        address = postgres_server.ensure_running(data)
        where = f"{quote(address.socket_folder, safe='')}:{address.port}"
        database = f"postgres://{postgres_server.OWNER}@{where}/postgres"
        try:
            with site_at(database, Path(folder), data=data) as site:
                yield site
        finally:
            postgres_server.stop(data)


@contextmanager
def site_at(
    database: str, folder: Path, data: Path | None = None, **variables: str
) -> Iterator[Site]:
    """Run a migrated desk with a manager in it on a database that exists."""
    environment = os.environ | {
        "DATABASE_URL": database,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": HOST,
        "BODY_SECONDS": "2",
        "DATABASE_POOLER": "",  # its server is its own
        "DEBUG": "",
        "RETURNS_DESK_DEMO": "1",  # static files from their sources
    }
    site = Site(data or folder, free_port(), environment | variables, folder / "web.log")
    try:
        migrated.fill(database, site.migrate)
        done = site.manage("shell", "--verbosity", "0", "-c", PEOPLE)
        assert done.returncode == 0, done.stderr
        site.cookie = done.stdout.strip()
        site.start()
        yield site
    finally:
        site.stop()


@contextmanager
def proxied(
    site: Site, folder: Path, plain_port: int = 0, others: dict[str, str] | None = None
) -> Iterator[int]:
    """Run nginx with the example of the documentation in front of the site; give its port.

    ``plain_port`` is that without TLS; ``others`` are what its file has in place of what.
    """
    key = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    names = ["-nodes", "-subj", f"/CN={HOST}", "-days", "1"]
    names += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", *key, *names],
        check=True,
        capture_output=True,
    )
    port = free_port()
    changes = {
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{plain_port or free_port()}",
        "127.0.0.1:8000": f"127.0.0.1:{site.port}",
        "<returns.example.com>": HOST,
        "<certificate.pem>": str(folder / "certificate.pem"),
        "<key.pem>": str(folder / "key.pem"),
        "<checkout>": str(CHECKOUT),
    }
    example = (CHECKOUT / "docs/deploy/nginx.conf").read_text()
    for text, change in ((others or {}) | changes).items():
        assert text in example
        example = example.replace(text, change)
    owner = "user root;" if os.geteuid() == 0 else ""
    whole = f"{owner} daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}"
    paths = " ".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "conf").write_text(f"{whole} http {{ access_log off; {paths} {example} }}")
    nginx = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "conf"])
    try:
        wait_for(lambda: can_connect(port))
        yield port
    finally:
        nginx.terminate()
        nginx.wait(30)


def can_connect(port: int) -> bool:
    """Tell whether somebody listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
