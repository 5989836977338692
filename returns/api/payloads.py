"""What read calls answer, as values that JSON can hold."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils import timezone

from returns.api.pages import Place
from returns.api.query import FIELDS_NOT_SENT, ResultPage, run_query
from returns.api.values import is_storable
from returns.feed.serializers import (
    complete,
    serialize_detail,
    serialize_return,
)
from returns.models import Return
from tags.models import TagGroup
from tags.vocabulary import TagChip, Vocabulary, chips, load_vocabulary

Payload = dict[str, Any]


class Page(NamedTuple):
    """What a list answers, and where the page lies."""

    payload: Payload
    place: Place


def find_return(reference: str, *, with_tag_ids: bool = False) -> Return | None:
    """Return the return with exactly this reference, or None. It has its last change."""
    if not is_storable(reference):
        return None
    matches = Return.objects.filter(return_reference_number=reference)
    if with_tag_ids:
        matches = matches.with_tag_ids()
    return matches.select_related("last_change").defer(*FIELDS_NOT_SENT).first()


def find_returns(references: Iterable[str]) -> dict[str, int]:
    """Return the ids of the returns with exactly these references, by their references."""
    storable = {reference for reference in references if is_storable(reference)}
    matches = Return.objects.filter(return_reference_number__in=storable)
    return dict(matches.values_list("return_reference_number", "pk"))


def return_payload(return_: Return, *, with_tags: bool) -> Payload:
    """Return a return with its line items, and the names of its tags if they are asked for."""
    vocabulary = load_vocabulary() if with_tags else None
    return _complete(serialize_detail(return_), return_, vocabulary)


def returns_page(params: QueryDict) -> Page:
    """Return a page of returns. Raises ``InvalidRequest``."""
    return _page(run_query(params, now=timezone.now()), serialize_return)


def detailed_returns_page(params: QueryDict) -> Page:
    """Return a page of returns with their line items. Raises ``InvalidRequest``."""
    page = run_query(params, now=timezone.now(), with_items=True)
    return _page(page, serialize_detail)


def tagged_returns_page(params: QueryDict) -> Page:
    """Return a page of returns with the names of their tags. Raises ``InvalidRequest``."""
    page = run_query(params, now=timezone.now(), with_tag_ids=True)
    return _page(page, serialize_return)


def _page(page: ResultPage, serialize: Callable[[Return], Payload]) -> Page:
    payload: Payload = {
        "items": [_complete(serialize(each), each, page.vocabulary) for each in page.returns],
        "count": page.count,
        "offset": page.offset,
        "dataSetCount": page.data_set_count,
    }
    if page.has_cursor:
        payload["nextCursor"] = page.next_cursor
    place = Place(
        *(len(page.returns), page.count, page.offset, page.data_set_count),
        *(page.next_cursor, page.has_cursor),
    )
    return Page(payload, place)


def _complete(fields: Payload, return_: Return, vocabulary: Vocabulary | None) -> Payload:
    """Return the fields of a return with what the desk itself knows of it."""
    if vocabulary is None:
        return complete(fields, return_)
    return complete(fields, return_, (tag.name for tag in chips(return_.tag_ids, vocabulary)))


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
