"""What the pages of the outbox show: subscriptions, how they are doing, and what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from config.numbers import grouped
from returns.display.durations import duration_words
from returns.filters.stored import to_query
from returns.filters.wording import describe_query, say_query
from returns.models import TEST_TYPE, Delivery, EventType, Subscription
from returns.outgoing.editing import MAY_CHANGE_ALL
from returns.people.person import person_name
from tags.vocabulary import Vocabulary, load_vocabulary

MAX_WAITING_SHOWN = 10_000  # above, a page shows a "+"
ATTEMPTS_SHOWN = 50
SELECT_WAITING = """
    SELECT subscription.id, waiting.number, waiting.oldest, latest.tried_at
    FROM returns_subscription subscription
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, min(made_at) AS oldest FROM (
            SELECT made_at FROM returns_delivery WHERE subscription_id = subscription.id
                AND status = 'waiting' ORDER BY id LIMIT %(most)s
        ) AS first_ones
    ) AS waiting
    LEFT JOIN LATERAL (
        SELECT tried_at FROM returns_delivery WHERE subscription_id = subscription.id
            AND tried_at IS NOT NULL ORDER BY tried_at DESC LIMIT 1
    ) AS latest ON true
    WHERE subscription.id = ANY(%(ids)s::bigint[])
"""
SELECT_UNSPREAD = """
    SELECT count(*), min(at) FROM (
        SELECT at FROM returns_outgoingevent WHERE spread_at IS NULL ORDER BY id LIMIT %s
    ) AS first_ones
"""


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits, and since when the oldest of it."""

    number: int
    oldest: datetime | None

    @property
    def count(self) -> str:
        """Return the number for people."""
        return (
            f"{grouped(MAX_WAITING_SHOWN)}+"
            if self.number > MAX_WAITING_SHOWN
            else grouped(self.number)
        )

    @property
    def age(self) -> str:
        """Return for how long the oldest has waited; "" if nothing waits."""
        if self.oldest is None:
            return ""
        age = max(timezone.now() - self.oldest, timedelta(seconds=1))
        return duration_words().duration(age)


@dataclass(frozen=True, slots=True)
class ListedSubscription:
    """A subscription as pages show it: its filter in words and as a query, and how it is doing."""

    subscription: Subscription
    query: str
    filters: list[tuple[str, str]]
    phrases: list[str]
    types: list[str]
    owner: str
    waiting: Depth
    tried_at: datetime | None

    @property
    def state(self) -> str:
        """Return "aside", "off", "failing" or "good"."""
        if not self.subscription.is_on:
            return "aside" if self.subscription.off_because else "off"
        return "failing" if self.subscription.failures else "good"


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    """A message and its last attempt, with the type in words."""

    delivery: Delivery
    type: str
    outcome: str


def visible_to(person: User) -> QuerySet[Subscription]:
    """Return the subscriptions that a person may see and change: their own, or all."""
    subscriptions = Subscription.objects.select_related("owner")
    if person.has_perm(MAY_CHANGE_ALL):
        return subscriptions
    return subscriptions.filter(owner=person)


def list_subscriptions(person: User) -> list[ListedSubscription]:
    """Return the subscriptions that a person may see."""
    return describe(list(visible_to(person)))


def describe(subscriptions: Sequence[Subscription]) -> list[ListedSubscription]:
    """Return subscriptions as pages show them."""
    waiting = _waiting([each.pk for each in subscriptions])
    vocabulary, nothing = load_vocabulary(), (Depth(0, None), None)
    return [_listed(each, vocabulary, *waiting.get(each.pk, nothing)) for each in subscriptions]


def _waiting(ids: Sequence[int]) -> dict[int, tuple[Depth, datetime | None]]:
    with connection.cursor() as cursor:
        cursor.execute(SELECT_WAITING, {"ids": list(ids), "most": MAX_WAITING_SHOWN + 1})
        return {pk: (Depth(number, oldest), at) for pk, number, oldest, at in cursor.fetchall()}


def _listed(
    subscription: Subscription, vocabulary: Vocabulary, waiting: Depth, tried_at: datetime | None
) -> ListedSubscription:
    query = to_query(subscription.parameters, vocabulary)
    return ListedSubscription(
        subscription=subscription,
        query=query.urlencode(),
        filters=describe_query(query),
        phrases=say_query(query) if subscription.parameters else [_("all returns")],
        types=[type_label(each) for each in subscription.types],
        owner=person_name(subscription.owner),
        waiting=waiting,
        tried_at=tried_at,
    )


def unspread() -> Depth:
    """Return how many events have not been shared out yet."""
    with connection.cursor() as cursor:
        cursor.execute(SELECT_UNSPREAD, [MAX_WAITING_SHOWN + 1])
        return Depth(*cursor.fetchone())


def last_attempts(subscription: Subscription) -> list[ShownAttempt]:
    """Return the messages that were sent, or tried, last; the latest first."""
    tried = Delivery.objects.filter(subscription=subscription, tried_at__isnull=False)
    rows = tried.select_related("event").defer("event__body").order_by("-tried_at")
    return [_attempt(row) for row in rows[:ATTEMPTS_SHOWN]]


def _attempt(row: Delivery) -> ShownAttempt:
    outcome = row.problem or _("status %(status)s") % {"status": row.answer}
    return ShownAttempt(row, type_label(row.event.type), outcome)


def type_label(type_: str) -> str:
    """Return what a type of event means."""
    return _("Test") if type_ == TEST_TYPE else str(EventType(type_).label)
