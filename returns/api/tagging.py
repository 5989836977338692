"""Replacing the tags of a return for a program."""

from typing import Any, NamedTuple

from returns.api.errors import ApiError, ErrorDetail, InvalidRequest
from returns.api.payloads import find_return
from returns.api.versions import check_version
from returns.feed.records import split_tags
from returns.models import ApiToken, ReturnTag
from tags.changing import Changed
from tags.replacing import Replacement, replace_tags
from tags.tagging import TooManyTagsError
from tags.vocabulary import VocabularyError

MAX_TAGS_PER_UPDATE = 50


class TaggedPayload(NamedTuple):
    """What a call that changed the tags of a return answers, and the return's id."""

    pk: int
    payload: dict[str, Any]


def update_return_tag(
    reference: str, names_text: str, token: ApiToken, versions: list[str] | None = None
) -> TaggedPayload:
    """Replace all tags of a return and return what changed, ready for JSON.

    ``names_text`` has names or synonyms of tags, separated by commas. ``versions`` are the ETags of
    which the return must have one, if any are given. Raises ``ApiError`` if there is no such return
    or it has another version, and ``InvalidRequest`` for too many names or one that no tag can
    have.
    """
    names = split_tags(names_text)
    if len(names) > MAX_TAGS_PER_UPDATE:
        message = f"tag: at most {MAX_TAGS_PER_UPDATE} tags are allowed, not {len(names)}."
        raise InvalidRequest(ErrorDetail("tag", message, "too_many"))
    record = find_return(reference)
    if record is None:
        raise ApiError(404, "not_found", "There is no return with this reference.")
    try:
        result = replace_tags(
            ReturnTag,
            record.pk,
            names,
            program=program_of(token),
            check=lambda: check_version(versions, record.pk),
        )
    except TooManyTagsError as error:
        raise InvalidRequest(ErrorDetail("tag", f"tag: {error.messages[0]}", "too_many")) from error
    except VocabularyError as error:
        raise InvalidRequest(ErrorDetail("tag", f"tag: {error.messages[0]}", "bad_name")) from error
    return TaggedPayload(record.pk, tags_payload(reference, result))


def program_of(token: ApiToken) -> str:
    """Return what timelines and the history call a token."""
    return f"the API token “{token.name}”"


def tags_payload(reference: str, result: Replacement | Changed) -> dict[str, Any]:
    """Return the tags of a return, and what changed, ready for JSON."""
    return {
        "referenceNumber": reference,
        "tag": ",".join(result.tags),
        "added": result.added,
        "removed": result.removed,
        "givenWay": [{"tag": tag, "kept": kept} for tag, kept in result.given_way.items()],
    }
