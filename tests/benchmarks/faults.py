"""What people see, and what stays, while parts of a deployment die. Run by hand:

    uv run python -m tests.benchmarks.faults [--only NAME ...]

A deployment of its own (nginx as in docs/, two workers, background work, PostgreSQL on a small
disk) is hurt in one way after another, while twenty people read pages, two comment and two programs
push records. Every write that was acknowledged is written into a ledger. Printed for each fault:
how many reads were answered, with what, whether each answer had a sentence, and how long it took
until all was well; at last, how much of the ledger is missing. Needs root, nginx and faketime.
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg

from tests.deployed import CHECKOUT, HOST, Site, deployed, proxied

READERS, COMMENTERS, PROGRAMS = 20, 2, 2
PATHS = ["/returns/", "/queue/?queue=to_inspect", "/returns/?state=Completed", "/returns/Return-1/"]
PAUSE = 2.0  # seconds between two requests of each
SETTLED = 4.0  # seconds of nothing but answers
DISK = "256m"
SET_UP = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from returns.models import Return, State
from returns.people import roles
from tests.factories import make_person, make_return
store = import_module(settings.SESSION_ENGINE).SessionStore
records = [make_return(f"Return-{n}").pk for n in range(1, 4)]
cookies = []
for n in range(%d):
    person = make_person(f"person{n}", roles.WAREHOUSE_MANAGER)
    session = store()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "returns.people.RoleBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    cookies.append(settings.SESSION_COOKIE_NAME + "=" + session.session_key)
print(json.dumps({"cookies": cookies, "records": records}))
"""


class Crowd:
    """People and programs at work through the proxy, until they are told to stop."""

    def __init__(
        self, port: int, cookies: list[str], records: list[int], tokens: list[str]
    ) -> None:
        self.port = port
        self.records = records
        self.reads: list[tuple[float, float, str]] = []  # when, how long, what
        self.comments: set[str] = set()
        self.pushed: set[str] = set()
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [
            threading.Thread(target=self._repeat, args=(work, who), daemon=True)
            for work, whom in (
                (self._read, cookies[:READERS]),
                (self._comment, cookies[READERS:]),
                (self._push, tokens),
            )
            for who in whom
        ]
        for thread in self.threads:
            thread.start()

    def _repeat(self, work: Callable[[str, int], None], who: str) -> None:
        turn = 0
        while not self.stopping.is_set():
            turn += 1
            work(who, turn)
            time.sleep(PAUSE)

    def _read(self, cookie: str, turn: int) -> None:
        began = time.monotonic()
        try:
            status, text = self.ask("GET", PATHS[turn % len(PATHS)], {"Cookie": cookie})
            seen = str(status) if status == 200 or "<h1" in text else f"{status} {text[:60]!r}"
        except (OSError, http.client.HTTPException) as error:
            seen = type(error).__name__
        with self.lock:
            self.reads.append((began, time.monotonic() - began, seen))

    def _comment(self, cookie: str, turn: int) -> None:
        text = f"ledger {uuid4().hex}"
        secret = "a" * 32
        headers = {
            "Cookie": f"{cookie}; csrftoken={secret}; __Host-csrftoken={secret}",
            "X-CSRFToken": secret,
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": f"https://{HOST}/",
        }
        path = f"/return/{self.records[turn % len(self.records)]}/comments/"
        try:
            status, _ = self.ask("POST", path, headers, f"text={text.replace(' ', '+')}".encode())
        except (OSError, http.client.HTTPException):
            return
        if status == 303:
            self.comments.add(text)

    def _push(self, token: str, turn: int) -> None:
        now = datetime.now(UTC).isoformat()
        names = [f"P-{uuid4().hex}" for _ in range(5)]
        items = [
            {
                "returnReferenceNumber": name,
                "state": "ReturnCreated",
                "createdAt": now,
                "updatedAt": now,
            }
            for name in names
        ]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            status, text = self.ask(
                "POST", "/openapi/v1/feed", headers, json.dumps({"items": items}).encode()
            )
        except (OSError, http.client.HTTPException):
            return
        if status == 200 and '"rejected": 0' in text.replace('":0', '": 0'):
            self.pushed.update(names)

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, str]:
        """Send one request over a new connection."""
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        link = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=70, context=trusting)
        try:
            link.request(method, path, body, {"Host": HOST} | headers)
            answer = link.getresponse()
            text = answer.read().decode()
            return answer.status, answer.headers.get("Location", text)
        finally:
            link.close()

    def wait_until_well(self, since: float) -> float:
        """Wait until reads are answered again for some seconds; return since when they are."""
        while True:
            time.sleep(0.2)
            with self.lock:
                recent = [read for read in self.reads if read[0] >= since]
            bad = [began + took for began, took, seen in recent if seen != "200"]
            well_since = max(bad, default=since)
            slow = [began + took for began, took, _ in recent if took > 2]
            well_since = max([well_since, *slow])
            good = [read for read in recent if read[0] > well_since]
            if time.monotonic() - well_since > SETTLED and len(good) > READERS:
                return well_since - since
            if time.monotonic() - since > 180:
                return float("inf")


