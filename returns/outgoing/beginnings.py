"""What is so already when a subscription is made or switched on: it is no news."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from returns.database.time_limit import QueryTimeoutError
from returns.feed.overview import feed_health
from returns.feed.serializers import format_time
from returns.models import Occasion, Subscription
from returns.outgoing import matches
from returns.outgoing.filtering import FilterError, count_matches
from returns.outgoing.schedules import DAILY, next_time
from returns.people.person import get_time_zone

LOOK_INTERVAL_OF_NUMBERS = timedelta(minutes=1)
# What forms show before anything is chosen.
BEGINNINGS: dict[str, Any] = {
    "above": 50,
    "every": DAILY,
    "weekday": 0,
    "at": "09:00",
    "minutes": 60,
}
MAX_COUNT = 100_000  # above, a number is one more than this


def begin(subscription: Subscription) -> None:
    """Set when it is looked at first, and what is no news, because it is so already.

    Only its fields are set; the caller saves them. Raises ``ValidationError`` if the filter cannot
    be used.
    """
    now = timezone.now()
    try:
        match subscription.occasion:
            case Occasion.MATCH:
                matches.remember_matches(subscription)
            case Occasion.COUNT:
                above = subscription.options["above"]
                is_over = count_matches(subscription, above + 1) > above
                subscription.options["is_over"] = is_over
            case Occasion.SILENCE:
                subscription.options["told"] = silent_since(subscription)
    except FilterError as error:
        raise ValidationError(str(error.reason)) from error
    except QueryTimeoutError as error:
        raise ValidationError(str(matches.TOO_MANY_MATCHES)) from error
    subscription.next_at = next_look(subscription, now)


def next_look(subscription: Subscription, now: datetime) -> datetime | None:
    """Return when it is looked at next; None if only events and rules make it tell something."""
    match subscription.occasion:
        case Occasion.MATCH:
            return now + matches.look_interval(subscription)
        case Occasion.TIMED:
            return next_time(subscription.options, get_time_zone(subscription.owner), now)
        case Occasion.COUNT | Occasion.SILENCE:
            return now + LOOK_INTERVAL_OF_NUMBERS
    return None


def silent_since(subscription: Subscription) -> str:
    """Return since when the feed is silent, if it is for as long as the subscription says."""
    read_at = feed_health().read_at
    minutes = timedelta(minutes=subscription.options["minutes"])
    if read_at is None or timezone.now() - read_at < minutes:
        return ""
    return format_time(read_at)
