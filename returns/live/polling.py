"""What an open page is told of what happened since its rows were read.

Two tokens (see ``changes``) go with a page. ``since`` is of just before its rows were read: the
news are counted from it, so that nothing adds up in the browser. ``seen`` is of the last answer:
while nothing changed since, there is none.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from config.addresses import with_query
from config.htmx import POLL_PARAMETER
from returns.filters.counts import CappedCount, StateCounts
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.filters.queues import Queue
from returns.lists.page import numbers_of, summary_of
from returns.live.changes import Changes, any_since, changed_since, seconds_of, token_and_newest
from returns.models import State
from returns.queues.cards import QueueCard, cards_of
from returns.queues.own import own_cards_of
from tags.vocabulary import load_vocabulary

SINCE, SEEN = "since", "seen"
# Pages that show the same share what was read for one of them, for so many seconds.
SHARED_FOR = 2
# Seconds after which a page is told its numbers though nothing changed.
RECOUNTED_AFTER = 60
# As many references as the one box takes at once.
MOST_REFERENCES = 200
# The state and the reference of a return that is news under a filter; None of one that is not.
Match = tuple[str, str] | None
WORDS = {State.ARRIVED: "arrived", State.CREATED: "announced", State.COMPLETED: "completed"}


@dataclass(frozen=True, slots=True)
class News:
    """The returns that came to a list, by the state that they are in now.

    ``more`` when others came than were looked at.
    """

    counts: dict[str, CappedCount]
    references: list[str]
    more: bool

    @property
    def words(self) -> str:
        """Return them in words: "3 arrived, 1 announced"; nothing when there are none."""
        parts = [f"{count} {WORDS[State(state)]}" for state, count in self.counts.items()]
        return ", ".join(parts) or ("Much has changed" if self.more else "")

    @property
    def total(self) -> int:
        """Return how many there are at least."""
        return sum(count.number for count in self.counts.values())

    @property
    def mark(self) -> str:
        """Return what the browser's tab says before the title."""
        return str(CappedCount(self.total, self.more)) if self.words else ""

    @property
    def address(self) -> str:
        """Return the list of them alone; of more than the one box takes there is none."""
        if not self.references or self.more or len(self.references) > MOST_REFERENCES:
            return ""
        return reverse("return-list", query={"q": ", ".join(self.references)})


