"""Everything that is stored about a shopper, as one JSON file; docs/privacy.md describes it.

The same data gives the same file. It has neither the hashes, by which other orders of a number
could be found, nor the names of colleagues.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import batched
from typing import Any

from returns.feed.item_parsing import line_item_payload
from returns.models import (
    Comment,
    DeletedReturn,
    Delivery,
    DeliveryStatus,
    Return,
    ReturnTag,
    SalesOrder,
)
from returns.models.facts import FACTS, Kind
from returns.models.line_items import to_line_items
from returns.privacy.scope import Scope

MAY_DOWNLOAD = "returns.view_shopper_data"
FILE_VERSION = 1
AT_ONCE = 200  # orders or returns whose belongings are read together
ORDER_FIELDS = {
    "reference": "referenceNumber",
    "channel": "salesChannel",
    "state": "state",
    "ordered_at": "orderedAt",
    "updated_at": "updatedAt",
    "shipped_at": "shippedAt",
    "delivered_at": "deliveredAt",
    "carrier": "carrier",
    "tracking_id": "trackingId",
    "tracking_address": "trackingAddress",
    "payment_option": "paymentOption",
    "total": "total",
    "currency": "currency",
    "shopper_name": "name",
}
ORDER_ITEM_FIELDS = ("sku", "name", "category", "barcodes", "quantity", "price", "currency")
type Part = dict[str, Any]


def file_chunks(scope: Scope) -> Iterator[str]:
    """Return the file in chunks, each of them read when it is needed."""
    yield f'{{"version": {FILE_VERSION},\n"orders": ['
    yield from _listed(_orders(scope.order_ids))
    yield '],\n"returns": ['
    yield from _listed(_returns(scope.return_ids))
    yield '],\n"deletedReturns": ['
    yield from _listed(_deleted(scope))
    yield "]}\n"


def _listed(parts: Iterable[Part]) -> Iterator[str]:
    for place, part in enumerate(parts):
        text = json.dumps(part, ensure_ascii=False, indent=1, default=_plain)
        yield f"{',' if place else ''}\n{text}"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"not JSON: {value!r}")


def _orders(ids: Sequence[int]) -> Iterator[Part]:
    for some in batched(ids, AT_ONCE):
        rows = SalesOrder.objects.filter(pk__in=some).order_by("pk").prefetch_related("items")
        for row in rows:
            items = [
                {name: getattr(item, name) for name in ORDER_ITEM_FIELDS}
                for item in row.items.all()
            ]
            facts = {label: getattr(row, name) for name, label in ORDER_FIELDS.items()}
            yield facts | {"lineItems": items}


def _returns(ids: Sequence[int]) -> Iterator[Part]:
    for some in batched(ids, AT_ONCE):
        tags, comments, changes = _tags(some), _comments(some), _changes(some)
        told = _told(some)
        for row in Return.objects.filter(pk__in=some).select_related("value").order_by("pk"):
            value = getattr(row, "value", None)
            yield {
                **_facts(row),
                "value": value and {"amount": value.amount, "currency": value.currency},
                "tags": tags[row.pk],
                "comments": comments[row.pk],
                "timeline": changes[row.pk],
                "told": told[row.pk],
                "redactedAt": row.redacted_at,
            }


def _facts(row: Return) -> Part:
    facts = {f.api_name: getattr(row, f.column) for f in FACTS if f.kind is not Kind.ITEMS}
    lines = to_line_items(row.line_items)
    return {
        **facts,
        "lineItems": lines and [line_item_payload(line) for line in lines],
        "otherFields": row.unknown_fields,
        "sentBeforeCorrection": row.corrections,
    }


def _tags(ids: Sequence[int]) -> dict[int, list[Part]]:
    tags = defaultdict[int, list[Part]](list)
    rows = ReturnTag.objects.filter(entity__in=ids).select_related("tag").order_by("pk")
    for row in rows:
        tags[row.entity_id].append({"tag": row.tag.name, "since": row.tagged_at})
    return tags


def _comments(ids: Sequence[int]) -> dict[int, list[Part]]:
    comments = defaultdict[int, list[Part]](list)
    rows = Comment.objects.filter(record__in=ids).prefetch_related("events")
    for row in rows.order_by("created_at", "pk"):
        earlier = sorted(row.events.all(), key=lambda event: event.pgh_id)
        comments[row.record_id].append(
            {
                "text": row.text,
                "writtenAt": row.created_at,
                "deletedAt": row.deleted_at,
                "redactedAt": row.redacted_at,
                "earlierTexts": [
                    {"text": each.text, "until": each.pgh_created_at} for each in earlier
                ],
            }
        )
    return comments


def _changes(ids: Sequence[int]) -> dict[int, list[Part]]:
    changes = defaultdict[int, list[Part]](list)
    model: Any = Return.events.rel.related_model  # type: ignore[attr-defined]
    for event in model.objects.filter(pgh_obj__in=ids).order_by("pgh_id"):
        part = {"at": event.pgh_created_at, "changes": event.changes}
        changes[event.pgh_obj_id].append(part)
    taggings: Any = ReturnTag
    tag_model = taggings.pgh_event_models["tag.added"]
    rows = tag_model.objects.filter(entity__in=ids).order_by("pgh_id")
    names = dict(rows.values_list("tag_id", "tag__name"))
    for event in rows:
        part = {
            "at": event.pgh_created_at,
            "change": event.pgh_label,
            "tag": names.get(event.tag_id),
        }
        changes[event.entity_id].append(part)
    for some in changes.values():
        some.sort(key=lambda part: part["at"])
    return changes


def _told(ids: Sequence[int]) -> dict[int, list[Part]]:
    """Return what was told about returns, and by which channel; as long as it is kept."""
    told = defaultdict[int, list[Part]](list)
    rows = Delivery.objects.filter(record_id__in=ids).exclude(record_id=0)
    rows = rows.select_related("event", "subscription")
    for row in rows.defer("event__body").order_by("pk"):
        told[row.record_id].append(
            {
                "event": row.event.type,
                "at": row.event.at,
                "by": row.subscription.channel,
                "sentAt": row.tried_at if row.status == DeliveryStatus.SENT else None,
            }
        )
    return told


def _deleted(scope: Scope) -> Iterator[Part]:
    by_reference = DeletedReturn.objects.filter(reference__in=scope.references)
    by_order = DeletedReturn.objects.filter(
        held__facts__sales_order_reference_number__in=scope.order_references
    )
    for trace in (by_reference | by_order).order_by("pk"):
        held = {name: value for name, value in trace.held.items() if name != "changes"}
        yield {
            "returnReferenceNumber": trace.reference,
            "deletedAt": trace.deleted_at,
            "facts": held.get("facts"),
            "tags": [tag.get("name") for tag in held.get("tags", ())],
            "comments": [
                {name: comment.get(name) for name in ("text", "created_at", "earlier_texts")}
                for comment in held.get("comments", ())
            ],
        }
