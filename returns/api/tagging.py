"""Replacing the tags of a return for a program."""

from typing import Any

from returns.api.errors import ApiError, ErrorDetail, InvalidRequest
from returns.api.payloads import find_return
from returns.feed.records import split_tags
from returns.models import ApiToken, ReturnTag
from tags.replacing import replace_tags
from tags.tagging import TooManyTagsError
from tags.vocabulary import VocabularyError

MAX_TAGS_PER_UPDATE = 50


def update_return_tag(reference: str, names_text: str, token: ApiToken) -> dict[str, Any]:
    """Replace all tags of a return and return what changed, ready for JSON.

    ``names_text`` has names or synonyms of tags, separated by commas. Raises ``ApiError`` if there
    is no such return, and ``InvalidRequest`` for too many names or one that a tag cannot have.
    """
    names = split_tags(names_text)
    if len(names) > MAX_TAGS_PER_UPDATE:
        message = f"tag: at most {MAX_TAGS_PER_UPDATE} tags are allowed, not {len(names)}."
        raise InvalidRequest(ErrorDetail("tag", message, "too_many"))
    record = find_return(reference)
    if record is None:
        raise ApiError(404, "not_found", "There is no return with this reference.")
    try:
        result = replace_tags(ReturnTag, record.pk, names, program=f"the API token “{token.name}”")
    except TooManyTagsError as error:
        raise InvalidRequest(ErrorDetail("tag", f"tag: {error.messages[0]}", "too_many")) from error
    except VocabularyError as error:
        raise InvalidRequest(ErrorDetail("tag", f"tag: {error.messages[0]}", "bad_name")) from error
    return {
        "referenceNumber": reference,
        "tag": ",".join(result.tags),
        "added": result.added,
        "removed": result.removed,
        "givenWay": [{"tag": tag, "kept": kept} for tag, kept in result.given_way.items()],
    }
