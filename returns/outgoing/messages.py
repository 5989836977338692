"""What messages say: the type, the time, and the return as the API answers it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from config.release import VERSION
from returns.feed.serializers import complete, format_time, serialize_detail
from returns.models import (
    TEST_TYPE,
    DamagedState,
    EventType,
    ItemState,
    LastChange,
    OccasionType,
    OutgoingEvent,
    Return,
    State,
)
from returns.models.line_items import LineItem
from returns.outgoing.signing import sign
from tags.vocabulary import chips, load_vocabulary

# Columns that no message shows.
COLUMNS_NOT_SENT = ("notes_key", "corrections", "feed_tags", "stamps")
EXAMPLE_AT = datetime(2026, 3, 2, 8, 15, 22, 510942, tzinfo=UTC)
EXAMPLE_TAG = "urgent-refund"
EXAMPLE_DETAILS: dict[str, dict[str, Any]] = {
    EventType.TAGGED: {"tag": EXAMPLE_TAG},
    EventType.UNTAGGED: {"tag": "quality-check-required"},
    EventType.COMMENT: {"comment": 4711},
    EventType.SILENT: {"readAt": format_time(EXAMPLE_AT - timedelta(hours=1))},
    EventType.REJECTED: {"run": 812, "rejected": 3},
    OccasionType.COUNT: {"count": 51, "above": 50},
    OccasionType.TIMED: {"count": 12},
    OccasionType.RULE: {"rule": "Damaged on the way"},
    TEST_TYPE: {"test": True},
}
WITHOUT_RETURN = {
    *(EventType.SILENT.value, EventType.REJECTED.value, TEST_TYPE),
    *(OccasionType.COUNT.value, OccasionType.TIMED.value),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A type of event, what it means, and a message as it is sent."""

    type: EventType | OccasionType
    body: str

    @property
    def has_return(self) -> bool:
        """Tell whether it is about a return, so that a filter decides."""
        return self.type.value not in WITHOUT_RETURN


def read_returns(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return what the API says about these returns, with their tags, by id. Two queries."""
    vocabulary = load_vocabulary()
    rows = Return.objects.among(ids).select_related("last_change").defer(*COLUMNS_NOT_SENT)
    return {
        row.pk: complete(
            serialize_detail(row), row, (chip.name for chip in chips(row.tag_ids, vocabulary))
        )
        for row in rows.with_tag_ids()
    }


def render(event: OutgoingEvent, record: Mapping[str, Any] | None) -> str:
    """Return the body of the messages about an event; ``record`` is its return, if it has one."""
    body: dict[str, Any] = {"type": event.type, "timestamp": format_time(event.at)}
    if record is None:
        body["data"] = event.details
    else:
        body["data"] = record
        if event.details:
            body["details"] = event.details
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def headers_of(
    event: OutgoingEvent, secrets: list[str], now: datetime, body: bytes
) -> dict[str, str]:
    """Return the headers of a message; those of a later attempt differ in the time alone."""
    message_id, timestamp = str(event.message_id), int(now.timestamp())
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"returns-desk/{VERSION}",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": sign(secrets, message_id, timestamp, body),
    }


def example_event(type_: str) -> OutgoingEvent:
    """Return an event of a type with what an example says; it is not saved."""
    return OutgoingEvent(type=type_, details=EXAMPLE_DETAILS.get(type_, {}), at=EXAMPLE_AT)


def example_body(event: OutgoingEvent) -> str:
    """Return the body of an event that has just happened to a return that does not exist."""
    if event.type in WITHOUT_RETURN:
        return render(event, None)
    record = _example_return()
    return render(event, complete(serialize_detail(record), record, [EXAMPLE_TAG]))


def examples() -> list[Example]:
    """Return each type of event with a message, laid out for reading."""
    return [
        Example(type_, json.dumps(json.loads(example_body(example_event(type_))), indent=2))
        for type_ in (*EventType, *OccasionType)
    ]


def _example_return() -> Return:
    item = LineItem(
        "L-1", "MUG-BLUE", state=ItemState.DAMAGED, damaged_state=DamagedState.IN_WAREHOUSE
    )
    record = Return(
        return_reference_number="Return-14844",
        sales_order_reference_number="RSO2000001",
        tracking_id="7340000001",
        state=State.ARRIVED,
        cargo_carrier="DHL",
        sales_order_channel="Web shop",
        notes="The box was damaged.",
        created_at=EXAMPLE_AT - timedelta(microseconds=56),
        updated_at=EXAMPLE_AT,
        arrived_to_warehouse_at=EXAMPLE_AT,
        line_items=[list(item)],
    )
    record.last_change = LastChange(changed_at=EXAMPLE_AT)
    return record
