"""The addresses of the API: each reads the call, asks one thing, answers."""

from typing import Any

from django.http import HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security.base import AuthBase

from returns.api.answers import json_answer
from returns.api.call import ApiRequest, need
from returns.api.feeding import take_body
from returns.api.reading import find_return, page_of, page_with_tags, said_vocabulary
from returns.api.refusals import Refusal
from returns.api.schemas import (
    FEED_BODY,
    FeedTaken,
    PageOfReturns,
    PageOfTaggedReturns,
    ReturnSaid,
    TagsReplaced,
    TagsWanted,
    Vocabulary,
)
from returns.api.serializers import written
from returns.api.tagging import replace
from returns.models import ApiToken, Scope

GUIDE = """The returns of the warehouse, for programs.

Send a token in the header Authorization, raw or after `Bearer `; an Admin makes one. Each token
may make so many calls a minute: every answer says how many remain in `x-remaining-calls`, and in
`x-retry-after` how many seconds to wait with the next one. A question that is not understood is
answered with 400, and names what is wrong with each part of it.
"""


class Token(AuthBase):
    """Lets calls pass whose token has a scope."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A token, after Bearer or raw."

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: Any) -> ApiToken:
        """Return the token. Raises ``Refusal`` when it lacks the scope."""
        return need(request, self.scope)


def _raise(_request: Any, error: Any) -> HttpResponse:
    raise error


api = NinjaAPI(
    title="Returns API",
    version="1",
    description=GUIDE,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
# The middleware answers all of them alike.
for kind in (Exception, HttpError, ValidationError):
    api.add_exception_handler(kind, _raise)

of_returns: dict[str, Any] = {"auth": Token(Scope.READ), "tags": ["Returns"], "by_alias": True}


@api.get("/Returns", response=PageOfReturns, url_name="returns", **of_returns)
def list_returns(request: ApiRequest) -> HttpResponse:
    """Find returns; everything that is said holds together."""
    return json_answer(page_of(request.GET))


@api.get(
    "/Returns/GetReturnsWithTag",
    response=PageOfTaggedReturns,
    url_name="returns-with-tag",
    **of_returns,
)
def list_returns_with_tag(request: ApiRequest) -> HttpResponse:
    """Find returns, each with the names of its tags."""
    return json_answer(page_with_tags(request.GET))


@api.patch(
    "/Returns/UpdateReturnTag",
    response=TagsReplaced,
    url_name="update-return-tag",
    auth=Token(Scope.TAGS),
    tags=["Tags"],
    by_alias=True,
)
def update_return_tag(request: ApiRequest, wanted: TagsWanted) -> HttpResponse:
    """Replace all tags of a return.

    Of two tags of an exclusive group the higher-ranked one is kept. What is so already is not
    touched, so that it may be sent again. The history can undo it for 30 days.
    """
    return json_answer(replace(wanted.reference_number, wanted.tag, need(request, Scope.TAGS)))


@api.get("/Returns/{path:reference}", response=ReturnSaid, url_name="return", **of_returns)
def get_return(request: ApiRequest, reference: str) -> HttpResponse:  # noqa: ARG001
    """Tell one return by its reference, percent-encoded, whatever characters it holds."""
    found = find_return(reference)
    if found is None:
        raise Refusal(404, "not_found", "There is no return of this reference.")
    return json_answer(written(found))


@api.get(
    "/Tags",
    response=Vocabulary,
    url_name="tags",
    auth=Token(Scope.READ),
    tags=["Tags"],
    by_alias=True,
)
def list_tags(request: ApiRequest) -> HttpResponse:  # noqa: ARG001
    """List the groups of tags, and what else each tag is called."""
    return json_answer(said_vocabulary())


@api.post(
    "/feed",
    response=FeedTaken,
    url_name="feed",
    auth=Token(Scope.FEED),
    tags=["Feed"],
    by_alias=True,
    openapi_extra=FEED_BODY,
)
def feed(request: ApiRequest) -> HttpResponse:
    """Bring records of returns: at most 5 MB of JSON, as the other addresses answer them.

    Each is answered for: created, updated, unchanged, or rejected with the reason. What is good
    goes in whatever the others are. The same may be sent again: it is unchanged then.
    """
    return json_answer(take_body(request))
