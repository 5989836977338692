"""Answer the polls of open pages: what is new since their rows were read, and current numbers.

A page has two tokens (see ``changes``). ``since`` is from just before its rows were read: news is
counted from there. ``seen`` is from the last answer: without a change there is no other.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.addresses import with_query
from config.htmx import POLL_PARAMETER
from config.numbers import grouped
from returns.filters.counts import CappedCount, StateCounts
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.filters.queues import Queue
from returns.lists.page import ReturnList
from returns.lists.summary import count_list, summarize
from returns.live.changes import (
    Changes,
    current_token_and_read_at,
    get_changes,
    opening,
    poll_changes,
    token_seconds,
)
from returns.live.departures import STATE_NEWS, Departure, find_departures
from returns.live.marks import read_marks
from returns.live.page import SEEN_PARAMETER, OpenPage, is_outdated
from returns.live.rows import ROW_PARAMETERS, ShownRows, find_changed, parse_rows, shown_rows
from returns.models import State
from returns.notices.bell import BELL_PARAMETER
from returns.queues.cards import QueueCard, queue_cards
from returns.queues.own import own_queue_cards
from tags.vocabulary import Vocabulary, load_vocabulary

SINCE_PARAMETER = "since"
# Pages with the same query share the numbers that were read for one of them.
SHARED_SECONDS = 2
# As many numbers as the search box takes.
MAX_LISTED_REFERENCES = 200
# The state and the reference of a new return that matches a query; None if it does not.
Match = tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class News:
    """The returns that are new in a list: their number by current state, and their references.

    ``more`` says that not all changed returns were looked at. ``left`` is the number of rows on
    the page that have left the list.
    """

    counts: dict[str, CappedCount]
    references: list[str]
    more: bool
    left: int = 0

    @property
    def text(self) -> str:
        """Return the news as a text: "3 arrived, 1 created, 2 left this page", or "" if none."""
        parts = [STATE_NEWS[State(key)] % {"count": count} for key, count in self.counts.items()]
        if not parts and self.more:
            parts = [_("Much has changed")]
        if self.left:
            parts.append(_("%(count)s left this page") % {"count": grouped(self.left)})
        return ", ".join(parts)

    @property
    def has_new(self) -> bool:
        """Whether returns are new, and not only gone."""
        return bool(self.counts) or self.more

    @property
    def total(self) -> int:
        """Return the number of new returns, or of those that were counted."""
        return sum(count.number for count in self.counts.values())

    @property
    def mark(self) -> str:
        """Return the number to show in the title of the browser's tab, or ""."""
        return str(CappedCount(self.total, self.more)) if self.has_new else ""

    @property
    def address(self) -> str:
        """Return the address of a list of the new returns alone, or "" if there are too many."""
        if not self.references or self.more or len(self.references) > MAX_LISTED_REFERENCES:
            return ""
        return reverse("return-list", query={"q": ", ".join(self.references)})


NO_NEWS = News({}, [], more=False)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers around a list, in a language; ``token`` is from just before they were counted.

    ``read_at`` is when the feed was last read to its end.
    """

    token: str
    counts: StateCounts
    summary: str
    cards: list[QueueCard]
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class SharedNumbers:
    """What pages with the same query and language share until a time of the monotonic clock."""

    numbers: Numbers
    # The new returns that were looked up, by id.
    matches: dict[int, Match]
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePage(OpenPage):
    """An open list or queue: its query, its tokens, and the news and numbers that it gets.

    ``paging`` has the cursor of the page. ``comments`` has the number of comments of each row that
    has, or had, any, and ``claims`` who has claimed it, for each that is, or was, claimed.
    """

    base: str
    query: Query
    paging: Query
    since: str
    rows: ShownRows = field(default_factory=ShownRows)
    departures: list[Departure] = field(default_factory=list)
    comments: dict[int, int] = field(default_factory=dict)
    claims: dict[int, User | None] = field(default_factory=dict)
    news: News = NO_NEWS
    numbers: Numbers | None = None
    cards: list[QueueCard] = field(default_factory=list)

    @property
    def poll_address(self) -> str:
        """Return the address that the page polls."""
        known = {
            POLL_PARAMETER: "",
            SINCE_PARAMETER: self.since,
            SEEN_PARAMETER: self.seen,
            **self.rows.parameters,
        }
        return with_query(f"{self.base}live/", self.query, self.paging, known)

    @property
    def address(self) -> str:
        """Return the address of the page itself."""
        return with_query(self.base, self.query, self.paging)

    @property
    def show_address(self) -> str:
        """Return the address of the first page, or of this one if returns have only left."""
        has_only_left = self.news.left and not self.news.has_new
        return self.address if has_only_left else with_query(self.base, self.query)

    def showing(self, matches: ReturnList) -> "LivePage":
        """Return the page with the rows of this list."""
        return replace(self, rows=shown_rows(matches.rows, matches.table.shown))


def open_page(base: str, query: Query, *further: Any) -> LivePage:
    """Return the live part of a page. Call it before reading the rows of the list.

    ``base`` is the path of the page; it polls ``live/`` below that path. ``further`` is an
    expression that is read with it, and its parameters.
    """
    token, read_at, mark, found = opening(*further)
    filters, paging = _filters(query), _paging(query)
    page = LivePage(
        base=base, query=filters, paging=paging, since=token, seen=token, read_at=read_at
    )
    return replace(page, vocabulary_mark=mark, further=found)


def poll_page(base: str, query: Query, user: User) -> LivePage | None:
    """Return the answer to a page's poll, or None if nothing has changed."""
    since, seen = query.get(SINCE_PARAMETER, ""), query.get(SEEN_PARAMETER, "")
    last, changes, mark = poll_changes(seen, since)
    if not last.any and not is_outdated(seen, last.token):
        return None
    rows, paging, query = parse_rows(query), _paging(query), _filters(query)
    vocabulary = load_vocabulary(mark)
    shared = _shared(base, query, seen, vocabulary)
    changes = changes or get_changes(since)
    if new := [pk for pk in changes.reached_ids if pk not in shared.matches]:
        matches = shared.matches | _matches(query, new, vocabulary)
        shared = _share(base, query, replace(shared, matches=matches))
    rows = find_changed(rows, vocabulary)
    departures = find_departures(query, rows, vocabulary)
    comments, claims = read_marks(rows.ids)
    numbers = shared.numbers
    own_cards = _own_cards(user, query, numbers.token, vocabulary) if numbers.cards else []
    return LivePage(
        base=base,
        query=query,
        paging=paging,
        since=since,
        rows=rows,
        departures=departures,
        comments=comments,
        claims=claims,
        seen=numbers.token,
        read_at=numbers.read_at,
        news=replace(_news(query, changes, shared.matches), left=len(departures)),
        numbers=numbers,
        cards=[*numbers.cards, *own_cards],
    )


