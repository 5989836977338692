"""What read calls answer, as values that JSON can hold."""

from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from returns.api.parameters import find_parameter
from returns.api.query import FIELDS_NOT_SENT, ResultPage, run_query
from returns.api.values import is_storable
from returns.feed.serializers import serialize_detail, serialize_return, serialize_tagged_return
from returns.models import Return
from tags.models import TagGroup
from tags.vocabulary import TagChip, chips, load_vocabulary

Payload = dict[str, Any]


def find_return(reference: str) -> Return | None:
    """Return the return with exactly this reference, or None."""
    if not is_storable(reference):
        return None
    matches = Return.objects.filter(return_reference_number=reference)
    return matches.defer(*FIELDS_NOT_SENT).first()


def returns_page(params: QueryDict) -> Payload:
    """Return a page of returns. Raises ``InvalidRequest``."""
    return _page(run_query(params, now=timezone.now()), serialize_return, params)


def detailed_returns_page(params: QueryDict) -> Payload:
    """Return a page of returns with their line items. Raises ``InvalidRequest``."""
    page = run_query(params, now=timezone.now(), with_items=True)
    return _page(page, serialize_detail, params)


def tagged_returns_page(params: QueryDict) -> Payload:
    """Return a page of returns with the names of their tags. Raises ``InvalidRequest``."""
    page = run_query(params, now=timezone.now(), with_tag_ids=True)
    tags = load_vocabulary()

    def serialize(return_: Return) -> Payload:
        names = (tag.name for tag in chips(return_.tag_ids, tags))
        return serialize_tagged_return(return_, names)

    return _page(page, serialize, params)


def _page(page: ResultPage, serialize: Callable[[Return], Payload], params: QueryDict) -> Payload:
    payload: Payload = {
        "items": [serialize(each) for each in page.returns],
        "count": page.count,
        "offset": page.offset,
        "dataSetCount": page.data_set_count,
    }
    if any(find_parameter(name) == "cursor" for name in params):
        payload["nextCursor"] = page.next_cursor
    return payload


def vocabulary_payload() -> Payload:
    """Return all groups with their tags and synonyms, in order. Two queries."""
    tags = list(load_vocabulary().values())
    groups = [
        {
            "name": group.name,
            "description": group.description,
            "exclusive": group.exclusive,
            "requiredWhen": group.required_when,
            "tags": [_tag(chip) for chip in tags if chip.group_id == group.pk],
        }
        for group in TagGroup.objects.all()
    ]
    return {"items": groups}


def _tag(chip: TagChip) -> Payload:
    return {
        "name": chip.name,
        "description": chip.description,
        "synonyms": list(chip.synonyms),
        "urgent": chip.raises,
        "retired": chip.retired,
    }
