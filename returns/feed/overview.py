"""The feed as its pages show it: where records come from and how that goes, runs, and rejects."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from returns.feed.retries import wrong_value
from returns.feed.runs import interrupted
from returns.live.changes import token_and_newest
from returns.models import Fate, FeedRun, Outcome, RejectedRecord, Way

SHOWN = 50  # runs, or rejected records, on a page
# What comes in by itself; files come when somebody brings them.
BY_ITSELF = (Way.PULL, Way.PUSH)
# Rejected records of so many bytes are shown; the file has them whole.
SHOWN_OF_RECORD = 2_000


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A run with how it stands: "interrupted" too, when its process is gone."""

    row: FeedRun
    stands: str

    @property
    def is_trouble(self) -> bool:
        """Tell whether it ended otherwise than it should."""
        return self.stands in ("failed", "interrupted")

    @property
    def took(self) -> str:
        """Return how long it took, in words; nothing while it goes on."""
        if not self.row.ended_at:
            return ""
        seconds = (self.row.ended_at - self.row.began_at).total_seconds()
        return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


@dataclass(frozen=True, slots=True)
class Source:
    """Where records come from by themselves, and how that goes.

    ``newest`` is the ``updatedAt`` of its newest record; ``health`` one of "running", "good",
    "silent" and "failing".
    """

    latest: SeenRun
    done: FeedRun | None
    newest: datetime | None
    health: str


@dataclass(frozen=True, slots=True)
class Health:
    """The feed at a glance; ``newest`` is of all records, whatever way they came."""

    sources: list[Source]
    newest: datetime | None
    is_silent: bool
    rejected: int


@dataclass(frozen=True, slots=True)
class Runs:
    """A page of runs, the newest first; ``earlier`` is where the next page begins."""

    shown: list[SeenRun]
    earlier: int | None


@dataclass(frozen=True, slots=True)
class Rejects:
    """A page of rejected records; ``beyond`` is where the next page begins."""

    shown: list[RejectedRecord]
    beyond: int | None
    count: int


def health(now: datetime) -> Health:
    """Return how the feed stands."""
    newest = token_and_newest()[1]
    waiting = RejectedRecord.objects.filter(fate=Fate.WAITING).count()
    return Health(_sources(now), newest, _is_silent(newest, now), waiting)


def _is_silent(newest: datetime | None, now: datetime) -> bool:
    limit = timedelta(minutes=settings.FEED_SILENT_MINUTES)
    return newest is not None and now - newest > limit


def _sources(now: datetime) -> list[Source]:
    kept = FeedRun.objects.filter(way__in=BY_ITSELF).order_by().values("way", "origin")
    found = kept.annotate(
        latest=Max("pk"),
        done=Max("pk", filter=Q(outcome=Outcome.DONE)),
        newest=Max("to_time"),
    ).order_by("-latest")
    sources = list(found)
    ids = {pk for each in sources for pk in (each["latest"], each["done"]) if pk}
    rows = FeedRun.objects.in_bulk(ids)
    gone = interrupted(rows.values())
    return [
        _source(
            SeenRun(rows[each["latest"]], _stands(rows[each["latest"]], gone)),
            rows.get(each["done"]),
            each["newest"],
            now,
        )
        for each in sources
    ]


def _source(
    latest: SeenRun, done: FeedRun | None, newest: datetime | None, now: datetime
) -> Source:
    if latest.is_trouble:
        health = "failing"
    elif latest.stands == "running":
        health = "running"
    else:
        health = "silent" if done and _is_silent(done.ended_at, now) else "good"
    return Source(latest, done, newest, health)


def _stands(row: FeedRun, gone: set[int]) -> str:
    return "interrupted" if row.pk in gone else str(row.outcome)


def runs(before: int | None = None) -> Runs:
    """Return a page of runs; ``before`` is where it begins."""
    found = FeedRun.objects.select_related("by")
    if before:
        found = found.filter(pk__lt=before)
    page = list(found[: SHOWN + 1])
    gone = interrupted(page)
    seen = [SeenRun(row, _stands(row, gone)) for row in page[:SHOWN]]
    return Runs(seen, seen[-1].row.pk if len(page) > SHOWN else None)


def seen(row: FeedRun) -> SeenRun:
    """Return one run with how it stands."""
    return SeenRun(row, _stands(row, interrupted([row])))


def rejects(fate: Fate, run: FeedRun | None = None, beyond: int | None = None) -> Rejects:
    """Return a page of the rejected records that had a fate.

    Of all runs the latest stand first, of one run they stand as they came. ``beyond`` is where
    the page begins.
    """
    found = page = chosen_rejects(fate, run)
    if beyond:
        page = page.filter(pk__gt=beyond) if run else page.filter(pk__lt=beyond)
    page = page.order_by("pk" if run else "-pk").select_related("run")
    shown = list(page[: SHOWN + 1])
    for row in shown:
        row.wrong_value = wrong_value(row)
    return Rejects(
        shown[:SHOWN], shown[SHOWN - 1].pk if len(shown) > SHOWN else None, found.count()
    )


def chosen_rejects(
    fate: Fate, run: FeedRun | None = None, pk: int | None = None
) -> QuerySet[RejectedRecord]:
    """Return the rejected records that had a fate: of all runs or of one, all or a single one."""
    found = RejectedRecord.objects.filter(fate=fate)
    found = found if run is None else found.filter(run=run)
    return found if pk is None else found.filter(pk=pk)


def lines_of(found: QuerySet[RejectedRecord]) -> Iterator[bytes]:
    """Yield the records as they came, a JSON line each, to be mended and uploaded."""
    for written in found.order_by("pk").values_list("written", flat=True).iterator(500):
        yield f"{written}\n".encode()
