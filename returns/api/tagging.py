"""Replacing the tags of a return, as a program asks for it."""

from typing import Any

from returns.api.mistakes import Mistake, NotUnderstood
from returns.api.reading import find_return
from returns.api.refusals import Refusal
from returns.feed.records import tag_names
from returns.models import ApiToken, ReturnTag
from tags.replacing import replace_tags
from tags.vocabulary import VocabularyError

MOST_TAGS = 50


def replace(reference: str, text: str, token: ApiToken) -> dict[str, Any]:
    """Let a return have the tags that a text names, parted by commas; say what changed.

    Raises ``Refusal`` when there is no such return, ``NotUnderstood`` for a name that no tag can
    have.
    """
    names = tag_names(text)
    if len(names) > MOST_TAGS:
        message = f"tag: at most {MOST_TAGS} tags at once; these are {len(names)}."
        raise NotUnderstood(Mistake("tag", message, "too_many"))
    record = find_return(reference)
    if record is None:
        raise Refusal(404, "not_found", "There is no return of this reference.")
    try:
        done = replace_tags(ReturnTag, record.pk, names, program=f"the API token “{token.name}”")
    except VocabularyError as error:
        raise NotUnderstood(Mistake("tag", f"tag: {error.messages[0]}", "bad_name")) from error
    return {
        "referenceNumber": reference,
        "tag": ",".join(done.tags),
        "added": done.added,
        "removed": done.removed,
        "givenWay": [{"tag": tag, "kept": kept} for tag, kept in done.given_way.items()],
    }
