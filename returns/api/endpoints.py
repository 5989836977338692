"""The endpoints of the API. Operation ids in the OpenAPI document contain the functions' names."""

from typing import Any

from django.http import HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security.base import AuthBase

from returns.api import orders, payloads, tagging
from returns.api.authentication import ApiRequest, require_scope
from returns.api.errors import ApiError
from returns.api.feed import import_orders, import_records
from returns.api.order_schemas import ORDERS_BODY, OrdersTaken, PageOfOrders, SalesOrderSaid
from returns.api.responses import json_response
from returns.api.schemas import (
    FEED_BODY,
    FeedTaken,
    PageOfReturns,
    PageOfReturnsWithLineItems,
    PageOfTaggedReturns,
    ReturnWithLineItems,
    TagsReplaced,
    TagsWanted,
    Vocabulary,
)
from returns.feed.serializers import serialize_detail
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


@api.get("/Returns", response=PageOfReturns, url_name="returns", **RETURNS_OPERATION)
def list_returns(request: ApiRequest) -> HttpResponse:
    """List returns. All parameters apply together."""
    return json_response(payloads.returns_page(request.GET))


@api.get(
    "/Returns/GetReturnsWithTag",
    response=PageOfTaggedReturns,
    url_name="returns-with-tag",
    **RETURNS_OPERATION,
)
def list_returns_with_tag(request: ApiRequest) -> HttpResponse:
    """List returns, each with the names of its tags."""
    return json_response(payloads.tagged_returns_page(request.GET))


@api.get(
    "/Returns/returnsWithLineItems",
    response=PageOfReturnsWithLineItems,
    url_name="returns-with-line-items",
    **RETURNS_OPERATION,
)
def list_returns_with_line_items(request: ApiRequest) -> HttpResponse:
    """List returns, each with what is in its parcel. The parameters are those of `Returns`."""
    return json_response(payloads.detailed_returns_page(request.GET))


@api.patch(
    "/Returns/UpdateReturnTag",
    response=TagsReplaced,
    url_name="update-return-tag",
    auth=Token(Scope.TAGS),
    tags=["Tags"],
    by_alias=True,
)
def update_return_tag(request: ApiRequest, body: TagsWanted) -> HttpResponse:
    """Replace all tags of a return.

    Of two tags of an exclusive group, the higher-ranked one is kept. Sending the same request again
    changes nothing. The change can be undone in the tag history for 30 days.
    """
    token = require_scope(request, Scope.TAGS)
    return json_response(tagging.update_return_tag(body.reference_number, body.tag, token))


@api.get(
    "/Returns/{path:reference}",
    response=ReturnWithLineItems,
    url_name="return",
    **RETURNS_OPERATION,
)
def get_return(request: ApiRequest, reference: str) -> HttpResponse:  # noqa: ARG001
    """Get one return and its line items by its reference, which must be percent-encoded."""
    return_ = payloads.find_return(reference)
    if return_ is None:
        raise ApiError(404, "not_found", "There is no return with this reference.")
    return json_response(serialize_detail(return_))


ORDERS_OPERATION: dict[str, Any] = RETURNS_OPERATION | {"tags": ["Orders"]}


@api.get("/SalesOrders", response=PageOfOrders, url_name="orders", **ORDERS_OPERATION)
def list_orders(request: ApiRequest) -> HttpResponse:
    """List the stored orders of returns, without their shoppers."""
    return json_response(orders.orders_page(request.GET))


@api.get(
    "/SalesOrders/{path:reference}", response=SalesOrderSaid, url_name="order", **ORDERS_OPERATION
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
