"""The OpenAPI document: what Ninja knows about the endpoints, and what all of them share."""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any, Literal

from django import forms
from django.conf import settings
from ninja.schema import NinjaGenerateJsonSchema

from returns.api import BASE_PATH
from returns.api.endpoints import api
from returns.api.feed_schemas import FeedRecord
from returns.api.field_parameters import INCLUDED, TEXT_PARAMETERS, TIME_PARAMETERS
from returns.api.order_schemas import FeedOrder
from returns.api.orders import ORDER_PARAMETERS
from returns.api.parameters import CHANGED_SORT, PARAMETERS
from returns.api.query_parsing import MAX_PAGE_SIZE
from returns.api.schemas import Failure, TooManyCalls
from returns.api.versions import IF_MATCH
from returns.api.webhooks import describe_webhooks
from returns.filters.declarations import REPEATABLE_PARAMETERS
from returns.filters.filterset import ReturnFilterSet
from returns.filters.sorting import SORT_COLUMNS
from returns.models import Scope, State

JsonObject = dict[str, Any]
SCHEMA_REFERENCE = "#/components/schemas/{model}"
# The query parameters of lists.
LIST_PARAMETERS = {
    "/Returns": PARAMETERS,
    "/Returns/GetReturnsWithTag": PARAMETERS,
    "/Returns/returnsWithLineItems": PARAMETERS,
    "/SalesOrders": ORDER_PARAMETERS,
    "/Returns/{reference}": {"include": PARAMETERS["include"]},
}
LISTS = LIST_PARAMETERS.keys() - {"/Returns/{reference}"}
PATH_PARAMETERS = {"reference": "The reference, percent-encoded, slashes included."}
IF_MATCH_PARAMETER = {
    "in": "header",
    "name": IF_MATCH,
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of an answer about the return: if it has changed since, nothing is "
    "changed, and the answer is 412. Several are separated by commas; `*` is any.",
}
# The scope of operations that need another one than ``read``.
SCOPES = {
    ("/Returns/UpdateReturnTag", "patch"): Scope.TAGS,
    ("/ReturnTags", "patch"): Scope.TAGS,
    ("/ReturnTags/batch", "patch"): Scope.TAGS,
    ("/feed", "post"): Scope.FEED,
    ("/feed/orders", "post"): Scope.FEED,
}
CURL = 'curl -H "Authorization: Bearer $TOKEN"'
OPERATION_EXAMPLES = {
    "/Returns": f"{CURL} '[site]/Returns?state=Completed&createdAt=gte:2024-02-23&count=10'",
    "/Returns/GetReturnsWithTag": f"{CURL} '[site]/Returns/GetReturnsWithTag?tag=wrong-size'",
    "/Returns/returnsWithLineItems": f"{CURL} "
    "'[site]/Returns/returnsWithLineItems?item=Damaged&count=10'",
    "/Returns/{reference}": f"{CURL} '[site]/Returns/Return-14844?include=tag'",
    "/SalesOrders": f"{CURL} '[site]/SalesOrders?dqb=o%3DEquals%26p%3DreferenceNumber%26v%3DRSO1'",
    "/SalesOrders/{reference}": f"{CURL} '[site]/SalesOrders/RSO100490909'",
    "/Tags": f"{CURL} '[site]/Tags'",
    "/Returns/UpdateReturnTag": f"{CURL} -X PATCH -d "
    """'{"referenceNumber": "Return-14844", "tag": "wrong-size, apparel"}' """
    "'[site]/Returns/UpdateReturnTag'",
    "/ReturnTags": f"{CURL} -X PATCH -d "
    """'{"referenceNumber": "Return-14844", "add": ["wrong-size"], "remove": ["books"]}' """
    "'[site]/ReturnTags'",
    "/ReturnTags/batch": f"{CURL} -X PATCH -d "
    """'{"items": [{"referenceNumber": "Return-14844", "add": ["wrong-size"]}, """
    """{"referenceNumber": "Return-2", "remove": ["books"]}]}' """
    "'[site]/ReturnTags/batch'",
    "/feed": f"{CURL} -X POST -d "
    """'{"items": [{"returnReferenceNumber": "Return-1", "state": "ReturnCreated", """
    """"createdAt": "2026-01-05T09:30:00Z", "updatedAt": "2026-01-05T09:30:00Z"}]}' """
    "'[site]/feed'",
    "/feed/orders": f"{CURL} -X POST -d "
    """'{"items": [{"referenceNumber": "RSO100490909", "state": "Delivered", """
    """"createdAt": "2026-01-05T09:30:00Z", "updatedAt": "2026-01-05T09:30:00Z"}]}' """
    "'[site]/feed/orders'",
}
PARAMETER_EXAMPLES = {
    "dqb": "o=Equals|OrElse&p=state&v=Completed&o=EndsWith&p=trackingId&v=0011",
    "createdAt": ["gte:2024-02-23", "lt:2024-03-01"],
    "updatedAt": ["gte:2024-02-23T11:11:29.046892Z"],
    "changedAt": ["gt:2024-02-23T11:11:29.046892Z"],
    "include": ["tag"],
    "salesOrderReferenceNumber": ["RSO100490909"],
    "state": ["Completed"],
    "count": MAX_PAGE_SIZE,
    "sort": "-updated",
    "tag": ["wrong-size"],
}
LARGEST_NUMBER = 999_999_999_999_999
# On every answer to a known token.
CALL_HEADERS = {
    "x-remaining-calls": "How many more calls this token can make within the minute.",
    "x-retry-after": "Seconds to wait before the next call; 0 while calls remain.",
}
# In the notation of the IETF's draft: structured fields.
LIMIT_HEADERS = {
    "RateLimit-Policy": "The limit on calls, its quota `q` and its window `w` in seconds.",
    "RateLimit": "What remains of the limit: `r` calls for the next `t` seconds.",
}
LINK_HEADER = {"Link": "The pages beside this one, by RFC 8288: rel next and prev."}
COMMON_HEADERS = {"X-Request-Id": "Identifies this call in the server's log."}
GET_HEADERS = {"ETag": "Send it as If-None-Match to get 304 while nothing has changed."}
# Writes that can be guarded, and what they answer for the next one.
GUARDED = {("/Returns/UpdateReturnTag", "patch"), ("/ReturnTags", "patch")}
GUARDED_HEADERS = {"ETag": "Send it as If-Match with the next change of this return's tags."}
FAILURES = {
    400: "Invalid request; `errors` lists everything that is wrong.",
    401: "The token is missing, unknown, expired or revoked.",
    403: "The token lacks the scope, or X-Tenant-Id is wrong.",
    405: "This path does not support the method.",
    500: "The server failed.",
    503: "The request took too long and was stopped.",
}


