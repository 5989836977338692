"""What went wrong with a call, as the refusal that is answered."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from ninja.errors import HttpError, ValidationError
from psycopg.errors import QueryCanceled

from returns.api.call import ApiRequest
from returns.api.mistakes import Mistake, NotUnderstood
from returns.api.properties import instead_of, shown
from returns.api.refusals import Refusal

READ_ONLY = (
    "A return cannot be created or changed here: it is the warehouse system's own. Its records "
    "come in by POST /openapi/v1/feed. Tags are changed by PATCH "
    "/openapi/v1/Returns/UpdateReturnTag."
)
NO_PATH = "There is no such address. /openapi/v1/docs lists those there are."
TOOK_TOO_LONG = "This took too long and was given up; nothing was changed. Ask for less at once."
FAILED = "This failed on our side. Tell an admin the requestId."
NOT_JSON = "The body is no JSON."


def refusal_of(error: Exception) -> Refusal:
    """Return what is answered to a call that ended so."""
    match error:
        case Refusal():
            return error
        case NotUnderstood():
            return not_understood(error.mistakes)
        case ValidationError():
            return not_understood(map(_mistake, error.errors))
        case Http404():
            return Refusal(404, "not_found", NO_PATH)
        case RequestDataTooBig():
            return Refusal(413, "too_large", "The body is too large.")
        # Of ninja only one is left: what the body held.
        case HttpError() | UnreadablePostError() | SuspiciousOperation():
            return _unreadable(error)
    if isinstance(error.__cause__, QueryCanceled):
        return Refusal(503, "took_too_long", TOOK_TOO_LONG)
    return Refusal(500, "failed", FAILED)


def not_understood(mistakes: Iterable[Mistake]) -> Refusal:
    """Return the refusal of a question with mistakes; its message is that of the first one."""
    found = list(mistakes)
    return Refusal(400, "not_understood", found[0].message, found)


def not_allowed(request: ApiRequest, allowed: str) -> Refusal:
    """Return the refusal of a method; of returns it says why, and where records go in."""
    methods = ", ".join(sorted(part.strip() for part in allowed.split(",")))
    message = f"{request.method} is not for this address, {methods} is."
    if "/Returns" in request.path_info and request.method in {"POST", "PUT", "PATCH", "DELETE"}:
        message = READ_ONLY
    return Refusal(405, "not_allowed", message, headers={"Allow": methods})


def _unreadable(error: Exception) -> Refusal:
    if isinstance(error, HttpError):
        return Refusal(400, "not_understood", NOT_JSON, [Mistake("", NOT_JSON, "not_json")])
    return Refusal(400, "not_understood", "The request cannot be read.")


def _mistake(error: Mapping[str, Any]) -> Mistake:
    """Return what pydantic found wrong in a body, in our words."""
    # After "body" and our own name of it.
    names = [part for part in error["loc"][2:] if isinstance(part, str)]
    name = shown(names[-1])[1:-1] if names else ""
    if error["type"] == "missing":
        return Mistake(name, f"{name or 'The body'} is missing.", "missing")
    if error["type"] == "extra_forbidden":
        known = instead_of(name, ("referenceNumber", "tag"))
        return Mistake(name, f"There is no {name} here.{known}", "unknown_property")
    return Mistake(name, f"{name or 'The body'}: {error['msg']}.", "bad_value")
