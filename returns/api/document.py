"""The OpenAPI document: what ninja knows of the endpoints, and what all of them have in common."""

import json
from functools import cache
from typing import Any

from django.conf import settings
from ninja.schema import NinjaGenerateJsonSchema

from returns.api.described import query_parameters
from returns.api.endpoints import api
from returns.api.schemas import Failure, TooManyCalls
from returns.models import Scope

Part = dict[str, Any]
BASE = "/openapi/v1"
REFERENCES = "#/components/schemas/{model}"
ASKED = ("/Returns", "/Returns/GetReturnsWithTag")
SCOPES = {
    ("/Returns/UpdateReturnTag", "patch"): Scope.TAGS,
    ("/feed", "post"): Scope.FEED,
}
CURL = 'curl -H "Authorization: Bearer $TOKEN"'
EXAMPLES = {
    "/Returns": f"{CURL} '[site]/Returns?state=Completed&createdAt=gte:2024-02-23&count=10'",
    "/Returns/GetReturnsWithTag": f"{CURL} '[site]/Returns/GetReturnsWithTag?tag=wrong-size'",
    "/Returns/{reference}": f"{CURL} '[site]/Returns/Return-14844'",
    "/Tags": f"{CURL} '[site]/Tags'",
    "/Returns/UpdateReturnTag": f"{CURL} -X PATCH -d "
    """'{"referenceNumber": "Return-14844", "tag": "wrong-size, apparel"}' """
    "'[site]/Returns/UpdateReturnTag'",
    "/feed": f"{CURL} -X POST -d "
    """'{"items": [{"returnReferenceNumber": "Return-1", "state": "ReturnCreated", """
    """"createdAt": "2026-01-05T09:30:00Z", "updatedAt": "2026-01-05T09:30:00Z"}]}' """
    "'[site]/feed'",
}
# Of every answer but one to a program that is not known.
CALLS = {
    "x-remaining-calls": "How many calls this token may still make within the minute.",
    "x-retry-after": "How many seconds to wait with the next call; 0 while some remain.",
}
ALWAYS = {"X-Request-Id": "What an admin finds this call by in the server's log."}
KEPT = {"ETag": "What to send as If-None-Match, to get 304 while nothing has changed."}
FAILURES = {
    400: "Not understood: `errors` says of each part what is wrong.",
    401: "The token is missing, unknown, expired or revoked.",
    403: "The token lacks the scope, or X-Tenant-Id is wrong.",
    405: "Not a method of this address.",
    500: "Failed on the server's side.",
    503: "Took too long and was given up.",
}


@cache
def document() -> Part:
    """Return the document, as JSON can hold it."""
    made: Part = json.loads(json.dumps(api.get_openapi_schema(path_prefix=f"{BASE}/")))
    made["components"]["schemas"] |= _schemas(Failure, TooManyCalls)
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _complete(path.removeprefix(BASE), method, operation)
    return made


def _schemas(*models: Any) -> Part:
    found: Part = {}
    for model in models:
        schema = model.model_json_schema(
            ref_template=REFERENCES, schema_generator=NinjaGenerateJsonSchema, mode="serialization"
        )
        found |= schema.pop("$defs", {}) | {model.__name__: schema}
    return found


def _complete(path: str, method: str, operation: Part) -> None:
    scope = SCOPES.get((path, method), Scope.READ)
    operation["security"] = [{"Token": [scope.value]}]
    operation["parameters"] += query_parameters() if path in ASKED else []
    operation["parameters"].append(_tenant())
    operation["x-codeSamples"] = [{"lang": "Shell", "source": EXAMPLES[path]}]
    responses = {str(status): answer for status, answer in operation["responses"].items()}
    for answer in responses.values():
        answer["headers"] = _headers(ALWAYS | CALLS | (KEPT if method == "get" else {}))
    if method == "get":
        responses["304"] = {"description": "Nothing has changed since the answer of this ETag."}
    operation["responses"] = responses | _failures(path)


def _tenant() -> Part:
    return {
        "in": "header",
        "name": "X-Tenant-Id",
        "required": bool(settings.RETURNS_TENANT),
        "schema": {"type": "string"},
        "description": "The tenant whose returns these are; compared where the desk has one.",
    }


def _headers(described: dict[str, str]) -> Part:
    numbers = {"type": "integer", "minimum": 0}
    return {
        name: {
            "description": description,
            "schema": numbers if name in CALLS else {"type": "string"},
        }
        for name, description in described.items()
    }


def _failures(path: str) -> Part:
    found = {status: _failure(status, words, "Failure") for status, words in FAILURES.items()}
    if "{" in path or path == "/Returns/UpdateReturnTag":
        found[404] = _failure(404, "There is no such return.", "Failure")
    found[413] = _failure(413, "The body is too large.", "Failure")
    found[429] = _failure(429, "Too many calls within the minute.", "TooManyCalls")
    return {str(status): found[status] for status in sorted(found)}


def _failure(status: int, words: str, schema: str) -> Part:
    return {
        "description": words,
        "headers": _headers(ALWAYS | (CALLS if status not in (401, 500) else {})),
        "content": {"application/json": {"schema": {"$ref": REFERENCES.format(model=schema)}}},
    }