NO_NEWS = News({}, [], more=False)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is counted around a list; ``token`` is of before it was counted."""

    token: str
    counts: StateCounts
    summary: str
    cards: list[QueueCard]
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Shared:
    """What pages under the same filter share until a moment, in seconds.

    ``matches`` says of returns that came, by their ids, what they are under the filter.
    """

    numbers: Numbers
    matches: dict[int, Match]
    until: float


@dataclass(frozen=True, slots=True)
class LivePage:
    """An open page: what it shows, what it is told, and where it asks again."""

    base: str
    query: Query
    since: str
    seen: str
    newest: datetime | None
    news: News = NO_NEWS
    numbers: Numbers | None = None
    cards: list[QueueCard] = field(default_factory=list)

    @property
    def poll_address(self) -> str:
        """Return where the page asks what happened."""
        tokens = {POLL_PARAMETER: "", SINCE: self.since, SEEN: self.seen}
        return with_query(f"{self.base}live/", self.query, tokens)

    @property
    def show_address(self) -> str:
        """Return the list from its beginning, where new returns are."""
        return self.query.path(self.base)

    @property
    def is_silent(self) -> bool:
        """Tell whether the feed has brought nothing for too long."""
        limit = timedelta(seconds=self.silent_after)
        return self.newest is not None and timezone.now() - self.newest > limit

    @property
    def silent_after(self) -> int:
        """Return the seconds after which a feed that brings nothing is query to be silent."""
        return int(settings.FEED_SILENT_MINUTES) * 60


def opened(base: str, query: Query) -> LivePage:
    """Return what a page shows beside its list; to be asked before its rows are read.

    ``base`` is the path of the page, which is asked for news at ``live/`` below it.
    """
    token, newest = token_and_newest()
    return LivePage(base, _filters(query), since=token, seen=token, newest=newest)


def polled(base: str, query: Query, user: User) -> LivePage | None:
    """Return what the open page of a person is told; nothing while there is nothing to tell.

    Time alone makes returns late and older, so that a page is told its numbers now and then.
    """
    since, seen = query.get(SINCE, ""), query.get(SEEN, "")
    changes = any_since(seen)
    if not changes.any and seconds_of(changes.token) - seconds_of(seen) < RECOUNTED_AFTER:
        return None
    query = _filters(query)
    shared = _shared(base, query, seen)
    changes = changed_since(since)
    if new := [pk for pk in changes.reached_ids if pk not in shared.matches]:
        matches = shared.matches | _matches(query, new)
        shared = _share(base, query, replace(shared, matches=matches))
    news = _news(query, changes, shared.matches)
    numbers = shared.numbers
    cards = [*numbers.cards, *_own_cards(user, query, numbers)] if numbers.cards else []
    return LivePage(base, query, since, numbers.token, numbers.newest, news, numbers, cards)


def _filters(query: Query) -> Query:
    return query.without(POLL_PARAMETER, SINCE, SEEN, *PAGING_PARAMETERS)


def _news(query: Query, changes: Changes, matches: dict[int, Match]) -> News:
    found = [match for pk in changes.reached_ids if (match := matches[pk])]
    numbers = Counter(state for state, _ in found)
    states = [state for state in _told_states(query) if numbers[state]]
    counts = {state: CappedCount(numbers[state], changes.more) for state in states}
    return News(counts, [reference for _, reference in found], changes.more)


def _matches(query: Query, ids: Sequence[int]) -> dict[int, Match]:
    """Return which of the returns match the filter and are news under it."""
    filterset = ReturnFilterSet(query, load_vocabulary())
    found = filterset.qs.among(ids).in_state(*_told_states(query)).order_by()
    rows = found.values_list("pk", "state", "return_reference_number")
    return dict.fromkeys(ids) | {pk: (state, reference) for pk, state, reference in rows}


def _told_states(query: Query) -> list[str]:
    """Return the states whose returns are news; what is done only where that is looked at."""
    of_done = query.getlist("state") == [State.COMPLETED]
    of_done = of_done or query.get("queue") == Queue.COMPLETED_TODAY
    return [State.COMPLETED] if of_done else [State.ARRIVED, State.CREATED]


def _shared(base: str, query: Query, seen: str) -> Shared:
    """Return what pages share, with numbers that are not older than those that the page has.

    Read after the token that stands with it, from which the page then asks: a change that it
    misses is one that the next answer brings.
    """
    shared: Shared | None = cache.get(_key(base, query))
    is_good = shared is not None and time.time() < shared.until
    if shared and is_good and seconds_of(shared.numbers.token) >= seconds_of(seen):
        return shared
    return _share(base, query, Shared(_count(base, query), {}, time.time() + SHARED_FOR))


def _share(base: str, query: Query, shared: Shared) -> Shared:
    cache.set(_key(base, query), shared, SHARED_FOR)
    return shared


def _key(base: str, query: Query) -> str:
    return f"live-{sha256(query.path(base).encode()).hexdigest()}"


def _own_cards(user: User, query: Query, numbers: Numbers) -> list[QueueCard]:
    """Return the person's own queues, counted after the other numbers, once for their pages."""
    key = sha256(f"live of {user.pk} {numbers.token} {query.urlencode()}".encode()).hexdigest()
    cards: list[QueueCard] | None = cache.get(key)
    if cards is None:
        cards = own_cards_of(user, query)
        cache.set(key, cards, SHARED_FOR)
    return cards


def _count(base: str, query: Query) -> Numbers:
    token, newest = token_and_newest()
    filterset = ReturnFilterSet(query, load_vocabulary())
    counts, total = numbers_of(filterset)
    cards = cards_of(query) if base == reverse("queue") else []
    return Numbers(token, counts, summary_of(filterset, counts, total), cards, newest)
