"""Work in the background that is killed in its middle, and what must be there when it is done."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.deployed import CHECKOUT, Site
from tests.returns.feed.fake_api import TOKEN, FakeApi

SIZE = 20_000  # returns of each job
PULLED = 3_000
DONE_WITHIN = 300.0  # seconds
START = datetime(2026, 1, 5, tzinfo=UTC)
COMMON = """
import io, json
from django.contrib.auth.models import User
from returns.exports import background as exports, forms
from returns.feed.uploads import save_upload, start_import
from returns.filters.query import Query
from returns.models import FileFormat, Moment, Return, ReturnTag, TagRule
from tags import bulk
from tests.factories import make_tag
person = User.objects.get(username="person1")
def rule(name, moment, tag):
    parameters, adds = {"state": ["ReturnCreated"]}, [make_tag(tag).pk]
    fields = {"parameters": parameters, "adds": adds, "removes": [], "is_on": True}
    TagRule.objects.create(name=name, moment=moment, **fields)
"""
IMPORT = f"""
rule("On creation Big-", Moment.CREATED, "apparel")
day = "2026-01-05T09:00:00Z"
times = {{"createdAt": day, "updatedAt": day, "state": "ReturnCreated"}}
items = [times | {{"returnReferenceNumber": f"Big-{{n}}"}} for n in range({SIZE})]
upload = save_upload(io.BytesIO(json.dumps(items).encode()), "big.json", person)
start_import(upload.pk, person)
"""
EXPORT = """
request = forms.parse_request(Query.parse("state=ReturnCreated"), person)
exports.request_export(request, person, FileFormat.XLSX)
"""
BULK = """
chosen = Return.objects.filter(return_reference_number__startswith="Big-").order_by("pk")
job = bulk.create_draft(ReturnTag, list(chosen.values_list("pk", flat=True)),
    [make_tag("fragile")], [], person)
bulk.start(job)
"""
RULE = 'rule("Hourly Big-", Moment.HOURLY, "electronics")'
BIG = "SELECT count(*) FROM returns_return WHERE return_reference_number LIKE 'Big-%'"
TAGGED = """
    SELECT count(*) FROM returns_returntag t JOIN returns_return r ON r.id = t.entity_id
    JOIN tags_tag g ON g.id = t.tag_id
    WHERE g.name = '{}' AND r.return_reference_number LIKE 'Big-%'
"""
TAGGED_TWICE = """
    SELECT count(*) FROM (
        SELECT FROM returns_returntagevent e JOIN tags_tag g ON g.id = e.tag_id
        WHERE g.name = '{}' AND pgh_label = 'tag.added' GROUP BY e.entity_id HAVING count(*) > 1
    ) AS twice
