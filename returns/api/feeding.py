"""Records of returns that a program brings."""

from typing import Any

from returns.api.call import ApiRequest, need
from returns.api.mistakes import Mistake, NotUnderstood
from returns.api.refusals import Refusal
from returns.feed.push import MOST_BYTES, NotAFeedError, push
from returns.models import Scope

TOO_LARGE = "The body is larger than 5 MB. Send the records in several calls."


def take_body(request: ApiRequest) -> dict[str, Any]:
    """Write the records of a call's body, and say what became of each.

    Raises ``NotUnderstood`` and, for a body that is too large, ``Refusal``; nothing was written.
    """
    token = need(request, Scope.FEED)
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise Refusal(413, "too_large", TOO_LARGE)
    try:
        return push(body, f"{token.name} ({token.start}…)")
    except NotAFeedError as error:
        raise NotUnderstood(Mistake("", f"The body: {error}", "not_a_feed")) from error
