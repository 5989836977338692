"""The queues of a person's own making: saved views that stand among the queues."""

import time
from dataclasses import replace

from django.contrib.auth.models import User

from returns.database.time_limit import QueryTimeoutError, time_limit
from returns.filters.counts import count_matches
from returns.filters.filterset import ReturnFilterSet, filters_of
from returns.filters.query import Query
from returns.filters.stored import Words
from returns.lists.saved_views import queue_address_of, views_of
from returns.models import SavedView, State
from returns.queues.cards import QueueCard, deadline_counts, waiting_buckets
from tags.vocabulary import load_vocabulary

# Milliseconds: for each queue, and for all of them together.
COUNT_LIMIT = 700
COUNTS_LIMIT = 3_000
SINCE = "arrived_to_warehouse_at"
# What narrows a queue and leaves it the same.
NARROWING = {"group", "sort", "waiting_over", "waiting_under", "deadline"}


def own_cards_of(user: User, shown: Query) -> list[QueueCard]:
    """Return the person's own queues; ``shown`` is the filter of the queue that is looked at."""
    views = list(views_of(user).filter(is_queue=True))
    if not views:
        return []
    words = load_vocabulary()
    end = time.monotonic() + COUNTS_LIMIT / 1000
    return [_card(view, words, shown, end) for view in views]


def _card(view: SavedView, words: Words, shown: Query, end: float) -> QueueCard:
    address = queue_address_of(view, words)
    query = Query.parse(address.partition("?")[2])
    chosen = _kept(query, words) == _kept(shown, words)
    card = QueueCard(f"view-{view.pk}", view.name, address, is_chosen=chosen)
    filterset = ReturnFilterSet(query, words)
    limit = min(int((end - time.monotonic()) * 1000), COUNT_LIMIT)
    if filterset.problems() or limit <= 0:
        return card
    try:
        return _counted(card, filterset, shown, limit, words)
    except QueryTimeoutError:
        return card


def _kept(query: Query, words: Words) -> dict[str, list[object]]:
    return {n: values for n, values in filters_of(query, words).items() if n not in NARROWING}


def _counted(
    card: QueueCard, filterset: ReturnFilterSet, shown: Query, limit: int, words: Words
) -> QueueCard:
    count = count_matches(filterset.qs, limit, cut_short=filterset.search_is_cut_short())
    with time_limit(limit):
        waiting = filterset.qs.in_state(State.ARRIVED).in_order_of(SINCE, descending=False)
        oldest = waiting.values_list(SINCE, flat=True).first()
        # A view that says how long its returns wait has no buckets of its own.
        ages = not filterset.query.keys() & {"waiting_over", "waiting_under"}
        buckets = waiting_buckets(filterset.query, shown, words) if oldest and ages else []
        of_time = oldest and "deadline" not in filterset.query
        deadlines = deadline_counts(filterset.query, shown, words) if of_time else []
    return replace(card, count=count, oldest=oldest, buckets=buckets, deadlines=deadlines)