@cache
def build_document() -> JsonObject:
    """Return the OpenAPI document, as values that JSON can hold."""
    document: JsonObject = json.loads(
        json.dumps(api.get_openapi_schema(path_prefix=f"{BASE_PATH}/"))
    )
    schemas = document["components"]["schemas"]
    schemas |= _schemas(Failure, TooManyCalls, mode="serialization")
    schemas |= _schemas(FeedRecord, FeedOrder, mode="validation")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete_operation(path.removeprefix(BASE_PATH), method, operation)
    document["webhooks"] = describe_webhooks(SCHEMA_REFERENCE.format(model="ReturnWithLineItems"))
    return document


def _schemas(*models: Any, mode: Literal["serialization", "validation"]) -> JsonObject:
    schemas: JsonObject = {}
    for model in models:
        schema = model.model_json_schema(
            ref_template=SCHEMA_REFERENCE,
            schema_generator=NinjaGenerateJsonSchema,
            mode=mode,
        )
        schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
    return schemas


def _complete_operation(path: str, method: str, operation: JsonObject) -> None:
    """Add to an operation what Ninja does not know: scope, parameters, example, headers, errors."""
    scope = SCOPES.get((path, method), Scope.READ)
    operation["security"] = [{"Token": [scope.value]}]
    for each in operation["parameters"]:
        each["description"] = PATH_PARAMETERS[each["name"]]
    operation["parameters"] += _query_parameters(LIST_PARAMETERS.get(path, {}))
    if (path, method) in GUARDED:
        operation["parameters"].append(IF_MATCH_PARAMETER)
    operation["parameters"].append(_tenant_header())
    operation["x-codeSamples"] = [{"lang": "Shell", "source": OPERATION_EXAMPLES[path]}]
    responses = {str(status): answer for status, answer in operation["responses"].items()}
    for answer in responses.values():
        headers = COMMON_HEADERS | CALL_HEADERS | LIMIT_HEADERS
        headers |= GET_HEADERS if method == "get" else {}
        headers |= LINK_HEADER if path in LISTS else {}
        headers |= GUARDED_HEADERS if (path, method) in GUARDED else {}
        answer["headers"] = _headers(headers)
    if method == "get":
        responses["304"] = {"description": "Nothing has changed since the answer with this ETag."}
    operation["responses"] = responses | _failures(path, is_guarded=(path, method) in GUARDED)


