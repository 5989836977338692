"""Deletes what has been kept long enough and is of no use any more, in small steps."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone
from pghistory.models import Context

from returns.filters.deleted_entries import expired
from returns.models import AccessEvent, Scan, TokenUse
from tags import bulk
from tags.history import forget_old_changes, forget_old_rows

logger = logging.getLogger(__name__)

RETENTION_DONE = "retention-done"
RETENTION_INTERVAL = 3600  # seconds
RETENTION_STEP = 1_000  # rows of a table
SESSION_RETENTION = timedelta(days=1)  # after the end: the clock of the web server may be behind
ATTEMPT_RETENTION = timedelta(days=1)  # a lock ends after 15 minutes


def delete_old_rows() -> bool:
    """Delete a step of each kind of old rows, hourly in each process; tell if there may be more."""
    if not cache.add(RETENTION_DONE, True, RETENTION_INTERVAL):
        return False
    now = timezone.now()
    numbers = {name: delete(now) for name, delete in OLD_ROWS.items()}
    for name, number in numbers.items():
        if number:
            logger.info("Deleted old %s: %s.", name, number)
    has_more = any(number >= RETENTION_STEP for number in numbers.values())
    if has_more:
        cache.delete(RETENTION_DONE)
    return has_more


def _delete(queryset: QuerySet[Any]) -> int:
    some = list(queryset.order_by().values_list("pk", flat=True)[:RETENTION_STEP])
    number, _ = queryset.model._default_manager.filter(pk__in=some).delete()
    return int(number)


def _oldest_access(now: datetime) -> datetime:
    return now - timedelta(days=settings.ACCESS_DAYS)


def _delete_bulk_taggings(now: datetime) -> int:
    kept_since = now - timedelta(days=settings.BULK_TAGGING_DAYS)
    return bulk.delete_old_bulk(kept_since, RETENTION_STEP)


# What is deleted, by its name in the log.
OLD_ROWS: dict[str, Callable[[datetime], int]] = {
    "access events": lambda now: _delete(AccessEvent.objects.filter(at__lt=_oldest_access(now))),
    "token uses": lambda now: _delete(TokenUse.objects.filter(day__lt=_oldest_access(now).date())),
    "sign-ins": lambda now: _delete(AccessLog.objects.filter(attempt_time__lt=_oldest_access(now))),
    "wrong passwords": lambda now: _delete(
        AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPT_RETENTION)
    ),
    "sessions": lambda now: _delete(
        Session.objects.filter(expire_date__lt=now - SESSION_RETENTION)
    ),
    # Each event has a copy of its context, so these are needed only while they are being written.
    "contexts of events": lambda now: _delete(
        Context.objects.filter(updated_at__lt=now - timedelta(days=settings.CONTEXT_DAYS))
    ),
    "bulk taggings": _delete_bulk_taggings,
    "deleted entries": lambda now: _delete(expired(now)),
    "scans": lambda now: _delete(
        Scan.objects.filter(at__lt=now - timedelta(days=settings.SCAN_DAYS))
    ),
    "taggings of old actions": lambda _: forget_old_rows(RETENTION_STEP),
    "old changes of tags": lambda _: forget_old_changes(RETENTION_STEP),
}