"""


@dataclass(frozen=True)
class Job:
    """A job: how it is started, and queries that say where it is and what it has done.

    ``expected`` is a number, ``result`` a query that gives it if all was done. ``doubled`` gives
    how much was done twice.
    """

    start: str
    is_running: str
    is_done: str
    result: str
    expected: int
    doubled: str = "SELECT 0"


JOBS = {
    "import": Job(
        IMPORT,
        "SELECT read > 0 FROM returns_feedrun WHERE way = 'file' AND outcome = 'running'",
        "SELECT NOT EXISTS (SELECT FROM returns_upload WHERE wanted_at IS NOT NULL)",
        BIG,
        SIZE,
    ),
    "rules on creation": Job(
        "",
        f"SELECT ({TAGGED.format('apparel')}) BETWEEN 1 AND {SIZE - 1}",
        "SELECT NOT EXISTS (SELECT FROM returns_ruleevent)",
        TAGGED.format("apparel"),
        SIZE,
        TAGGED_TWICE.format("apparel"),
    ),
    "bulk tagging": Job(
        BULK,
        "SELECT position > 0 FROM tags_bulktagging WHERE status = 'running'",
        "SELECT status = 'done' FROM tags_bulktagging ORDER BY id DESC LIMIT 1",
        TAGGED.format("fragile"),
        SIZE,
        TAGGED_TWICE.format("fragile"),
    ),
    "hourly rule": Job(
        RULE,
        f"SELECT ({TAGGED.format('electronics')}) > 0 AND ran_at IS NULL "
        "FROM returns_tagrule WHERE name = 'Hourly Big-'",
        "SELECT ran_at IS NOT NULL FROM returns_tagrule WHERE name = 'Hourly Big-'",
        TAGGED.format("electronics"),
        SIZE,
        TAGGED_TWICE.format("electronics"),
    ),
    "export": Job(
        EXPORT,
        "SELECT status = 'running' AND rows > 0 FROM returns_export",
        "SELECT status = 'done' FROM returns_export ORDER BY id DESC LIMIT 1",
        f"SELECT least(rows, {SIZE}) FROM returns_export e WHERE size = "
        "(SELECT sum(length(data)) FROM returns_exportpart WHERE export_id = e.id) "
        "ORDER BY id DESC",
        SIZE,
    ),
}


class Work:
    """The background work of a site, which can be killed and started again."""

    def __init__(self, site: Site, clock: str) -> None:
        self.site = site
        self.environment = site.environment | {"FAKETIME_TIMESTAMP_FILE": clock}
        self.process = self.run("work")

    def run(self, *command: str, **more: str) -> "subprocess.Popen[bytes]":
        """Start a command, as a supervisor does."""
        with self.site.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", *command],
                cwd=CHECKOUT,
                env=self.environment | more,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """Kill it, and start it again."""
        self.process.kill()
        self.process.wait()
        self.process = self.run("work")

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def hurt_within(self, name: str, prefix: str, harm: Callable[[], None], times: int) -> str:
        """Do harm in the middle of a job, on returns with this prefix; return what came of it."""
        job = Job(**{key: _prefixed(value, prefix) for key, value in vars(JOBS[name]).items()})
        if job.start:
            done = self.site.manage("shell", "-v0", "-c", COMMON + job.start)
            assert done.returncode == 0, done.stderr
        harms, end = 0, time.monotonic() + DONE_WITHIN
        while time.monotonic() < end and not self._tells(job.is_done):
            if harms < times and self._tells(job.is_running):
                harm()
                harms += 1
                time.sleep(1)
            time.sleep(0.02)
        result, doubled = self._number(job.result), self._number(job.doubled)
        return f"hurt {harms} times; {result} of {job.expected} done, {doubled} of them twice"

    def kill_pull(self) -> str:
        """Kill a pull twice in its middle; return what came of it."""
        with FakeApi([_record(number) for number in range(PULLED)]) as far:
            api = {"RETURNS_API_URL": far.url, "RETURNS_API_TOKEN": TOKEN}
            for _ in range(2):
                pull, before = self.run("sync_returns", **api), self._number(PULLED_SQL)
                while pull.poll() is None and self._number(PULLED_SQL) == before:
                    time.sleep(0.02)
                pull.kill()
                pull.wait()
            self.run("sync_returns", **api).wait(DONE_WITHIN)
        return f"killed 2 times; {self._number(PULLED_SQL)} of {PULLED} done"

    def _tells(self, sql: str) -> bool:
        return any(row[0] for row in self._rows(sql))

    def _number(self, sql: str) -> int:
        return next((row[0] for row in self._rows(sql)), 0)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database, also one that has just been started again."""
        end = time.monotonic() + DONE_WITHIN
        while True:
            try:
                with self.site.connect() as database:
                    return database.execute(sql).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(1)


def _prefixed(value: Any, prefix: str) -> Any:
    return value.replace("Big-", prefix) if isinstance(value, str) else value


PULLED_SQL = "SELECT count(*) FROM returns_return WHERE return_reference_number LIKE 'Far-%'"


def _record(number: int) -> dict[str, str]:
    at = (START + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
    times = {"createdAt": at, "updatedAt": at}
    return times | {"returnReferenceNumber": f"Far-{number}", "state": "ReturnCreated"}