class Faults:
    """The ways to hurt a site."""

    def __init__(self, site: Site, disk: Path) -> None:
        self.site = site
        self.disk = disk
        self.work = self.start_work()

    def start_work(self) -> "subprocess.Popen[bytes]":
        """Start the background work, as a supervisor does."""
        with self.site.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", "work"],
                cwd=CHECKOUT,
                env=self.site.environment,
                stdout=log,
                stderr=log,
            )

    def one_worker_killed(self) -> None:
        self.site.workers()[0].kill()

    def both_workers_killed(self) -> None:
        time.sleep(6)  # granian ends if a worker dies that has just replaced another
        for worker in self.site.workers():
            worker.kill()

    def background_work_killed(self) -> None:
        self.work.kill()
        self.work.wait()
        self.work = self.start_work()

    def main_process_killed(self) -> None:
        self.site.server.kill()
        self.site.server.wait()
        time.sleep(1)
        self.site.start()

    def postgresql_killed(self) -> None:
        server = self.site.postgres()
        server.kill()
        psutil.wait_procs([server], 10)
        time.sleep(3)
        self.site.start_postgres()

    def postgresql_paused(self) -> None:
        server = self.site.postgres()
        family = [server, *server.children(recursive=True)]
        for process in family:
            process.suspend()
        time.sleep(30)
        for process in family:
            process.resume()

    def connections_ended(self) -> None:
        with self.connect() as database:
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    def connection_limit_reached(self) -> None:
        taken = []
        self.connections_ended()
        try:
            while len(taken) < 200:
                taken.append(self.connect("somebody"))
        except psycopg.OperationalError:
            pass
        time.sleep(10)
        for connection in taken:
            connection.close()

    def disk_full(self) -> None:
        filler = self.disk / "filler"
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(bytes(1024 * 1024))
                    file.flush()
            except OSError:
                pass
        time.sleep(20)
        filler.unlink()
        time.sleep(2)
        self.site.start_postgres()  # if it gave up

    def clock_two_hours_ahead(self) -> None:
        Path(self.site.environment["FAKETIME_TIMESTAMP_FILE"]).write_text("+2h\n")
        time.sleep(5)

    def connect(self, user: str = "") -> psycopg.Connection:
        address = self.site.environment["DATABASE_URL"]
        if user:
            address = address.replace("postgres://postgres@", f"postgres://{user}@")
        return psycopg.connect(address, autocommit=True)


def main() -> None:
    """Hurt, watch and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [name for name, each in vars(Faults).items() if callable(each) and "_" in name]
    names = [name for name in names if not name.startswith("_") and name != "start_work"]
    parser.add_argument("--only", nargs="*", choices=names, default=names)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    disk = Path(tempfile.mkdtemp(prefix="faults-", dir="/var/lib"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", disk], check=True)
    disk.chmod(0o755)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _measure(given, disk, Path(folder))
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
        disk.rmdir()


def _measure(given: argparse.Namespace, disk: Path, folder: Path) -> None:
    clock = folder / "clock"
    clock.write_text("+0\n")
    os.environ |= {"API_CALLS_PER_MINUTE": "100000", "FAKETIME_TIMESTAMP_FILE": str(clock)}
    if "clock_two_hours_ahead" in given.only:
        os.environ |= {
            "LD_PRELOAD": str(next(Path("/usr/lib").rglob("libfaketimeMT.so.1"))),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    with deployed(disk) as site, proxied(site, folder) as port:
        made = json.loads(site.manage("shell", "-v0", "-c", SET_UP % (READERS + COMMENTERS)).stdout)
        tokens = [
            site.manage("create_api_token", f"program {n}", "--scope", "feed").stdout.split()[-1]
            for n in range(PROGRAMS)
        ]
        faults = Faults(site, disk)
        with faults.connect() as database:
            database.execute("CREATE ROLE somebody LOGIN")
        crowd = Crowd(port, made["cookies"], made["records"], tokens)
        print(f"{'fault':<26}{'reads':>6} {'well again':>10} {'p95':>6}  answers")
        crowd.wait_until_well(time.monotonic())
        try:
            for name in given.only * given.rounds:
                _try(name, faults, crowd)
            crowd.stopping.set()
            for thread in crowd.threads:
                thread.join(80)
            _compare(faults, crowd)
        finally:
            crowd.stopping.set()
            faults.work.send_signal(signal.SIGTERM)
            faults.work.wait(30)
            shutil.copy(site.log, "/tmp/faults.log")


def _try(name: str, faults: Faults, crowd: Crowd) -> None:
    since = time.monotonic()
    getattr(faults, name)()
    well = crowd.wait_until_well(since)
    with crowd.lock:
        reads = [read for read in crowd.reads if read[0] >= since]
    took = sorted(read[1] for read in reads)
    answers = ", ".join(f"{n} x {seen}" for seen, n in Counter(r[2] for r in reads).most_common())
    p95 = took[len(took) * 95 // 100]
    print(f"{name.replace('_', ' '):<26}{len(reads):>6} {well:>8.1f} s {p95:>4.1f} s  {answers}")


def _compare(faults: Faults, crowd: Crowd) -> None:
    with faults.connect() as database:
        comments = {row[0] for row in database.execute("SELECT text FROM returns_comment")}
        returns = {
            row[0] for row in database.execute("SELECT return_reference_number FROM returns_return")
        }
    lost = len(crowd.comments - comments), len(crowd.pushed - returns)
    print(f"acknowledged comments: {len(crowd.comments)}, lost: {lost[0]}")
    print(f"acknowledged pushed records: {len(crowd.pushed)}, lost: {lost[1]}")


if __name__ == "__main__":
    main()
