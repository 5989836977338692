"""Importing the records that a program pushes."""

from collections.abc import Callable
from typing import Any

from config.concurrency import large_input
from returns.api.authentication import ApiRequest, require_scope
from returns.api.errors import ApiError, ErrorDetail, InvalidRequest
from returns.feed.orders.push import push_orders
from returns.feed.push import MAX_PUSH_BYTES, InvalidBodyError, TooMuchError, push
from returns.models import ApiToken, Scope

TOO_LARGE = "The body is larger than 5 MB. Send the records in several calls."


def import_records(request: ApiRequest) -> dict[str, Any]:
    """Import the returns in the body and return the result of each, ready for JSON.

    Raises ``InvalidRequest`` if the body is not a feed, ``ApiError`` if it is too large, has too
    many records, or the token lacks the scope, and ``TooManyAtOnceError``. Nothing is written then.
    """
    return _import(request, lambda body, token: push(body, f"{token.name} ({token.start}…)"))


def import_orders(request: ApiRequest) -> dict[str, Any]:
    """Import the orders in the body, as ``import_records`` does returns."""
    return _import(request, lambda body, _: push_orders(body))


def _import(
    request: ApiRequest, push_body: Callable[[bytes, ApiToken], dict[str, Any]]
) -> dict[str, Any]:
    token = require_scope(request, Scope.FEED)
    body = request.read(MAX_PUSH_BYTES + 1)
    if len(body) > MAX_PUSH_BYTES:
        raise ApiError(413, "too_large", TOO_LARGE)
    try:
        with large_input(len(body)):
            return push_body(body, token)
    except TooMuchError as error:
        message = f"The body has {error}. Send the records in several calls."
        raise ApiError(413, "too_many", message) from error
    except InvalidBodyError as error:
        raise InvalidRequest(ErrorDetail("", f"The body: {error}", "not_a_feed")) from error
