"""Records for tests: each factory states only what matters to the test."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group, User
from django.utils import timezone

from returns.models import Carrier, CarrierSpelling, Comment, LineItem, Return, ReturnTag, State
from tags.models import Tag, TagGroup

_numbers = count(1)


def make_return(reference: str = "", **fields: Any) -> Return:
    """Save a return; ``state`` fills the times that it needs, one hour apart."""
    record = _return(reference, **fields)
    record.save(force_insert=True)
    return record


def make_returns(rows: Iterable[dict[str, Any]]) -> list[Return]:
    """Save many returns in one statement, each with the arguments of ``make_return``."""
    return Return.objects.bulk_create([_return(**row) for row in rows])


def _return(reference: str = "", **fields: Any) -> Return:
    number = next(_numbers)
    created = fields.pop("created_at", None) or timezone.now() - timedelta(days=1)
    state = fields.pop("state", State.CREATED)
    values = {
        "return_reference_number": reference or f"Return-{90000 + number}",
        "sales_order_reference_number": f"RSO{2000000 + number}",
        "tracking_id": f"73400{number:08}",
        "state": state,
        "created_at": created,
        "updated_at": created,
        **_times(state, created),
        **fields,
    }
    return Return(**values)


def _times(state: str, created: datetime) -> dict[str, datetime]:
    arrived = {"arrived_to_warehouse_at": created + timedelta(hours=1)}
    if state == State.CREATED:
        return {}
    if state == State.ARRIVED:
        return arrived
    return arrived | {"completed_at": created + timedelta(hours=2)}


def make_carrier(name: str, *spellings: str, address: str = "") -> Carrier:
    """Save a carrier, also one that a form would refuse."""
    carrier = Carrier.objects.create(name=name, tracking_address=address)
    for text in spellings:
        CarrierSpelling.objects.create(carrier=carrier, text=text)
    return carrier


def line_item(
    reference: str = "L-1", sku: str = "MUG", state: str = "Undamaged", **more: Any
) -> list:
    """Return a line item as ``Return.line_items`` has it; ``more`` are fields of ``LineItem``."""
    line = LineItem(reference, sku, state=state)._replace(**more)
    return list(line)


def make_tag(name: str, group: str = "Unsorted", exclusive: bool = False) -> Tag:
    """Return the tag of this name, made in the group when it is not there."""
    if found := Tag.objects.filter(name=name).first():
        return found
    tag_group, _ = TagGroup.objects.get_or_create(name=group, defaults={"exclusive": exclusive})
    return Tag.objects.create(name=name, group=tag_group, slot=tag_group.slot)


def put_tag(record: Return, name: str, by: Any = None) -> ReturnTag:
    """Tag a return past the tagging rules, straight into the table."""
    tagging = _tagging(record, make_tag(name), by)
    tagging.save(force_insert=True)
    return tagging


def put_tags(tagged: Iterable[tuple[Return, str]], by: Any = None) -> list[ReturnTag]:
    """Tag many returns, each with the tag of the name beside it, as ``put_tag`` does."""
    pairs = list(tagged)
    tags = {name: make_tag(name) for name in dict.fromkeys(name for _, name in pairs)}
    taggings = [_tagging(record, tags[name], by) for record, name in pairs]
    return ReturnTag.objects.bulk_create(taggings)


def _tagging(record: Return, tag: Tag, by: Any) -> ReturnTag:
    return ReturnTag(
        entity=record,
        entity_created_at=record.created_at,
        tag=tag,
        slot=tag.slot,
        tagged_by=by,
    )


def make_person(name: str, role: str | None = None, **fields: Any) -> User:
    """Make a person with a role, password ``secret-parcel``."""
    person = User.objects.create_user(name, password="secret-parcel", **fields)
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person


def make_comment(record: Return, author: Any, text: str = "The shopper called.") -> Comment:
    """Save a comment."""
    return Comment.objects.create(record=record, author=author, text=text, token=uuid4())
