"""The queues at a glance: how many returns each holds, since when, and how old they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, pairwise
from statistics import median
from typing import Any

from django.conf import settings
from django.urls import reverse

from returns.filters.counts import LIST_CAP, CappedCount, count_up_to
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.filters.queues import Queue
from returns.models import Deadline, DeadlinePolicy
from returns.querysets import ReturnQuerySet
from tags.vocabulary import TagChip

# Since when a return is in its queue.
SINCE = {Queue.ON_THE_WAY: "created_at", Queue.TO_INSPECT: "arrived_to_warehouse_at"}
# The filters by how long that is: "waiting_over", "on_the_way_under".
AGED = {Queue.ON_THE_WAY: "on_the_way", Queue.TO_INSPECT: "waiting"}
COLUMNS = ("reference", "waiting", "tags", "order", "tracking", "created", "carrier", "notes")
# Where returns have deadlines: what waits says since when by itself.
WITH_DEADLINES = (
    *("reference", "waiting", "tags", "deadline"),
    *("order", "tracking", "carrier", "notes"),
)
# Every filter that a queue's buckets have.
AGES = tuple(f"{aged}_{side}" for aged in AGED.values() for side in ("over", "under"))
# Of so many of today's completions the middle one is told.
MEDIAN_OF = 5_000
# The colours of ages in the style sheet: age-1, age-2, ...
AGE_COLORS = 4
# For filters that name none.
NO_TAGS: Mapping[int, TagChip] = {}


@dataclass(frozen=True, slots=True)
class Bucket:
    """The returns of a queue that have waited for so long, in words and as an address."""

    words: str
    query: str
    count: CappedCount
    is_chosen: bool
    # Its part of the bar, from 0 to 100: where it begins, and how long it is.
    start: float = 0
    length: float = 0
    # Its colour, from 1 for the youngest to ``AGE_COLORS`` for the oldest.
    color: int = 1


@dataclass(frozen=True, slots=True)
class AtDeadline:
    """The returns of a queue that are late, or at risk: in words and as an address."""

    words: str
    query: str
    count: CappedCount
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class QueueCard:
    """A queue: how many returns are in it, the one that waits longest, and the buckets of ageing.

    ``took`` is the median of the times from arrival to completion, of a queue of what is done.
    ``count`` is None where counting took too long, or the filter of the queue is wrong.
    """

    name: str
    title: str
    address: str
    is_chosen: bool
    count: CappedCount | None = None
    oldest: datetime | None = None
    took: timedelta | None = None
    buckets: list[Bucket] = field(default_factory=list)
    deadlines: list[AtDeadline] = field(default_factory=list)


def cards_of(shown: Query) -> list[QueueCard]:
    """Return every queue; ``shown`` is the filter of the queue that is looked at."""
    ages = {queue: list(_ages(queue)) for queue in AGED}
    queries = [f"queue={queue.value}" for queue in Queue]
    queries += [query for each in ages.values() for _, query in each]
    kinds = _kinds_of_deadlines()
    queries += [f"queue={Queue.TO_INSPECT.value}&deadline={kind.value}" for kind in kinds]
    counts = count_up_to([_found(query) for query in queries], LIST_CAP)
    of_buckets = iter(counts[len(Queue) :])
    buckets = {queue: list(_buckets(each, of_buckets, shown)) for queue, each in ages.items()}
    at_deadlines = zip(kinds, queries[-len(kinds) :], of_buckets, strict=True) if kinds else ()
    deadlines = [_at_deadline(*each, shown) for each in at_deadlines]
    return [
        QueueCard(
            name=queue.value,
            title=str(queue.label),
            address=reverse("queue", query={"queue": queue.value}),
            is_chosen=shown.get("queue") == queue.value,
            count=count,
            oldest=_oldest(queue),
            took=_took() if queue == Queue.COMPLETED_TODAY else None,
            buckets=buckets.get(queue, []),
            deadlines=deadlines if queue == Queue.TO_INSPECT else [],
        )
        for queue, count in zip(Queue, counts, strict=False)
    ]


def waiting_buckets(query: Query, shown: Query, vocabulary: Mapping[int, TagChip]) -> list[Bucket]:
    """Return the ages of what waits under a filter that says nothing of waiting."""
    ages = [(words, f"{query.urlencode()}&{age}") for words, age in _ages(Queue.TO_INSPECT)]
    counts = count_up_to([_found(each, vocabulary) for _, each in ages], LIST_CAP)
    return list(_buckets(ages, iter(counts), shown))


def columns_of(queue: Any) -> tuple[str, ...]:
    """Return the columns of a queue's list; with the deadline where something may have one."""
    may_wait = queue not in {Queue.ON_THE_WAY, Queue.COMPLETED_TODAY}
    return WITH_DEADLINES if may_wait and DeadlinePolicy.objects.exists() else COLUMNS


