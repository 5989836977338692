"""What the pages of the feed show: its sources, its runs, and rejected records."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.numbers import decimal
from returns.database.reading import iter_rows
from returns.display.durations import in_minutes
from returns.feed.labels import field_label, place_label, stored_whole
from returns.feed.retries import origin_text, wrong_value
from returns.feed.runs import interrupted_runs
from returns.feed.waiting import FIXABLE_WAYS
from returns.live.changes import current_token_and_read_at, token_seconds
from returns.models import Fate, FeedRun, Outcome, RejectedRecord, Way
from returns.models.feed import AUTOMATIC_WAYS

ROWS_PER_PAGE = 50  # runs, or rejected records, on a page


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run and its status: its outcome, or "interrupted" if its process died."""

    row: FeedRun
    status: str

    @property
    def is_trouble(self) -> bool:
        """Tell whether it failed or was interrupted."""
        return self.status in ("failed", "interrupted")

    @property
    def duration(self) -> str:
        """Return how long it ran, in seconds or minutes; "" while it is running."""
        if not self.row.ended_at:
            return ""
        seconds = max(0, (self.row.ended_at - self.row.began_at).total_seconds())
        if seconds < 60:
            return pgettext("seconds", "%(count)s s") % {"count": decimal(seconds, 1)}
        return in_minutes(round(seconds / 60))

    @property
    def label(self) -> str:
        """Return its status for people."""
        if self.status == "interrupted":
            return _("interrupted")
        return str(Outcome(self.status).label)

    @property
    def origin(self) -> str:
        """Return where its records come from, for people."""
        return origin_text(self.row)


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A source that delivers records automatically, and its health.

    ``latest`` is its latest run, ``done`` its latest successful one, ``newest`` the latest
    ``updatedAt`` received. ``health`` is "running", "good", "silent" or "failing".
    """

    latest: RunStatus
    done: FeedRun | None
    newest: datetime | None
    health: str


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """The health of the whole feed. ``read_at`` is when a source was last read to its end."""

    sources: list[FeedSource]
    read_at: datetime | None
    is_silent: bool
    rejected: int


@dataclass(frozen=True, slots=True)
class RunPage:
    """A page of runs, the newest first. ``earlier`` is the parameter of the next page."""

    shown: list[RunStatus]
    earlier: int | None


@dataclass(frozen=True, slots=True)
class RejectPage:
    """A page of rejected records. ``beyond`` is the parameter of the next page."""

    shown: list[RejectedRecord]
    beyond: int | None
    count: int


def feed_health() -> FeedHealth:
    """Return the health of the feed and of each source, by the clock of the database."""
    token, read_at = current_token_and_read_at()
    now = datetime.fromtimestamp(token_seconds(token), UTC)
    waiting = RejectedRecord.objects.filter(fate=Fate.WAITING).count()
    return FeedHealth(_sources(now), read_at, _is_silent(read_at, now), waiting)


def _is_silent(read_at: datetime | None, now: datetime) -> bool:
    limit = timedelta(minutes=settings.FEED_SILENT_MINUTES)
    return read_at is not None and now - read_at > limit


def _sources(now: datetime) -> list[FeedSource]:
    runs = FeedRun.objects.filter(way__in=AUTOMATIC_WAYS).order_by().values("way", "origin")
    by_source = runs.annotate(
        latest=Max("pk"),
        done=Max("pk", filter=Q(outcome=Outcome.DONE)),
        newest=Max("to_time"),
    )
    sources = list(by_source.order_by("-latest"))
    ids = {pk for each in sources for pk in (each["latest"], each["done"]) if pk}
    rows = FeedRun.objects.in_bulk(ids)
    interrupted = interrupted_runs(rows.values())
    return [
        _source(
            RunStatus(rows[each["latest"]], _status(rows[each["latest"]], interrupted)),
            rows.get(each["done"]),
            each["newest"],
            now,
        )
        for each in sources
    ]


def _source(
    latest: RunStatus, done: FeedRun | None, newest: datetime | None, now: datetime
) -> FeedSource:
    if latest.is_trouble:
        health = "failing"
    elif latest.status == "running":
        health = "running"
    else:
        health = "silent" if done and _is_silent(done.ended_at, now) else "good"
    return FeedSource(latest, done, newest, health)


def _status(row: FeedRun, interrupted: set[int]) -> str:
    return "interrupted" if row.pk in interrupted else str(row.outcome)


def list_runs(before: int | None = None, *, only_files: bool = False) -> RunPage:
    """Return a page of runs, or of imports of files, before the run with the id ``before``."""
    runs = FeedRun.objects.select_related("by")
    if only_files:
        runs = runs.filter(way=Way.FILE)
    if before:
        runs = runs.filter(pk__lt=before)
    page = list(runs[: ROWS_PER_PAGE + 1])
    interrupted = interrupted_runs(page)
    shown = [RunStatus(row, _status(row, interrupted)) for row in page[:ROWS_PER_PAGE]]
    return RunPage(shown, shown[-1].row.pk if len(page) > ROWS_PER_PAGE else None)


def run_status(row: FeedRun) -> RunStatus:
    """Return a run with its status."""
    return RunStatus(row, _status(row, interrupted_runs([row])))


def list_rejects(fate: Fate, run: FeedRun | None = None, beyond: int | None = None) -> RejectPage:
    """Return a page of the rejected records with this fate, after the record with id ``beyond``.

    The rejected records of one run are in the order of the run; those of all runs, newest first.
    """
    rejects = page = filter_rejects(fate, run)
    if beyond:
        page = page.filter(pk__gt=beyond) if run else page.filter(pk__lt=beyond)
    page = page.order_by("pk" if run else "-pk").select_related("run")
    shown = list(page[: ROWS_PER_PAGE + 1])
    for row in shown:
        row.wrong_value = wrong_value(row)
        is_from_file = row.run.way in FIXABLE_WAYS
        row.field_label = field_label(row.field) if is_from_file else str(stored_whole(row.field))
        row.place_label = place_label(row.place)
    return RejectPage(
        shown[:ROWS_PER_PAGE],
        shown[ROWS_PER_PAGE - 1].pk if len(shown) > ROWS_PER_PAGE else None,
        rejects.count(),
    )


def filter_rejects(
    fate: Fate, run: FeedRun | None = None, pk: int | None = None
) -> QuerySet[RejectedRecord]:
    """Return the rejected records with this fate, of all runs or one, or a single one."""
    rejects = RejectedRecord.objects.filter(fate=fate)
    rejects = rejects if run is None else rejects.filter(run=run)
    return rejects if pk is None else rejects.filter(pk=pk)


def json_lines(rejects: QuerySet[RejectedRecord]) -> Iterator[bytes]:
    """Yield the records exactly as received, one JSON line each, for download."""
    texts = rejects.order_by("pk").values_list("written", flat=True)
    for written in iter_rows(texts, 500):
        yield f"{written}\n".encode()