# Parameters


def _query_parameters(parameters: Mapping[str, str]) -> list[JsonObject]:
    return [_query_parameter(name, description) for name, description in parameters.items()]


def _query_parameter(name: str, description: str) -> JsonObject:
    parameter: JsonObject = {
        "in": "query",
        "name": name,
        "required": False,
        "description": f"{description[0].upper()}{description[1:]}.",
        "schema": _parameter_schema(name),
    }
    one = parameter["schema"].get("items", parameter["schema"])
    if "enum" in one and name in ReturnFilterSet.base_filters:
        parameter["allowEmptyValue"] = True  # as the empty choice of a form: it filters nothing
    if name in PARAMETER_EXAMPLES and description == PARAMETERS[name]:
        parameter["example"] = PARAMETER_EXAMPLES[name]
    return parameter


def _parameter_schema(name: str) -> JsonObject:
    """Return the schema of a parameter's value; an array if it may be repeated."""
    if name in ("offset", "count"):
        return {"type": "integer", "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER}
    if name == "sort":
        names = [name for name, column in SORT_COLUMNS.items() if column.for_api]
        names.append(CHANGED_SORT)
        return {"type": "string", "enum": [sign + name for name in names for sign in ("", "-")]}
    if name == "include":
        return _array({"type": "string", "enum": list(INCLUDED)})
    if name in (*TEXT_PARAMETERS, *TIME_PARAMETERS):
        return _array({"type": "string", "minLength": 1})
    if name in ReturnFilterSet.base_filters:
        schema = _filter_schema(name)
        return _array(schema) if name in REPEATABLE_PARAMETERS else schema
    return {"type": "string"}


def _array(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items}


def _filter_schema(name: str) -> JsonObject:
    """Return the schema of a filter of the pages, from the limits of its form field."""
    if name == "state":
        return {"type": "string", "enum": State.values}
    # A copy, because a filter caches its field, and that of tags would keep its empty choices.
    field = deepcopy(ReturnFilterSet.base_filters[name]).field
    if isinstance(field, forms.DecimalField):
        limits = {"minimum": field.min_value, "maximum": field.max_value}
        number_type = "integer" if field.decimal_places == 0 else "number"
        return {"type": number_type} | {
            key: value for key, value in limits.items() if value is not None
        }
    choices = [value for value, _ in getattr(field, "choices", ()) if value]
    if choices:
        return {"type": "string", "enum": choices}
    max_length = getattr(field, "max_length", None)
    return {"type": "string"} | ({"maxLength": max_length} if max_length else {})


def _tenant_header() -> JsonObject:
    return {
        "in": "header",
        "name": "X-Tenant-Id",
        "required": bool(settings.RETURNS_TENANT),
        "schema": {"type": "string"},
        "description": "The tenant of the returns. Checked if the desk has one.",
    }


# Answers


def _headers(descriptions: dict[str, str]) -> JsonObject:
    number_schema = {"type": "integer", "minimum": 0}
    return {
        name: {
            "description": description,
            "schema": number_schema if name in CALL_HEADERS else {"type": "string"},
        }
        for name, description in descriptions.items()
    }


def _failures(path: str, *, is_guarded: bool) -> JsonObject:
    failures = {
        status: _failure(status, description, "Failure") for status, description in FAILURES.items()
    }
    if is_guarded:
        changed = "The return has changed since; the header ETag has its current one."
        failures[412] = _failure(412, changed, "Failure")
    if "{" in path or is_guarded:
        what = "order" if path.startswith("/SalesOrders") else "return"
        failures[404] = _failure(404, f"There is no such {what}.", "Failure")
    failures[413] = _failure(413, "The body is too large.", "Failure")
    failures[429] = _failure(429, "Too many calls within the minute.", "TooManyCalls")
    return {str(status): failures[status] for status in sorted(failures)}


def _failure(status: int, description: str, schema: str) -> JsonObject:
    call_headers = CALL_HEADERS | LIMIT_HEADERS if status not in (401, 500) else {}
    call_headers |= GUARDED_HEADERS if status == 412 else {}
    return {
        "description": description,
        "headers": _headers(COMMON_HEADERS | call_headers),
        "content": {
            "application/json": {"schema": {"$ref": SCHEMA_REFERENCE.format(model=schema)}}
        },
    }
