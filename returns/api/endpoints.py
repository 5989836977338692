"""The endpoints of the API. Clients that are generated call their methods by the operation ids."""

from typing import Any

from django.http import HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security.base import AuthBase

from returns.api import orders, payloads, tag_changes, tagging
from returns.api.authentication import ApiRequest, require_scope
from returns.api.errors import ApiError, ErrorDetail, InvalidRequest
from returns.api.feed import import_orders, import_records
from returns.api.feed_schemas import FEED_BODY, FeedTaken
from returns.api.field_parameters import parse_included
from returns.api.order_schemas import ORDERS_BODY, OrdersTaken, PageOfOrders, SalesOrderSaid
from returns.api.pages import list_response
from returns.api.responses import json_response
from returns.api.schemas import (
    PageOfReturns,
    PageOfReturnsWithLineItems,
    PageOfTaggedReturns,
    ReturnWithLineItems,
)
from returns.api.tag_schemas import (
    ManyTagsChanged,
    ManyTagsToChange,
    TagsReplaced,
    TagsToChange,
    TagsWanted,
    Vocabulary,
)
from returns.api.versions import IF_MATCH, read_versions, version_of, wanted_versions
from returns.models import ApiToken, Scope

DESCRIPTION = """The warehouse's returns, for programs.

Send a token in the Authorization header, raw or after `Bearer `; an administrator creates it. The
number of calls per minute and token is limited: every answer has the number of calls that remain
in `x-remaining-calls`, and the seconds to wait before the next call in `x-retry-after`. An invalid
request is answered with 400 and a list of everything that is wrong with it.
"""


