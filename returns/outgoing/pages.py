"""What the pages of the outbox show: subscriptions, how they are doing, and what was sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from config.addresses import with_query
from config.numbers import grouped
from returns.display.durations import duration_words
from returns.filters.stored import to_query
from returns.filters.wording import describe_query, say_query
from returns.models import (
    CHANNELS_TO_READ,
    TEST_TYPE,
    Channel,
    Delivery,
    DeliveryStatus,
    EventType,
    Occasion,
    OccasionType,
    OutgoingEvent,
    Subscription,
)
from returns.models.occasions import WITHOUT_FILTER
from returns.outgoing.beginnings import BEGINNINGS
from returns.outgoing.editing import MAY_CHANGE_ALL
from returns.outgoing.schedules import WEEKLY
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


class FilterWords(NamedTuple):
    """Which returns something is about: labels with values for a table, and phrases for a line."""

    filters: list[tuple[str, str]]
    phrases: list[str]


# Says which report a subscription sends; made by ``returns.reports``, which knows reports.
type ReportDescriber = Callable[[Subscription], FilterWords]


@dataclass(frozen=True, slots=True)
class ListedSubscription:
    """A subscription as pages show it: its filter in words and as a query, and how it is doing.

    Of one that sends a report, the filter is that of the report; see ``report_path``.
    """

    subscription: Subscription
    query: str
    filters: list[tuple[str, str]]
    phrases: list[str]
    when: str
    where: str
    owner: str
    waiting: Depth
    tried_at: datetime | None

    @property
    def state(self) -> str:
        """Return "aside", "off", "failing" or "good"."""
        if not self.subscription.is_on:
            return "aside" if self.subscription.off_because else "off"
        return "failing" if self.subscription.failures else "good"

    @property
    def report_path(self) -> str:
        """Return the path of the report that it sends; "" if it sends none."""
        return report_path(self.subscription)


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    """A message and its last attempt, with the type in words.

    ``others`` is how many other events the same message told. If ``is_anew``, it is to be sent
    again, and nothing has come of that yet.
    """

    delivery: Delivery
    type: str
    outcome: str
    others: int = 0
    is_anew: bool = False


def visible_to(person: User) -> QuerySet[Subscription]:
    """Return the subscriptions that a person may see and change: their own, or all."""
    subscriptions = Subscription.objects.select_related("owner__preferences")
    if person.has_perm(MAY_CHANGE_ALL):
        return subscriptions
    return subscriptions.filter(owner=person)


def filtered_ones(person: User) -> QuerySet[Subscription]:
    """Return those of them that have a filter, which another one can replace."""
    subscriptions = visible_to(person).exclude(occasion__in=WITHOUT_FILTER)
    return subscriptions.exclude(options__has_key="report")


def describe(
    subscriptions: Sequence[Subscription], describe_report: ReportDescriber
) -> list[ListedSubscription]:
    """Return subscriptions as pages show them."""
    waiting = _waiting([each.pk for each in subscriptions])
    vocabulary, nothing = load_vocabulary(), (Depth(0, None), None)
    return [
        _listed(
            each,
            describe_report(each) if report_path(each) else _filter_words(each, vocabulary),
            to_query(each.parameters, vocabulary).urlencode(),
            *waiting.get(each.pk, nothing),
        )
        for each in subscriptions
    ]


def _filter_words(subscription: Subscription, vocabulary: Vocabulary) -> FilterWords:
    if not subscription.has_filter:
        return FilterWords([], [])
    query = to_query(subscription.parameters, vocabulary)
    phrases = say_query(query) if subscription.parameters else [_("all returns")]
    return FilterWords(describe_query(query), phrases)


def _waiting(ids: Sequence[int]) -> dict[int, tuple[Depth, datetime | None]]:
    with connection.cursor() as cursor:
        cursor.execute(SELECT_WAITING, {"ids": list(ids), "most": MAX_WAITING_SHOWN + 1})
        return {pk: (Depth(number, oldest), at) for pk, number, oldest, at in cursor.fetchall()}


def _listed(
    subscription: Subscription,
    words: FilterWords,
    query: str,
    waiting: Depth,
    tried_at: datetime | None,
) -> ListedSubscription:
    return ListedSubscription(
        subscription=subscription,
        query=query,
        filters=words.filters,
        phrases=words.phrases,
        when=when_text(subscription),
        where=str(Channel(subscription.channel).label),
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
    leads = tried.filter(Q(lead=None) | Q(lead=F("pk")))
    rows = list(
        leads.select_related("event").defer("event__body").order_by("-tried_at")[:ATTEMPTS_SHOWN]
    )
    in_digests = tried.filter(lead__in=[row.lead for row in rows if row.lead]).order_by()
    sizes = dict[int, int](in_digests.values_list("lead").annotate(Count("pk")))
    is_program = subscription.channel not in CHANNELS_TO_READ
    return [_attempt(row, sizes.get(row.pk, 1) - 1, is_program=is_program) for row in rows]


def _attempt(row: Delivery, others: int, *, is_program: bool) -> ShownAttempt:
    is_anew = row.status == DeliveryStatus.WAITING and not row.attempts
    outcome = row.problem or _("status %(status)s") % {"status": row.answer}
    if is_anew or not (row.problem or is_program or row.status == DeliveryStatus.WAITING):
        outcome = ""
    return ShownAttempt(row, _event_label(row.event), outcome, others, is_anew)


def _event_label(event: OutgoingEvent) -> str:
    if "report" in event.details:
        return pgettext("noun", "Report")
    return type_label(event.type)


def type_label(type_: str) -> str:
    """Return what a type of event means."""
    if type_ == TEST_TYPE:
        return _("Test")
    choices = OccasionType if type_ in OccasionType.values else EventType
    return str(choices(type_).label)


def test_types(subscription: Subscription) -> list[tuple[str, str]]:
    """Return the types that a test of a subscription can have, with what they mean."""
    test = (TEST_TYPE, type_label(TEST_TYPE))
    if subscription.channel != Channel.WEBHOOK:
        return [test]
    return [test, *((each.value, str(each.label)) for each in EventType)]


def report_path(subscription: Subscription) -> str:
    """Return the path of the report that a subscription sends; "" if it sends none."""
    subject = subscription.options.get("report")
    if not subject:
        return ""
    return with_query(reverse("report", args=[subject]), subscription.options.get("query", ""))


def when_text(subscription: Subscription) -> str:
    """Return when a subscription tells something, as a part of a line."""
    options = BEGINNINGS | subscription.options
    match subscription.occasion:
        case Occasion.EVENT:
            return ", ".join(map(type_label, subscription.types))
        case Occasion.COUNT:
            number = options["above"]
            text = ngettext(
                "more than %(count)s return matches", "more than %(count)s returns match", number
            )
            return text % {"count": grouped(number)}
        case Occasion.TIMED if options["every"] == WEEKLY:
            values = {"day": WEEKDAYS[options["weekday"]], "time": options["at"]}
            return _("every week, %(day)s at %(time)s") % values
        case Occasion.TIMED:
            return _("every day at %(time)s") % {"time": options["at"]}
        case Occasion.SILENCE:
            number = options["minutes"]
            text = ngettext(
                "the feed is silent for %(count)s minute",
                "the feed is silent for %(count)s minutes",
                number,
            )
            return text % {"count": grouped(number)}
    return str(Occasion(subscription.occasion).label)
