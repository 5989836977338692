"""A person's own queues: saved views that are also shown as queues."""

import time
from dataclasses import replace

from django.contrib.auth.models import User

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import count_matches
from returns.filters.filterset import ReturnFilterSet, normalized_filters
from returns.filters.query import Query
from returns.lists.saved_views import queue_address, visible_views
from returns.models import SavedView, State
from returns.queues.cards import QueueCard, deadline_counts, waiting_buckets
from returns.queues.values import waiting_values
from tags.vocabulary import Vocabulary, load_vocabulary

# For counting one queue, and all of them together.
QUEUE_TIME_LIMIT_MS = 700
QUEUES_TIME_LIMIT_MS = 3_000
ARRIVAL_COLUMN = "arrived_to_warehouse_at"
# Parameters that narrow a queue without making it another one.
NARROWING_FILTERS = {"group", "sort", "waiting_over", "waiting_under", "deadline"}


def own_queue_cards(
    user: User, shown: Query, vocabulary: Vocabulary | None = None
) -> list[QueueCard]:
    """Return the cards of the person's own queues; ``shown`` is the query of the page."""
    views = list(visible_views(user).filter(is_queue=True))
    if not views:
        return []
    vocabulary = load_vocabulary() if vocabulary is None else vocabulary
    end = time.monotonic() + QUEUES_TIME_LIMIT_MS / 1000
    return [_card(view, vocabulary, shown, end) for view in views]


def _card(view: SavedView, vocabulary: Vocabulary, shown: Query, end: float) -> QueueCard:
    address = queue_address(view, vocabulary)
    query = Query.parse(address.partition("?")[2])
    is_chosen = _queue_filters(query, vocabulary) == _queue_filters(shown, vocabulary)
    card = QueueCard(f"view-{view.pk}", view.label, address, is_chosen=is_chosen)
    filterset = ReturnFilterSet(query, vocabulary)
    limit = min(int((end - time.monotonic()) * 1000), QUEUE_TIME_LIMIT_MS)
    if filterset.problems() or limit <= 0:
        return card
    try:
        return _count_card(card, filterset, shown, limit, vocabulary)
    except QueryTimeoutError:
        return card


def _queue_filters(query: Query, vocabulary: Vocabulary) -> dict[str, list[object]]:
    filters = normalized_filters(query, vocabulary)
    return {name: values for name, values in filters.items() if name not in NARROWING_FILTERS}


def _count_card(
    card: QueueCard, filterset: ReturnFilterSet, shown: Query, limit: int, vocabulary: Vocabulary
) -> QueueCard:
    count = count_matches(filterset.qs, limit, cut_short=filterset.search_is_cut_short())
    with time_limit(limit):
        waiting = filterset.qs.in_state(State.ARRIVED).in_order_of(ARRIVAL_COLUMN, descending=False)
        oldest = waiting.values_list(ARRIVAL_COLUMN, flat=True).first()
        # A view with its own filter by waiting time has no buckets.
        has_buckets = not filterset.query.keys() & {"waiting_over", "waiting_under"}
        has_buckets = bool(oldest) and has_buckets
        buckets = waiting_buckets(filterset.query, shown, vocabulary) if has_buckets else []
        has_deadlines = oldest and "deadline" not in filterset.query
        deadlines = deadline_counts(filterset.query, shown, vocabulary) if has_deadlines else []
        # Of all that are counted, also of completed ones: they wait for something in this queue.
        newest_first = filterset.qs.in_order_of("created_at", descending=True)
        (value,) = waiting_values([newest_first])
    return replace(
        card, count=count, oldest=oldest, buckets=buckets, deadlines=deadlines, value=value
    )
