"""What the API answers to reading calls, as values that JSON has."""

from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from returns.api.asking import NOT_SAID, Answer, ask
from returns.api.dqb import is_storable
from returns.api.parameters import find_parameter
from returns.api.serializers import with_tag, written
from returns.models import Return
from tags.models import TagGroup
from tags.vocabulary import TagChip, chips, vocabulary

Said = dict[str, Any]


def find_return(reference: str) -> Return | None:
    """Return the return of exactly this reference; None when there is none."""
    if not is_storable(reference):
        return None
    return Return.objects.filter(return_reference_number=reference).defer(*NOT_SAID).first()


def page_of(params: QueryDict) -> Said:
    """Return the page of returns that is asked for. Raises ``NotUnderstood``."""
    return _page(ask(params, now=timezone.now()), written, params)


def page_with_tags(params: QueryDict) -> Said:
    """Return the same with the names of the tags of each. Raises ``NotUnderstood``."""
    answer, words = ask(params, now=timezone.now(), with_tag_ids=True), vocabulary()
    return _page(answer, lambda each: with_tag(each, map(str, chips(each.tag_ids, words))), params)


def _page(answer: Answer, say: Callable[[Return], Said], params: QueryDict) -> Said:
    said: Said = {
        "items": [say(each) for each in answer.returns],
        "count": answer.count,
        "offset": answer.offset,
        "dataSetCount": answer.data_set_count,
    }
    if any(find_parameter(name) == "cursor" for name in params):
        said["nextCursor"] = answer.next_cursor
    return said


def said_vocabulary() -> Said:
    """Return every group with its tags and their other names. Two queries."""
    words = list(vocabulary().values())
    groups = [
        {
            "name": group.name,
            "description": group.description,
            "exclusive": group.exclusive,
            "requiredWhen": group.required_when,
            "tags": [_tag(chip) for chip in words if chip.group_id == group.pk],
        }
        for group in TagGroup.objects.all()
    ]
    return {"items": groups}


def _tag(chip: TagChip) -> Said:
    return {
        "name": chip.name,
        "description": chip.description,
        "synonyms": list(chip.synonyms),
        "urgent": chip.raises,
        "retired": chip.retired,
    }
