"""What people see, and what stays, while parts of a deployment die. Run by hand:

    uv run python -m tests.benchmarks.faults [--only NAME ...]

A deployment of its own (nginx as in docs/, two workers, background work, PostgreSQL on a small
disk) is hurt in one way after another, while people read pages, sign in, comment and tag, and
programs push records. Every write that was acknowledged is written into a ledger. Printed for each
fault: after how many seconds all was well again, how many writes were acknowledged since it began
and how many of them are not in the database, and what people saw. Needs root, nginx and faketime.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from tests.benchmarks.crowd import PROGRAMS, SET_UP, Crowd
from tests.benchmarks.jobs import JOBS, Work
from tests.deployed import Site, deployed, proxied

DISK = "600m"
CLOCKS = ("web", "work", "database")
BEYOND_RESPAWN = 6  # seconds; granian ends if a worker dies that has just replaced another


class Faults:
    """The ways to hurt a site; each returns what else there is to say, if anything."""

    def __init__(self, site: Site, disk: Path, clocks: Path) -> None:
        self.site, self.disk, self.clocks = site, disk, clocks
        with site.connect() as database:
            database.execute("CREATE ROLE somebody LOGIN")
        self.work = Work(site, str(clocks / "work"))

    def one_worker_killed(self) -> None:
        self.site.workers()[0].kill()

    def both_workers_killed(self) -> None:
        time.sleep(BEYOND_RESPAWN)
        for worker in self.site.workers():
            worker.kill()

    def main_process_killed(self) -> None:
        self.site.server.kill()
        self.site.server.wait()
        time.sleep(1)
        self.site.start()

    def background_work_killed(self) -> None:
        self.work.kill()

    def work_killed_in_jobs(self) -> Iterator[tuple[str, str]]:
        """Give the name of each job, once it is done, and what came of it."""
        for name in JOBS:
            more = self.work.hurt_within(name, "Big-", self.work.kill, 3)
            yield f"work killed: {name}", more
        yield "sync_returns killed", self.work.kill_pull()

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
        with self.site.connect() as database:
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    def connection_limit_reached(self) -> None:
        taken = []
        self.connections_ended()
        try:
            while len(taken) < 200:
                taken.append(self.site.connect("somebody"))
        except psycopg.OperationalError:
            pass
        time.sleep(10)
        for connection in taken:
            connection.close()

    def disk_full_in_jobs(self) -> Iterator[tuple[str, str]]:
        """Give the name of each job, once it is done, and what came of it."""
        for name in JOBS:
            yield f"disk full: {name}", self.work.hurt_within(name, "Full-", self.disk_full, 1)

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

    def clocks_two_hours_wrong(self) -> Iterator[tuple[str, str]]:
        """Give what was done to which clock, once it has had time to do harm."""
        for clock in CLOCKS:
            for shift, what in (("+2h", "ahead"), ("-2h", "behind"), ("+0", "right again")):
                (self.clocks / clock).write_text(f"{shift}\n")
                time.sleep(10)
                yield f"clock of {clock} {what}", ""


NAMES = [name for name in vars(Faults) if "_" in name and name[0] != "_"]


def main() -> None:
    """Hurt, watch and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=NAMES, default=NAMES)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    disk = Path(tempfile.mkdtemp(prefix="faults-", dir="/var/lib"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", disk], check=True)
    disk.chmod(0o755)
    try:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            _measure(given.only * given.rounds, disk, Path(folder))
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
        disk.rmdir()


@contextmanager
def _site(names: list[str], disk: Path, clocks: Path) -> Iterator[Site]:
    """Run a site; if clocks are to be wrong, its servers read theirs from files of their own."""
    os.environ |= {"API_CALLS_PER_MINUTE": "100000"}
    for clock in CLOCKS:
        (clocks / clock).write_text("+0\n")
    if "clocks_two_hours_wrong" in names:
        os.environ |= {
            "LD_PRELOAD": str(next(Path("/usr/lib").rglob("libfaketimeMT.so.1"))),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_TIMESTAMP_FILE": str(clocks / "database"),
        }
    with deployed(disk) as site:
        site.environment["FAKETIME_TIMESTAMP_FILE"] = str(clocks / "web")
        site.stop()
        site.log = clocks / "web.log"  # not on the disk that is filled
        site.start()
        yield site


def _measure(names: list[str], disk: Path, folder: Path) -> None:
    with _site(names, disk, folder) as site, proxied(site, folder) as port:
        done = site.manage("shell", "-v0", "-c", SET_UP)
        assert done.returncode == 0, done.stderr
        tokens = [
            site.manage("create_api_token", f"program {n}", "--scope", "feed").stdout.split()[-1]
            for n in range(PROGRAMS)
        ]
        faults = Faults(site, disk, folder)
        crowd = Crowd(port, json.loads(done.stdout), tokens)
        try:
            crowd.get_used()
            print(f"Answers of more than {crowd.slow:.1f} s count as slow.")
            print(f"{'fault':<32}{'well again':>10} {'acknowledged':>13} {'lost':>5}  seen")
            for name in names:
                _try(name, faults, crowd)
            crowd.stop()
            acknowledged = {kind: len(keys) for kind, keys in crowd.ledger.written.items()}
            print(f"ledger: {acknowledged}, lost: {_lost(site, crowd, 0)}")
        finally:
            crowd.stopping.set()
            faults.work.stop()
            shutil.copy(site.log, "/tmp/faults.log")


def _lost(site: Site, crowd: Crowd, since: float) -> int:
    with site.connect() as database:
        return crowd.ledger.lost(database, since)


def _try(name: str, faults: Faults, crowd: Crowd) -> None:
    since = time.monotonic()
    several = getattr(faults, name)()
    for what, more in several or [(name.replace("_", " "), "")]:
        well = crowd.wait_until_well(since)
        number = sum(map(len, crowd.ledger.since(since).values()))
        lost = _lost(faults.site, crowd, since)
        seen = "; ".join(filter(None, [crowd.seen(since), more]))
        print(f"{what:<32}{well:>8.1f} s {number:>13} {lost:>5}  {seen}", flush=True)
        since = time.monotonic()


if __name__ == "__main__":
    main()
