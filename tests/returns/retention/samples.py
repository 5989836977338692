"""Rows of a chosen age, of each kind of data."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import User
from django.utils import timezone
from pghistory.models import Context

from returns.models import (
    AccessEvent,
    ApiToken,
    BrowserSession,
    Change,
    Claim,
    DeletedEntry,
    DeletedReturn,
    EventType,
    Export,
    FeedRun,
    FollowUp,
    Heartbeat,
    ItemRequest,
    Notice,
    OrderRequest,
    OutgoingEvent,
    Presence,
    RejectedRecord,
    Return,
    ReturnTag,
    RunChange,
    SalesOrder,
    Scan,
    TokenUse,
    Upload,
)
from tags import bulk
from tags.history import PART
from tags.models import BulkTagging, TagAction, TagActionRow
from tests.factories import make_comment, make_return, make_tag

OF_AXES = {"username": "agent", "http_accept": "", "path_info": ""}
DAY = timedelta(days=1)
_numbers = count(1)


def someone() -> User:
    return User.objects.get_or_create(username="someone")[0]


def completed(at: datetime, **fields: Any) -> Return:
    """Save a return that has been at rest since then."""
    return make_return(
        f"Old-{next(_numbers)}",
        state="Completed",
        created_at=at - DAY,
        completed_at=at,
        **{"updated_at": at, **fields},
    )


def add_notes(at: datetime) -> None:
    completed(at, notes="The shopper says that it does not fit.")


def add_comment(at: datetime) -> None:
    comment = make_comment(completed(timezone.now()), someone())
    type(comment).objects.filter(pk=comment.pk).update(created_at=at)


def add_change_of_facts(at: datetime) -> None:
    events: Any = Return.events.rel.related_model
    record = completed(timezone.now())
    event = events.objects.create(pgh_obj=record, pgh_label="changed", changes={"notes": []})
    events.objects.filter(pk=event.pk).update(pgh_created_at=at)


def add_tag_event(at: datetime, label: str = "tag.added", context: Any = None) -> Return:
    events: Any = ReturnTag.pgh_event_models["tag.added"]
    record, tag = completed(timezone.now()), make_tag("books")
    event = events.objects.create(entity=record, tag=tag, pgh_label=label, pgh_context=context)
    events.objects.filter(pk=event.pk).update(pgh_created_at=at)
    return record


def add_order(at: datetime, **fields: Any) -> SalesOrder:
    record = completed(at)
    values = {"hash_key": "key", "email_hash": "hash", "tracking_address": "https://x.example/1"}
    return SalesOrder.objects.create(
        reference=record.sales_order_reference_number,
        state="Shipped",
        ordered_at=at,
        updated_at=at,
        **values | fields,
    )


def add_trace(at: datetime) -> None:
    DeletedReturn.objects.create(
        reference="Gone", record_id=1, reason="twice", deleted_by=someone(), held={}, deleted_at=at
    )


def add_run(at: datetime, way: str = "file", **fields: Any) -> FeedRun:
    values = {"origin": "x.csv", "outcome": "done", "created": 1, "ended_at": at}
    return FeedRun.objects.create(way=way, began_at=at, **values | fields)


def add_push(at: datetime) -> None:
    add_run(at, "push", origin="shop")
    add_run(timezone.now(), "push", origin="shop")


def add_reject(at: datetime) -> None:
    RejectedRecord.objects.create(
        run=add_run(timezone.now()),
        digest=uuid4().hex,
        seen_at=at,
        is_record=True,
        place="1",
        field="state",
        reason="x",
        written="{}",
    )


def add_reject_of_old_run(at: datetime) -> None:
    add_reject(at)
    FeedRun.objects.filter(pk=RejectedRecord.objects.latest("pk").run_id).update(began_at=at)


def add_run_change(at: datetime) -> None:
    RunChange.objects.create(run=add_run(at), record_id=1, reference="x", after=uuid4())


def add_part(at: datetime) -> None:
    action = TagAction.objects.create(words=PART, done_at=at)
    add_run(at, tag_action=action)
    add_row_of(action, at)


def add_row_of(action: TagAction, at: datetime) -> None:
    fields = {"taggings": "returns.returntag", "entity_id": 1, "tag_id": 1, "added": True}
    TagActionRow.objects.create(action=action, tagged_at=at, **fields)


def add_upload(at: datetime) -> None:
    Upload.objects.create(by=someone(), name="x", content=b"", size=0, at=at)


def add_export(at: datetime) -> None:
    Export.objects.create(
        by=someone(),
        columns=[],
        name="x",
        total=0,
        status="done",
        ended_at=at,
        expires_at=at + DAY,
    )


def add_token_use(at: datetime) -> None:
    token, _ = ApiToken.objects.get_or_create(name="Shop", scopes=["read"], digest="x")
    TokenUse.objects.create(token=token, day=at.date(), address=f"10.0.0.{next(_numbers) % 256}")


def add_sign_in(at: datetime) -> None:
    row = AccessLog.objects.create(**OF_AXES)
    AccessLog.objects.filter(pk=row.pk).update(attempt_time=at)


def add_attempt(at: datetime) -> None:
    agent = str(next(_numbers))
    row = AccessAttempt.objects.create(**OF_AXES, user_agent=agent, failures_since_start=1)
    AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=at)


def add_context(at: datetime) -> None:
    key = UUID(int=next(_numbers))
    Context.objects.create(pk=key, metadata={})
    Context.objects.filter(pk=key).update(updated_at=at)


def add_bulk(at: datetime) -> None:
    draft = bulk.create_draft(ReturnTag, [1], [make_tag("books")], [], None)
    # A day after it was asked for, it is certainly over.
    BulkTagging.objects.filter(pk=draft.pk).update(status="done", asked_at=at - DAY)


def add_rows(at: datetime) -> None:
    add_row_of(TagAction.objects.create(words="Tagged", done_at=at), at)


def add_single_change(at: datetime) -> None:
    TagAction.objects.create(words="Added books", permission="x", done_at=at)


def add_presence(at: datetime) -> None:
    Presence.objects.create(record_id=1, person=someone(), seen_at=at)


def add_outgoing(at: datetime) -> None:
    OutgoingEvent.objects.create(type=EventType.CREATED, at=at, spread_at=at)


# How to add a row of a kind, and after how many days it goes with ``CHOSEN``.
CHOSEN = {
    "NOTES_DAYS": 200,
    "COMMENTS_DAYS": 100,
    "TIMELINE_DAYS": 150,
    "SHOPPER_DAYS": 120,
    "DELETED_DAYS": 60,
    "REJECTED_DAYS": 20,
    "NOTICE_DAYS": 40,
}


def add_notice(at: datetime) -> None:
    Notice.objects.create(person=someone(), kind="desk", text="Look", at=at)


def add_claim(at: datetime) -> None:
    record = completed(timezone.now())
    Claim.objects.create(
        record=record, person=someone(), since=at - DAY, ended_at=at, ended_how="back"
    )


def add_follow_up(at: datetime) -> None:
    record = completed(timezone.now())
    FollowUp.objects.create(
        record=record, person=someone(), moment="time", due_at=at - DAY, done_at=at
    )


MAKERS: dict[str, tuple[Callable[[datetime], Any], float]] = {
    "notes": (add_notes, 200),
    "comments": (add_comment, 100),
    "timeline": (add_change_of_facts, 150),
    "timeline of tags": (add_tag_event, 150),
    "shoppers": (add_order, 120),
    "deleted returns": (add_trace, 60),
    "rejected records": (add_reject, 20),
    "changes of feed runs": (add_run_change, 30),
    "taggings of feed runs": (add_part, 30),
    "feed runs": (add_run, 90),
    "uploads": (add_upload, 1),
    "exports": (add_export, 1),
    "outgoing events": (add_outgoing, 14),
    "old requests of orders": (
        lambda at: OrderRequest.objects.create(reference="x", requested_at=at),
        30,
    ),
    "old requests of line items": (
        lambda at: ItemRequest.objects.create(reference="x", requested_at=at),
        30,
    ),
    "access events": (lambda at: AccessEvent.objects.create(kind="exported", at=at), 90),
    "token uses": (add_token_use, 90),
    "sign-ins": (add_sign_in, 90),
    "wrong passwords": (add_attempt, 1),
    "sessions": (
        lambda at: BrowserSession.objects.create(session_key=uuid4().hex, expire_date=at),
        1,
    ),
    "notices": (add_notice, 40),
    "claims": (add_claim, 40),
    "follow-ups": (add_follow_up, 40),
    "scans": (
        lambda at: Scan.objects.create(person=someone(), text="1", verdict="unknown", at=at),
        30,
    ),
    "presences": (add_presence, 1 / 24),
    "bulk taggings": (add_bulk, 30),
    "taggings of old actions": (add_rows, 30),
    "old changes of tags": (add_single_change, 30),
    "deleted entries": (
        lambda at: DeletedEntry.objects.create(
            kind="returns.tagrule", name="x", held={}, deleted_at=at
        ),
        30,
    ),
    "contexts of events": (add_context, 7),
    "heartbeats": (
        lambda at: Heartbeat.objects.create(loop="steps", host="x", pid=1, seen_at=at),
        1,
    ),
    "changes for open pages": (lambda at: Change.objects.create(at=at), 1),
}
# These have no age: they go as soon as nobody needs them.
AGELESS = {"names of shoppers", "orders without returns"}