def deadline_counts(
    query: Query, shown: Query, vocabulary: Mapping[int, TagChip]
) -> list[AtDeadline]:
    """Return what is late and at risk under a filter that says nothing of deadlines."""
    kinds = _kinds_of_deadlines()
    queries = [f"{query.urlencode()}&deadline={kind.value}" for kind in kinds]
    counts = count_up_to([_found(each, vocabulary) for each in queries], LIST_CAP) if kinds else []
    each_kind = zip(kinds, queries, counts, strict=True)
    return [_at_deadline(*each, shown) for each in each_kind]


def _kinds_of_deadlines() -> list[Deadline]:
    return [Deadline.LATE, Deadline.AT_RISK] if DeadlinePolicy.objects.exists() else []


def _at_deadline(kind: Deadline, query: str, count: CappedCount, shown: Query) -> AtDeadline:
    return AtDeadline(str(kind.label), query, count, shown.get("deadline") == kind)


def _found(query: str, vocabulary: Mapping[int, TagChip] = NO_TAGS) -> ReturnQuerySet:
    found: ReturnQuerySet = ReturnFilterSet(Query.parse(query), vocabulary).qs
    return found


def _ages(queue: Queue) -> Iterator[tuple[str, str]]:
    """Yield each bucket in words and as a filter; together they hold each return once."""
    edges, aged = settings.AGEING_HOURS, f"queue={queue.value}&{AGED[queue]}"
    yield f"under {edges[0]} h", f"{aged}_under={edges[0]}"
    for start, end in pairwise(edges):
        yield f"{start}–{end} h", f"{aged}_over={start}&{AGED[queue]}_under={end}"
    yield f"over {edges[-1]} h", f"{aged}_over={edges[-1]}"


def _buckets(
    ages: list[tuple[str, str]], of_buckets: Iterator[CappedCount], shown: Query
) -> Iterator[Bucket]:
    counts = list(islice(of_buckets, len(ages)))
    total = sum(count.number for count in counts) or 1
    start = 0.0
    for place, ((words, query), count) in enumerate(zip(ages, counts, strict=True)):
        said = Query.parse(query)
        is_chosen = all(shown.get(name) == said.get(name) for name in ("queue", *AGES))
        length = 100 * count.number / total
        color = age_color(place, len(ages))
        yield Bucket(words, query, count, is_chosen, start, length, color)
        start += length


def age_color(place: int, count: int) -> int:
    """Return the colour of one of so many ages: the first, the last, or its share between them."""
    return 1 + place * (AGE_COLORS - 1) // max(count - 1, 1)


def _oldest(queue: Queue) -> datetime | None:
    since = SINCE.get(queue)
    if since is None:
        return None
    found = _found(f"queue={queue.value}").in_order_of(since, descending=False)
    moment: datetime | None = found.values_list(since, flat=True).first()
    return moment


def _took() -> timedelta | None:
    """Return the median time from arrival to completion of what was completed today.

    What has no arrival, or seems to have taken less than nothing, is left out.
    """
    found = _found(f"queue={Queue.COMPLETED_TODAY.value}").exclude(
        arrived_to_warehouse_at__isnull=True
    )
    times = found.in_order_of("completed_at", descending=True)[:MEDIAN_OF]
    seconds = [
        (done - arrived).total_seconds()
        for arrived, done in times.values_list("arrived_to_warehouse_at", "completed_at")
        if arrived and done and done >= arrived
    ]
    return timedelta(seconds=median(seconds)) if seconds else None
