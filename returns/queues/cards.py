"""The cards of the queues: number of returns, longest wait, and waiting times."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, pairwise

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.display.durations import in_hours
from returns.filters.counts import LIST_CAP, CappedCount, count_up_to
from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.filters.queues import Queue
from returns.models import Deadline, DeadlinePolicy
from returns.querysets import ReturnQuerySet
from returns.queues.numbers import read_numbers
from returns.queues.values import waiting_values
from tags.vocabulary import Vocabulary

# The time since when a return is in its queue.
WAITING_SINCE_COLUMNS = {
    Queue.ON_THE_WAY: "created_at",
    Queue.TO_INSPECT: "arrived_to_warehouse_at",
}
# The filters by waiting time of each queue, without "_over" and "_under".
AGE_FILTERS_BY_QUEUE = {Queue.ON_THE_WAY: "on_the_way", Queue.TO_INSPECT: "waiting"}
QUEUE_COLUMNS = ("reference", "waiting", "tags", "order", "tracking", "created", "carrier", "notes")
# With deadlines, the column of the waiting time makes that of the creation dispensable.
QUEUE_COLUMNS_WITH_DEADLINE = (
    *("reference", "waiting", "tags", "deadline"),
    *("order", "tracking", "carrier", "notes"),
)
QUEUE_COLUMNS_WITH_ITEMS = (
    *("reference", "waiting", "items", "tags"),
    *("order", "tracking", "carrier", "notes"),
)
ITEM_FILTERS = {"sku", "serial", "item", "items_waiting", "items_missing"}
COMPLETED_COLUMNS = (
    *("reference", "completed", "waiting", "tags", "order", "tracking", "arrived"),
    *("carrier", "notes"),
)
# All filters by waiting time.
AGE_FILTERS = tuple(
    f"{name}_{side}" for name in AGE_FILTERS_BY_QUEUE.values() for side in ("over", "under")
)
# The style sheet has this many colours for buckets: age-1, age-2, ...
AGE_COLORS = 4
VALUES_TIME_LIMIT_MS = 500
# For filters without tags.
NO_TAGS: Vocabulary = {}


@dataclass(frozen=True, slots=True)
class AgeRange:
    """A range of waiting times of a queue, in hours: over the first, under the last."""

    queue: Queue
    label: str
    over: int | None
    under: int | None

    @property
    def query(self) -> str:
        """Return the query for the returns of the queue in this range."""
        name = AGE_FILTERS_BY_QUEUE[self.queue]
        over = f"&{name}_over={self.over}" if self.over is not None else ""
        under = f"&{name}_under={self.under}" if self.under is not None else ""
        return f"queue={self.queue.value}{over}{under}"

    def keep(self, matches: ReturnQuerySet, now: datetime) -> ReturnQuerySet:
        """Keep the returns in this range, as the filters of ``query`` do."""
        is_waiting = self.queue == Queue.TO_INSPECT
        for hours, over in ((self.over, True), (self.under, False)):
            if hours is not None:
                narrow = matches.waiting if is_waiting else matches.on_the_way
                matches = narrow(hours, over=over, now=now)
        return matches


@dataclass(frozen=True, slots=True)
class Bucket:
    """A range of waiting times of a queue: its label, query, and number of returns."""

    label: str
    query: str
    count: CappedCount
    is_chosen: bool
    # Its part of the bar, in percent: where it begins, and its length.
    start: float = 0
    length: float = 0
    # Its colour, from 1 for the shortest wait to ``AGE_COLORS`` for the longest.
    color: int = 1


@dataclass(frozen=True, slots=True)
class DeadlineCount:
    """The late, or at-risk, returns of a queue: their label, query, and number."""

    label: str
    query: str
    count: CappedCount
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class QueueCard:
    """A queue: its number of returns, its longest wait, and its buckets by waiting time.

    ``oldest`` is the time since when the return with the longest wait is in the queue.
    ``median_processing_time`` belongs to the queue of completed returns. ``count`` is None if
    counting took too long, or the queue's filter is not valid.
    """

    name: str
    title: str
    address: str
    is_chosen: bool
    count: CappedCount | None = None
    oldest: datetime | None = None
    median_processing_time: timedelta | None = None
    buckets: list[Bucket] = field(default_factory=list)
    deadlines: list[DeadlineCount] = field(default_factory=list)
    # The value of its returns, a sum for each currency; "" if it is unknown.
    value: str = ""

    @property
    def waiting(self) -> CappedCount | None:
        """Return how many of its returns are in the buckets; None if there are no others."""
        number = sum(each.count.number for each in self.buckets)
        more = any(each.count.more for each in self.buckets)
        is_all = self.count is None or not self.buckets or number >= self.count.number
        return None if is_all else CappedCount(number, more)


def queue_cards(shown: Query) -> list[QueueCard]:
    """Return the cards of all queues; ``shown`` is the query of the page."""
    now = timezone.now()
    ages = {queue: list(_age_ranges(queue)) for queue in AGE_FILTERS_BY_QUEUE}
    queues = {queue: _matches(f"queue={queue.value}") for queue in Queue}
    aged = [each.keep(queues[queue], now) for queue, ranges in ages.items() for each in ranges]
    kinds = _counted_deadlines()
    queries = [f"queue={Queue.TO_INSPECT.value}&deadline={kind.value}" for kind in kinds]
    counts, oldest, median = read_numbers(
        [*queues.values(), *aged, *map(_matches, queries)],
        {since: queues[queue] for queue, since in WAITING_SINCE_COLUMNS.items()},
        queues[Queue.COMPLETED_TODAY],
    )
    oldest_by_queue = dict(zip(WAITING_SINCE_COLUMNS, oldest, strict=True))
    further_counts = iter(counts[len(Queue) :])
    buckets = {queue: list(_buckets(each, further_counts, shown)) for queue, each in ages.items()}
    rows = zip(kinds, queries, further_counts, strict=True)
    deadlines = [_deadline_count(*row, shown) for row in rows]
    values = _values_of_waiting(queues)
    return [
        QueueCard(
            name=queue.value,
            title=str(queue.label),
            address=reverse("queue", query={"queue": queue.value}),
            is_chosen=shown.get("queue") == queue.value,
            count=count,
            oldest=oldest_by_queue.get(queue),
            median_processing_time=median if queue == Queue.COMPLETED_TODAY else None,
            buckets=buckets.get(queue, []),
            deadlines=deadlines if queue == Queue.TO_INSPECT else [],
            value=values.get(queue, ""),
        )
        for queue, count in zip(queues, counts, strict=False)
    ]


def _values_of_waiting(queues: dict[Queue, ReturnQuerySet]) -> dict[Queue, str]:
    """Return the value that waits in each queue; of what is completed, none waits."""
    matches = [
        queues[queue].in_order_of(since, descending=True)
        for queue, since in WAITING_SINCE_COLUMNS.items()
    ]
    try:
        with time_limit(VALUES_TIME_LIMIT_MS):
            return dict(zip(WAITING_SINCE_COLUMNS, waiting_values(matches), strict=True))
    except QueryTimeoutError:
        return {}


def waiting_buckets(query: Query, shown: Query, vocabulary: Vocabulary) -> list[Bucket]:
    """Return the buckets by waiting time for a query without a filter by it."""
    ages = list(_age_ranges(Queue.TO_INSPECT))
    matches = _matches(f"{query.urlencode()}&queue={Queue.TO_INSPECT.value}", vocabulary)
    now = timezone.now()
    counts = count_up_to([each.keep(matches, now) for each in ages], LIST_CAP)
    return list(_buckets(ages, iter(counts), shown, before=query.urlencode()))


def queue_columns(query: Query) -> tuple[str, ...]:
    """Return the columns of a queue's list, with the deadline if its returns may have one.

    Of completed returns, the column "waiting" shows the processing time. With a filter by items,
    the list shows what is in the parcels instead of the deadline.
    """
    queue = query.get("queue")
    if queue == Queue.COMPLETED_TODAY:
        return COMPLETED_COLUMNS
    if ITEM_FILTERS & query.keys():
        return QUEUE_COLUMNS_WITH_ITEMS
    has_deadlines = queue != Queue.ON_THE_WAY and DeadlinePolicy.objects.exists()
    return QUEUE_COLUMNS_WITH_DEADLINE if has_deadlines else QUEUE_COLUMNS


def deadline_counts(query: Query, shown: Query, vocabulary: Vocabulary) -> list[DeadlineCount]:
    """Return the numbers of late and at-risk returns for a query without a filter by deadline."""
    kinds = _counted_deadlines()
    queries = [f"{query.urlencode()}&deadline={kind.value}" for kind in kinds]
    matches = [_matches(each, vocabulary) for each in queries]
    counts = count_up_to(matches, LIST_CAP) if kinds else []
    rows = zip(kinds, queries, counts, strict=True)
    return [_deadline_count(*row, shown) for row in rows]


def _counted_deadlines() -> list[Deadline]:
    return [Deadline.LATE, Deadline.AT_RISK] if DeadlinePolicy.objects.exists() else []


def _deadline_count(kind: Deadline, query: str, count: CappedCount, shown: Query) -> DeadlineCount:
    return DeadlineCount(str(kind.label), query, count, shown.get("deadline") == kind)


def _matches(query: str, vocabulary: Vocabulary = NO_TAGS) -> ReturnQuerySet:
    matches: ReturnQuerySet = ReturnFilterSet(Query.parse(query), vocabulary).qs
    return matches


def _age_ranges(queue: Queue) -> Iterator[AgeRange]:
    """Yield the ranges of waiting times of a queue; together they contain each return once."""
    edges = settings.AGEING_HOURS
    yield AgeRange(queue, _("under %(time)s") % {"time": in_hours(edges[0])}, None, edges[0])
    for start, end in pairwise(edges):
        label = _("%(start)s–%(end)s") % {"start": start, "end": in_hours(end)}
        yield AgeRange(queue, label, start, end)
    yield AgeRange(queue, _("over %(time)s") % {"time": in_hours(edges[-1])}, edges[-1], None)


def _buckets(
    ages: list[AgeRange], further_counts: Iterator[CappedCount], shown: Query, before: str = ""
) -> Iterator[Bucket]:
    """Yield the buckets of these ranges; their counts are the next ones of ``further_counts``.

    ``before`` is the query that the ranges narrow.
    """
    counts = list(islice(further_counts, len(ages)))
    total = sum(count.number for count in counts) or 1
    start = 0.0
    for place, (age, count) in enumerate(zip(ages, counts, strict=True)):
        query = f"{before}&{age.query}" if before else age.query
        bucket_query = Query.parse(age.query)
        is_chosen = all(
            shown.get(name) == bucket_query.get(name) for name in ("queue", *AGE_FILTERS)
        )
        length = 100 * count.number / total
        color = age_color(place, len(ages))
        yield Bucket(age.label, query, count, is_chosen, start, length, color)
        start += length


def age_color(place: int, count: int) -> int:
    """Return the colour of the bucket at this place, spread over all colours."""
    return 1 + place * (AGE_COLORS - 1) // max(count - 1, 1)
