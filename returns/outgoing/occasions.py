"""Looks at subscriptions that are due: schedules, numbers, silences, and filters that time changes.

Each look is one transaction with what it tells and with the time of the next look. So after a crash
it is told once, and what was due while nothing ran is told once, late.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from returns.database.locks import Lock, require_lock, try_lock
from returns.database.time_limit import QueryTimeoutError
from returns.models import EventType, HeldLock, Occasion, OccasionType, Subscription
from returns.outgoing import matches
from returns.outgoing.beginnings import MAX_COUNT, next_look, silent_since
from returns.outgoing.editing import set_aside
from returns.outgoing.filtering import FilterError, count_matches
from returns.outgoing.posting import post

logger = logging.getLogger(__name__)

PAUSE_AFTER_TIMEOUT = timedelta(minutes=10)
LOOKS_AT_ONCE = 20


def look_next() -> bool:
    """Look at the subscriptions that are due; tell whether there may be more of them.

    Of several processes at once, one does it, and none shares out events meanwhile.
    """
    due = Subscription.objects.filter(is_on=True, next_at__lte=Now()).order_by("next_at")
    ids = list(due.values_list("pk", flat=True)[:LOOKS_AT_ONCE])
    if not ids:
        return False
    with try_lock(Lock.SPREADING, 0) as lock:
        if lock is None:
            return False
        for pk in ids:
            _look_at(pk, lock)
    return len(ids) == LOOKS_AT_ONCE


def _look_at(pk: int, lock: HeldLock) -> None:
    with transaction.atomic():
        require_lock(lock)
        due = Subscription.objects.filter(pk=pk, is_on=True, next_at__lte=Now())
        locked = due.select_for_update(of=("self",)).select_related("owner__preferences")
        subscription = locked.first()
        if subscription is None:
            return
        now, pause = timezone.now(), timedelta(0)
        try:
            LOOKS[Occasion(subscription.occasion)](subscription)
        except FilterError as error:
            set_aside(subscription, error.reason)
            return
        except QueryTimeoutError:
            logger.warning("Subscription %s is looked at later: its filter took long.", pk)
            pause = PAUSE_AFTER_TIMEOUT
        next_at = now + pause if pause else next_look(subscription, now)
        Subscription.objects.filter(pk=pk).update(next_at=next_at, options=subscription.options)


def _look_at_number(subscription: Subscription) -> None:
    """Tell that more match than the number, and again only after fewer did."""
    options = subscription.options
    number = count_matches(subscription, MAX_COUNT + 1)
    if number > options["above"] and not options.get("is_over"):
        post(subscription, OccasionType.COUNT, {"count": number, "above": options["above"]})
        options["is_over"] = True
    elif number < options["above"] or not options["above"]:
        options["is_over"] = number > options["above"]


def _tell_schedule(subscription: Subscription) -> None:
    if "report" in subscription.options:
        post(subscription, OccasionType.TIMED, {"report": subscription.options["report"]})
        return
    number = count_matches(subscription, MAX_COUNT + 1)
    post(subscription, OccasionType.TIMED, {"count": number})


def _look_at_feed(subscription: Subscription) -> None:
    since = silent_since(subscription)
    if since and since != subscription.options.get("told"):
        post(subscription, EventType.SILENT, {"readAt": since})
        subscription.options["told"] = since


LOOKS: dict[Occasion, Callable[[Subscription], None]] = {
    Occasion.MATCH: matches.look_at_all,
    Occasion.COUNT: _look_at_number,
    Occasion.TIMED: _tell_schedule,
    Occasion.SILENCE: _look_at_feed,
}
