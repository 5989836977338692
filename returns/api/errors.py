"""Errors of the API, and the answers that exceptions turn into."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, UnreadablePostError
from ninja.errors import HttpError, ValidationError
from psycopg.errors import QueryCanceled

from config.concurrency import ServerBusyError, TooManyAtOnceError
from config.errors import is_database_away, is_disk_full, is_unstorable, leave_read_only_server
from config.unreadable import UnreadableRequestError
from returns.api.properties import quote, suggest
from returns.database.time_limit import QueryTimeoutError

TOO_MANY_QUERIES_AT_ONCE = (
    "This token has {} dqb queries in progress (HEAVY_REQUESTS_AT_ONCE). Wait for their answers, "
    "then try again."
)
MAX_DETAILS = 100
READ_ONLY = (
    "Returns cannot be created or changed here: they belong to the warehouse system. Send records "
    "with POST /openapi/v1/feed. Change tags with PATCH /openapi/v1/Returns/UpdateReturnTag or "
    "PATCH /openapi/v1/ReturnTags."
)
NO_ENDPOINT = "There is no such endpoint. /openapi/v1/docs lists all of them."
TIMEOUT_MESSAGE = (
    "The request took too long and was stopped; nothing was changed. Ask for less at once."
)
UNAVAILABLE_MESSAGE = "The database cannot be reached at the moment. Try again in a few seconds."
DISK_FULL_MESSAGE = (
    "The server's disk is full, so nothing can be stored at the moment. Try again later."
)
UNSTORABLE_MESSAGE = "A text or number in this request cannot be searched for or stored."
READ_TIMEOUT_MESSAGE = (
    "Reading took longer than {} seconds (API_STATEMENT_LIMIT) and was stopped. Use fewer "
    "conditions, or conditions on times and whole values."
)
TOO_MANY_CALLS_AT_ONCE = (
    "This token has {} calls in progress (REQUESTS_AT_ONCE). Wait for their answers, then try "
    "again."
)
FAILURE_MESSAGE = "The server failed. Give the requestId to your administrator."
NOT_JSON = "The body is not valid JSON."
# What the bodies that are checked by schemas have.
BODY_NAMES = ("referenceNumber", "tag", "add", "remove", "ifMatch", "items")


@dataclass(frozen=True)
class ErrorDetail:
    """One thing that is wrong with a request.

    ``property`` is the parameter or field in the API's spelling, ``message`` is for people, and
    ``code`` is for programs.
    """

    property: str
    message: str
    code: str


class InvalidRequest(ValueError):  # noqa: N818 - the client's mistake, not a failure of ours
    """A request that cannot be answered; ``details`` has at least one entry."""

    def __init__(self, *details: ErrorDetail) -> None:
        """Store the details in the order in which they were found."""
        super().__init__("; ".join(detail.message for detail in details))
        self.details = list(details)


class ApiError(Exception):
    """An error answer: HTTP status, code for programs, message for people, details, headers."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Iterable[ErrorDetail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Store what the answer is made of."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.details = list(details)
        self.headers = dict(headers or {})


class TooManyCallsError(ApiError):
    """A token is over its limit of calls per minute; ``wait`` is in seconds."""

    def __init__(self, limit: int, wait: int) -> None:
        """Build the message and the Retry-After header."""
        message = f"More than {limit} calls in one minute. Try again in {wait} s."
        super().__init__(429, "too_many_calls", message, headers={"Retry-After": str(wait)})


def to_api_error(error: Exception) -> ApiError:
    """Return the error answer for any exception that ends a call."""
    match error:
        case ApiError():
            return error
        case InvalidRequest():
            return bad_request(error.details)
        case ValidationError():
            return bad_request(map(_body_error, error.errors))
        case Http404():
            return ApiError(404, "not_found", NO_ENDPOINT)
        case QueryTimeoutError():
            message = READ_TIMEOUT_MESSAGE.format(settings.API_STATEMENT_LIMIT)
            return ApiError(503, "took_too_long", message)
        case ServerBusyError():
            return ApiError(503, "unavailable", str(error), headers={"Retry-After": "5"})
        case TooManyAtOnceError():
            return ApiError(429, "too_many_at_once", str(error), headers={"Retry-After": "1"})
        case RequestDataTooBig():
            return ApiError(413, "too_large", "The body is too large.")
        # Ninja raises HttpError only for a body that is not JSON.
        case HttpError() | UnreadablePostError() | SuspiciousOperation() | BadRequest():
            return _unreadable(error)
    return _of_database(error) or ApiError(500, "failed", FAILURE_MESSAGE)


def _of_database(error: Exception) -> ApiError | None:
    """Return the error answer for an error of the database that is no bug."""
    if isinstance(error.__cause__, QueryCanceled):
        return ApiError(503, "took_too_long", TIMEOUT_MESSAGE)
    if is_database_away(error):
        leave_read_only_server(error)
        return ApiError(503, "unavailable", UNAVAILABLE_MESSAGE, headers={"Retry-After": "5"})
    if is_disk_full(error):
        return ApiError(503, "unavailable", DISK_FULL_MESSAGE, headers={"Retry-After": "60"})
    if is_unstorable(error):
        return ApiError(400, "not_understood", UNSTORABLE_MESSAGE)
    return None


def bad_request(details: Iterable[ErrorDetail]) -> ApiError:
    """Return a 400 with the first 100 of these details; its message is that of the first one."""
    details = list(islice(details, MAX_DETAILS))
    return ApiError(400, "not_understood", details[0].message, details)


def method_not_allowed(request: HttpRequest, allowed: str) -> ApiError:
    """Return a 405. For writes to returns its message points to the feed and to tagging."""
    methods = ", ".join(sorted(part.strip() for part in allowed.split(",")))
    message = f"{request.method} is not supported here. Supported: {methods}."
    if "/Returns" in request.path_info and request.method in {"POST", "PUT", "PATCH", "DELETE"}:
        message = READ_ONLY
    return ApiError(405, "not_allowed", message, headers={"Allow": methods})


def _unreadable(error: Exception) -> ApiError:
    if isinstance(error, HttpError):
        return ApiError(400, "not_understood", NOT_JSON, [ErrorDetail("", NOT_JSON, "not_json")])
    message = "The request cannot be read."
    if isinstance(error, UnreadableRequestError):
        message = str(error)
    return ApiError(400, "not_understood", message)


def _body_error(error: Mapping[str, Any]) -> ErrorDetail:
    """Return an error of Pydantic about the body in our own words."""
    # The location begins with "body" and the name of our parameter.
    place = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"][2:]
    )
    name = quote(place.removeprefix("."))[1:-1]
    if error["type"] == "missing":
        return ErrorDetail(name, f"{name or 'The body'} is missing.", "missing")
    if error["type"] == "extra_forbidden":
        suggestion = suggest(name.rpartition(".")[2], BODY_NAMES)
        return ErrorDetail(name, f"There is no {name} here.{suggestion}", "unknown_property")
    return ErrorDetail(name, f"{name or 'The body'}: {error['msg']}.", "bad_value")