class Token(AuthBase):
    """Lets calls through whose token has a scope."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A token, raw or after Bearer."

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: Any) -> ApiToken:
        """Return the token. Raises ``ApiError`` if it lacks the scope."""
        return require_scope(request, self.scope)


def _raise(_request: Any, error: Any) -> HttpResponse:
    raise error


api = NinjaAPI(
    title="Returns API",
    version="1",
    description=DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
# Raised again, because the middleware answers all exceptions in one way.
for kind in (Exception, HttpError, ValidationError):
    api.add_exception_handler(kind, _raise)

RETURNS_OPERATION: dict[str, Any] = {
    "auth": Token(Scope.READ),
    "tags": ["Returns"],
    "by_alias": True,
}
TAGS_OPERATION: dict[str, Any] = {
    "auth": Token(Scope.TAGS),
    "tags": ["Tags"],
    "by_alias": True,
}


@api.get(
    "/Returns",
    response=PageOfReturns,
    url_name="returns",
    operation_id="listReturns",
    **RETURNS_OPERATION,
)
def list_returns(request: ApiRequest) -> HttpResponse:
    """List returns. All parameters apply together."""
    return list_response(request, *payloads.returns_page(request.GET))


@api.get(
    "/Returns/GetReturnsWithTag",
    response=PageOfTaggedReturns,
    url_name="returns-with-tag",
    operation_id="listReturnsWithTags",
    **RETURNS_OPERATION,
)
def list_returns_with_tag(request: ApiRequest) -> HttpResponse:
    """List returns, each with the names of its tags."""
    return list_response(request, *payloads.tagged_returns_page(request.GET))


@api.get(
    "/Returns/returnsWithLineItems",
    response=PageOfReturnsWithLineItems,
    url_name="returns-with-line-items",
    operation_id="listReturnsWithLineItems",
    **RETURNS_OPERATION,
)
def list_returns_with_line_items(request: ApiRequest) -> HttpResponse:
    """List returns, each with what is in its parcel. The parameters are those of `Returns`."""
    return list_response(request, *payloads.detailed_returns_page(request.GET))


@api.patch(
    "/Returns/UpdateReturnTag",
    response=TagsReplaced,
    url_name="update-return-tag",
    operation_id="updateReturnTag",
    **TAGS_OPERATION,
)
def update_return_tag(request: ApiRequest, body: TagsWanted) -> HttpResponse:
    """Replace all tags of a return.

    Of two tags of an exclusive group, the higher-ranked one is kept. Sending the same request again
    changes nothing. The change can be undone in the tag history for 30 days.
    """
    token = require_scope(request, Scope.TAGS)
    versions = wanted_versions(request)
    done = tagging.update_return_tag(body.reference_number, body.tag, token, versions)
    return _tagged_response(done)


@api.patch(
    "/ReturnTags",
    response=TagsReplaced,
    url_name="return-tags",
    operation_id="changeReturnTags",
    **TAGS_OPERATION,
)
def change_return_tags(request: ApiRequest, body: TagsToChange) -> HttpResponse:
    """Add tags to a return and remove others; the rest stays.

    Sending the same request again changes nothing. The change can be undone in the tag history for
    30 days.
    """
    token = require_scope(request, Scope.TAGS)
    return _tagged_response(tag_changes.change_return_tags(body, token, wanted_versions(request)))


@api.patch(
    "/ReturnTags/batch",
    response=ManyTagsChanged,
    url_name="many-return-tags",
    operation_id="changeTagsOfReturns",
    **TAGS_OPERATION,
)
def change_many_tags(request: ApiRequest, body: ManyTagsToChange) -> HttpResponse:
    """Add and remove tags of up to 500 returns at once; each return has a result of its own.

    The returns that can be changed are changed together, as one action, which can be undone in the
    tag history for 30 days. Sending the same request again changes nothing.
    """
    token = require_scope(request, Scope.TAGS)
    if IF_MATCH in request.headers:
        message = "If-Match is for one return. Here, each entry has its own ifMatch."
        raise InvalidRequest(ErrorDetail(IF_MATCH, message, "not_here"))
    return json_response(tag_changes.change_many_tags(body, token))


def _tagged_response(done: tagging.TaggedPayload) -> HttpResponse:
    """Return the answer to a change of the tags of a return, with its ETag for the next change."""
    response = json_response(done.payload)
    response["ETag"] = read_versions([done.pk]).get(done.pk, "")
    return response


@api.get(
    "/Returns/{reference:reference}",
    response=ReturnWithLineItems,
    url_name="return",
    operation_id="getReturn",
    **RETURNS_OPERATION,
)
def get_return(request: ApiRequest, reference: str) -> HttpResponse:
    """Get one return and its line items by its reference, which must be percent-encoded.

    Send its ETag as If-Match with a change of its tags, to change them only if the return is still
    the same.
    """
    included = [
        value
        for name, values in request.GET.lists()
        if name.lower() == "include"
        for value in values
    ]
    with_tags = "tag" in parse_included(included)
    return_ = payloads.find_return(reference, with_tag_ids=with_tags)
    if return_ is None:
        raise ApiError(404, "not_found", "There is no return with this reference.")
    response = json_response(payloads.return_payload(return_, with_tags=with_tags))
    response["ETag"] = version_of(return_.pk, return_.last_change.changed_at)
    return response


ORDERS_OPERATION: dict[str, Any] = RETURNS_OPERATION | {"tags": ["Orders"]}


@api.get(
    "/SalesOrders",
    response=PageOfOrders,
    url_name="orders",
    operation_id="listOrders",
    **ORDERS_OPERATION,
)
def list_orders(request: ApiRequest) -> HttpResponse:
    """List the stored orders of returns, without their shoppers."""
    return list_response(request, *orders.orders_page(request.GET))


@api.get(
    "/SalesOrders/{reference:reference}",
    response=SalesOrderSaid,
    url_name="order",
    operation_id="getOrder",
    **ORDERS_OPERATION,
)
def get_order(request: ApiRequest, reference: str) -> HttpResponse:  # noqa: ARG001
    """Get one order by its reference, which must be percent-encoded."""
    order = orders.find_stored_order(reference)
    if order is None:
        raise ApiError(404, "not_found", "There is no order with this reference.")
    return json_response(orders.serialize_order(order))


@api.get(
    "/Tags",
    response=Vocabulary,
    url_name="tags",
    operation_id="listTags",
    auth=Token(Scope.READ),
    tags=["Tags"],
    by_alias=True,
)
def list_tags(request: ApiRequest) -> HttpResponse:  # noqa: ARG001
    """List the tag groups with their tags and synonyms."""
    return json_response(payloads.vocabulary_payload())


@api.post(
    "/feed",
    response=FeedTaken,
    url_name="feed",
    operation_id="sendReturns",
    auth=Token(Scope.FEED),
    tags=["Feed"],
    by_alias=True,
    openapi_extra=FEED_BODY,
)
def feed(request: ApiRequest) -> HttpResponse:
    """Import records of returns: at most 5 MB of JSON, with the fields that `Returns` answers.

    Each record is created, updated, unchanged, or rejected with the reasons. Valid records are
    imported even if others are rejected. Sending a record again leaves it unchanged.
    """
    return json_response(import_records(request))


@api.post(
    "/feed/orders",
    response=OrdersTaken,
    url_name="feed-orders",
    operation_id="sendOrders",
    auth=Token(Scope.FEED),
    tags=["Feed"],
    by_alias=True,
    openapi_extra=ORDERS_BODY,
)
def feed_orders(request: ApiRequest) -> HttpResponse:
    """Import orders of returns: at most 5 MB of JSON, with the fields of the WMS's `SalesOrders`.

    Each record is created, updated, unchanged, without a return (then it is not stored), or
    rejected with the reasons. E-mail addresses, phone numbers and customer numbers are not stored,
    only hashes of them. Sending a record again leaves it unchanged.
    """
    return json_response(import_orders(request))