def _filters(query: Query) -> Query:
    ours = (POLL_PARAMETER, SINCE_PARAMETER, SEEN_PARAMETER, BELL_PARAMETER, *ROW_PARAMETERS)
    return query.without(*ours, *PAGING_PARAMETERS)


def _paging(query: Query) -> Query:
    return query.without(*(name for name in query if name not in PAGING_PARAMETERS))


def _news(query: Query, changes: Changes, matches: dict[int, Match]) -> News:
    matching = [match for pk in changes.reached_ids if (match := matches[pk])]
    numbers = Counter(state for state, _reference in matching)
    states = [state for state in _news_states(query) if numbers[state]]
    counts = {state: CappedCount(numbers[state], changes.more) for state in states}
    return News(counts, [reference for _state, reference in matching], changes.more)


def _matches(query: Query, ids: Sequence[int], vocabulary: Vocabulary) -> dict[int, Match]:
    """Return for each id its match if the return matches the query and counts as news."""
    filterset = ReturnFilterSet(query, vocabulary)
    matching = filterset.qs.among(ids).in_state(*_news_states(query)).order_by()
    rows = matching.values_list("pk", "state", "return_reference_number")
    return dict.fromkeys(ids) | {pk: (state, reference) for pk, state, reference in rows}


def _news_states(query: Query) -> list[str]:
    """Return the states that count as news; completed only on pages of completed returns."""
    shows_completed = query.getlist("state") == [State.COMPLETED]
    shows_completed = shows_completed or query.get("queue") == Queue.COMPLETED_TODAY
    return [State.COMPLETED] if shows_completed else [State.ARRIVED, State.CREATED]


def _shared(base: str, query: Query, seen: str, vocabulary: Vocabulary) -> SharedNumbers:
    """Return what pages share, with numbers no older than those that the page has.

    Their token is from before they were counted, and the page polls from it. So a change that
    the numbers miss comes with the next answer.
    """
    shared: SharedNumbers | None = cache.get(_cache_key(base, query))
    is_valid = shared is not None and time.monotonic() < shared.until
    if shared and is_valid and token_seconds(shared.numbers.token) >= token_seconds(seen):
        return shared
    until = time.monotonic() + SHARED_SECONDS
    return _share(base, query, SharedNumbers(_count(base, query, vocabulary), {}, until))


def _share(base: str, query: Query, shared: SharedNumbers) -> SharedNumbers:
    cache.set(_cache_key(base, query), shared, SHARED_SECONDS)
    return shared


def _cache_key(base: str, query: Query) -> str:
    return f"live-{sha256(f'{get_language()} {query.path(base)}'.encode()).hexdigest()}"


def _own_cards(user: User, query: Query, token: str, vocabulary: Vocabulary) -> list[QueueCard]:
    """Return the cards of the person's own queues, counted once for all of their pages."""
    parts = (user.pk, get_language(), token, query.urlencode())
    key = sha256(f"live of {parts}".encode()).hexdigest()
    cards: list[QueueCard] | None = cache.get(key)
    if cards is None:
        cards = own_queue_cards(user, query, vocabulary)
        cache.set(key, cards, SHARED_SECONDS)
    return cards


def _count(base: str, query: Query, vocabulary: Vocabulary) -> Numbers:
    token, read_at = current_token_and_read_at()
    filterset = ReturnFilterSet(query, vocabulary)
    counts, total = count_list(filterset)
    cards = queue_cards(query) if base == reverse("queue") else []
    return Numbers(token, counts, summarize(filterset, counts, total), cards, read_at)
