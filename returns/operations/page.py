"""The facts in words, for admins: what does not work first, then everything."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import django
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from config.numbers import grouped
from config.release import release
from returns.display.durations import duration_words
from returns.models import Loop
from returns.operations.facts import Facts, Worker, read_facts
from returns.operations.queues import Queue

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAY_SEE_STATUS = "returns.view_status"
# After that long, the oldest of a queue should have had its turn.
LONG_WAIT = timedelta(minutes=15)
# By the names of jobs in ``returns.background`` and ``sync_returns``.
JOB_LABELS: dict[str, "StrOrPromise"] = {
    "bulk-tagging": gettext_lazy("bulk tagging"),
    "undo": gettext_lazy("undoing an import"),
    "rules": gettext_lazy("rules"),
    "hourly-rules": gettext_lazy("hourly rules"),
    "summaries": gettext_lazy("counting for reports"),
    "deadlines": gettext_lazy("counting met and missed deadlines"),
    "claims": gettext_lazy("ending claims"),
    "mail": gettext_lazy("sending mail"),
    "moments": gettext_lazy("looking for what has become late"),
    "notifications": gettext_lazy("looking what people want to be told"),
    "outbox": gettext_lazy("sharing out events"),
    "webhooks": gettext_lazy("sending messages"),
    "retention": gettext_lazy("removing old data"),
    "uploads": gettext_lazy("importing a file"),
    "exports": gettext_lazy("making an export"),
    "building-summaries": gettext_lazy("counting all returns for reports"),
    "pull": gettext_lazy("pulling returns"),
    "pull-line-items": gettext_lazy("pulling line items"),
    "pull-orders": gettext_lazy("pulling orders"),
}
MISSING_LOOPS: dict[Loop, "StrOrPromise"] = {
    Loop.STEPS: gettext_lazy(
        "Rules, bulk tagging, undoing and cleanup are waiting: no background worker is running. "
        "Start “manage.py work”."
    ),
    Loop.FILES: gettext_lazy(
        "Large files and exports are waiting: no background worker is running. Start "
        "“manage.py work”."
    ),
    Loop.OUTGOING: gettext_lazy(
        "Notifications and webhooks are waiting: no background worker is running. "
        "Start “manage.py work”."
    ),
}
DISK_LABELS: dict[str, "StrOrPromise"] = {
    "temporary": gettext_lazy("Temporary files of this web server"),
    "data": gettext_lazy("Data of the bundled PostgreSQL"),
}


@dataclass(frozen=True, slots=True)
class ShownWorker:
    """A loop of the background work, and what it is doing in words."""

    worker: Worker
    job: str

    @property
    def label(self) -> str:
        """Return what the loop does in general."""
        return str(self.worker.loop.label)


@dataclass(frozen=True, slots=True)
class ShownQueue:
    """A queue, and for how long its oldest entry has waited."""

    queue: Queue
    wait: str
    is_long: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list of facts."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class StatusPage:
    """What the page shows."""

    facts: Facts
    problems: list[str]
    workers: list[ShownWorker]
    queues: list[ShownQueue]
    sources: list[Line]
    disks: list["ShownDisk"]
    settings: list[Line]
    versions: list[Line]

    @property
    def connections(self) -> int:
        """Return the number of connections to the database."""
        return sum(self.facts.connections.values())


@dataclass(frozen=True, slots=True)
class ShownDisk:
    """A disk in words; sizes are in bytes."""

    label: str
    free: int
    total: int
    is_nearly_full: bool


def status_page() -> StatusPage:
    """Return the facts of now in words, in the language of the page."""
    facts = read_facts()
    queues = [_shown_queue(queue) for queue in facts.queues]
    return StatusPage(
        facts=facts,
        problems=list(_problems(facts, queues)),
        workers=[_shown_worker(worker) for worker in facts.workers],
        queues=queues,
        sources=[_source(each.way, each.origin, each.seconds) for each in facts.sources],
        disks=[
            ShownDisk(str(DISK_LABELS[disk.name]), disk.free, disk.total, disk.is_nearly_full)
            for disk in facts.disks
        ],
        settings=list(_settings()),
        versions=list(_versions(facts)),
    )


def _problems(facts: Facts, queues: list[ShownQueue]) -> Iterator[str]:
    if waiting := facts.waiting_migrations:
        text = ngettext(
            "%(count)s migration is not applied. Run “manage.py migrate”.",
            "%(count)s migrations are not applied. Run “manage.py migrate”.",
            waiting,
        )
        yield text % {"count": grouped(waiting)}
        return  # nothing else was read
    for loop in facts.missing_loops():
        yield str(MISSING_LOOPS[loop])
    for worker in facts.stuck_workers():
        values = {"host": worker.host, "pid": worker.pid, "job": _job(worker.job)}
        values["duration"] = _duration(worker.job_seconds)
        yield (
            _("Stuck on %(host)s (%(pid)s): %(job)s, for %(duration)s. Restart that process.")
            % values
        )
    if facts.is_feed_silent:
        yield (
            _("The feed was last read %(duration)s ago. Look at the feed page and “sync_returns”.")
            % {"duration": _duration(facts.feed_seconds)}
        )
    for each in queues:
        if each.is_long:
            yield (
                _("%(queue)s: the oldest has waited for %(duration)s.")
                % {"queue": each.queue.kind.label, "duration": each.wait}
            )
    if stopped := facts.stopped_rules:
        text = ngettext(
            "%(count)s rule was switched off after failures. The rules page says why.",
            "%(count)s rules were switched off after failures. The rules page says why.",
            stopped,
        )
        yield text % {"count": grouped(stopped)}
    yield from _problems_of_machines(facts)


def _problems_of_machines(facts: Facts) -> Iterator[str]:
    if facts.has_replica and facts.replica_bytes_behind is None:
        yield _("The replica cannot be used: the primary does its work.")
    for disk in facts.disks:
        if disk.is_nearly_full:
            yield _("Nearly full: %(disk)s.") % {"disk": DISK_LABELS[disk.name]}


def _shown_worker(worker: Worker) -> ShownWorker:
    if not worker.job:
        return ShownWorker(worker, pgettext("worker", "waiting for work"))
    values = {"job": _job(worker.job), "duration": _duration(worker.job_seconds)}
    return ShownWorker(worker, _("%(job)s, for %(duration)s") % values)


def _shown_queue(queue: Queue) -> ShownQueue:
    seconds = queue.oldest_seconds
    # What is pulled waits for the other system, not for us.
    is_ours = queue.kind.loop != Loop.SYNC
    is_long = is_ours and seconds is not None and seconds > LONG_WAIT.total_seconds()
    return ShownQueue(queue, "" if seconds is None else _duration(seconds), is_long)


def _source(way: str, origin: str, seconds: float | None) -> Line:
    label = origin if way == "pull" else _("Pushed to the API")
    if seconds is None:
        return Line(label, _("never completed"))
    return Line(label, _("%(duration)s ago") % {"duration": _duration(seconds)})


def _settings() -> Iterator[Line]:
    shown: dict[str, object] = {
        "TIME_ZONE": settings.TIME_ZONE,
        "LANGUAGE_CODE": settings.LANGUAGE_CODE,
        "FEED_SILENT_MINUTES": settings.FEED_SILENT_MINUTES,
        "REQUEST_THREADS": settings.REQUEST_THREADS,
        "REQUESTS_AT_ONCE": settings.REQUESTS_AT_ONCE,
        "EXPORT_STORAGE_MB": settings.EXPORT_STORAGE_MB,
        "LOG_FORMAT": settings.LOG_FORMAT,
        "DATABASE_URL": not settings.LOCAL,
        "DATABASE_OWNER_URL": bool(settings.OWNER_DATABASE_URL),
        "DATABASE_REPLICA_URL": "replica" in settings.DATABASES,
        "DATABASE_POOLER": settings.DATABASE_POOLER,
        "RETURNS_API_URL": bool(settings.RETURNS_API_URL),
        "SHOPPER_KEY": bool(settings.SHOPPER_KEYS),
        "OIDC_ISSUER": bool(settings.OIDC_ISSUER),
        "EMAIL_HOST": settings.HAS_MAIL,
        "METRICS_TOKEN": bool(settings.METRICS_TOKEN),
        "SENTRY_DSN": bool(settings.SENTRY_DSN),
        "OTEL_EXPORTER_OTLP_ENDPOINT": settings.TRACES,
        "DEBUG": settings.DEBUG,
    }
    for name, value in shown.items():
        if isinstance(value, bool):
            is_set = pgettext("setting", "set") if value else pgettext("setting", "not set")
            yield Line(name, is_set)
        else:
            yield Line(name, str(value))


def _versions(facts: Facts) -> Iterator[Line]:
    yield Line(_("Returns desk"), release())
    yield Line("PostgreSQL", facts.server_version)
    yield Line("Django", django.get_version())
    yield Line("Python", platform.python_version())


def _job(name: str) -> str:
    return str(JOB_LABELS.get(name, name))


def _duration(seconds: float | None) -> str:
    return duration_words().duration(timedelta(seconds=max(1.0, seconds or 0.0)))
