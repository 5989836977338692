"""How long what people do is kept: signing in, scanning, bulk tagging, looking at pages."""

from datetime import datetime, timedelta

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from pghistory.models import Context

from returns.filters.deleted_entries import RESTORABLE, expired
from returns.live import changes, presence
from returns.models import (
    AccessEvent,
    BrowserSession,
    Claim,
    FollowUp,
    Heartbeat,
    Notice,
    Scan,
    TokenUse,
)
from returns.retention.kinds import (
    Kind,
    call_function,
    days_of,
    fixed_period,
    older_than,
    oldest_kept,
)
from returns.retention.of_feed import UNDOABLE_FOR
from tags import bulk
from tags.history import old_rows, old_single_changes
from tags.models import BulkTagging

SESSION_RETENTION = timedelta(days=1)  # after the end: the clock of the web server may be behind
HEARTBEAT_RETENTION = timedelta(days=1)
ATTEMPT_RETENTION = timedelta(days=1)  # a lock ends after 15 minutes


def _old_token_uses(now: datetime) -> QuerySet[TokenUse]:
    kept_since = oldest_kept("ACCESS_DAYS", now)
    if kept_since is None:
        return TokenUse.objects.none()
    return TokenUse.objects.filter(day__lt=kept_since.date())


def _old_bulk_taggings(now: datetime) -> QuerySet[BulkTagging]:
    return bulk.old_bulk(now, now - timedelta(days=settings.BULK_TAGGING_DAYS))


KINDS_OF_PEOPLE = (
    Kind(
        "access events",
        _("Access events"),
        _("the event"),
        days_of("ACCESS_DAYS"),
        older_than(AccessEvent.objects.all, "at", "ACCESS_DAYS"),
        ("ACCESS_DAYS",),
        call_function("returns_delete_old_access_events", "ACCESS_DAYS"),
    ),
    Kind(
        "token uses",
        _("Uses of tokens"),
        _("the day"),
        days_of("ACCESS_DAYS"),
        _old_token_uses,
        ("ACCESS_DAYS",),
    ),
    Kind(
        "sign-ins",
        _("Sign-ins"),
        _("signing in"),
        days_of("ACCESS_DAYS"),
        older_than(AccessLog.objects.all, "attempt_time", "ACCESS_DAYS"),
        ("ACCESS_DAYS",),
    ),
    Kind(
        "wrong passwords",
        _("Wrong passwords"),
        _("the attempt"),
        fixed_period(ATTEMPT_RETENTION),
        lambda now: AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPT_RETENTION),
    ),
    Kind(
        "sessions",
        _("Sessions"),
        _("the end of the session"),
        fixed_period(SESSION_RETENTION),
        lambda now: BrowserSession.objects.filter(expire_date__lt=now - SESSION_RETENTION),
    ),
    Kind(
        "scans",
        _("Scans"),
        _("the scan"),
        days_of("SCAN_DAYS"),
        older_than(Scan.objects.all, "at", "SCAN_DAYS"),
        ("SCAN_DAYS",),
    ),
    Kind(
        "presences",
        _("Who has a return open"),
        _("when the page was last open"),
        fixed_period(presence.FORGOTTEN_AFTER),
        presence.left_pages,
    ),
)
KINDS_OF_WORK = (
    Kind(
        "notices",
        _("Notices"),
        _("the notice"),
        days_of("NOTICE_DAYS"),
        older_than(Notice.objects.all, "at", "NOTICE_DAYS"),
        ("NOTICE_DAYS",),
    ),
    Kind(
        "claims",
        _("Claims that ended"),
        _("the end of the claim"),
        days_of("NOTICE_DAYS"),
        older_than(Claim.objects.all, "ended_at", "NOTICE_DAYS"),
        ("NOTICE_DAYS",),
    ),
    Kind(
        "follow-ups",
        _("Reminders that are done"),
        _("when it was done"),
        days_of("NOTICE_DAYS"),
        older_than(FollowUp.objects.all, "done_at", "NOTICE_DAYS"),
        ("NOTICE_DAYS",),
    ),
    Kind(
        "bulk taggings",
        _("Bulk taggings"),
        _("when it was started; drafts go after a day"),
        days_of("BULK_TAGGING_DAYS"),
        _old_bulk_taggings,
        ("BULK_TAGGING_DAYS",),
    ),
    Kind(
        "taggings of old actions",
        _("Changed tags, for undoing the changes"),
        _("the change"),
        UNDOABLE_FOR,
        old_rows,
    ),
    Kind(
        "old changes of tags",
        _("Changes of the tags of single returns"),
        _("the change"),
        UNDOABLE_FOR,
        old_single_changes,
    ),
    Kind(
        "deleted entries",
        _("Deleted views, rules and deadlines"),
        _("when it was deleted"),
        fixed_period(RESTORABLE),
        expired,
    ),
    # Each event has a copy of its context, so these are needed only while they are being written.
    Kind(
        "contexts of events",
        _("Notes for the timeline, which it has copied"),
        _("when it was written"),
        days_of("CONTEXT_DAYS"),
        older_than(Context.objects.all, "updated_at", "CONTEXT_DAYS"),
        ("CONTEXT_DAYS",),
    ),
    Kind(
        "heartbeats",
        _("Signs of life of background work"),
        _("when it was last seen"),
        fixed_period(HEARTBEAT_RETENTION),
        lambda now: Heartbeat.objects.filter(seen_at__lt=now - HEARTBEAT_RETENTION),
    ),
    Kind(
        "changes for open pages",
        _("Changes, for pages that are open"),
        _("the change"),
        fixed_period(changes.CHANGES_KEPT_FOR),
        changes.forgettable_changes,
    ),
)
