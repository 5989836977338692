"""The OpenAPI document, and a page that shows it. Both hold no data, so they need no sign-in."""

from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from returns.api import BASE_PATH
from returns.api.openapi import build_document
from returns.api.parameters import BEFORE_GRAMMAR
from returns.api.responses import json_response

JsonObject = dict[str, Any]
TYPE_NAMES = {"string": "text", "integer": "whole number", "boolean": "true or false"}


@require_safe
def openapi_document(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Return the OpenAPI document."""
    return json_response(build_document())


@require_safe
@login_not_required
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show the endpoints with their parameters, bodies and answers."""
    site = request.build_absolute_uri(BASE_PATH)
    context = {
        "endpoints": list_endpoints(build_document(), site),
        "limit": settings.API_CALLS_PER_MINUTE,
    }
    return render(request, "api/docs.html", context)


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a property of a body; ``type_name`` is in words.

    ``grammar`` is that of its value, if it has one of its own.
    """

    name: str
    type_name: str
    description: str
    required: bool
    grammar: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """An HTTP status that an endpoint may answer with."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as the page shows it. ``scope`` is the one that its token needs."""

    id: str
    method: str
    path: str
    description: str
    scope: str
    example: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    is_list: bool
    statuses: list[Status]


def list_endpoints(document: JsonObject, site: str) -> list[Endpoint]:
    """Return the endpoints of a document; ``site`` is the API's URL in the examples."""
    return [
        _endpoint(document, path, method, operation, site)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def _endpoint(
    document: JsonObject, path: str, method: str, operation: JsonObject, site: str
) -> Endpoint:
    answer = operation["responses"]["200"]
    return Endpoint(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        description=operation.get("description", ""),
        scope=next(iter(operation["security"][0].values()))[0],
        example=operation["x-codeSamples"][0]["source"].replace("[site]", site),
        parameters=[_parameter(each) for each in operation["parameters"]],
        body=_properties(document, operation.get("requestBody")),
        answer=_properties(document, answer),
        is_list="items" in _content_schema(document, answer)["properties"],
        statuses=[
            Status(code, each["description"]) for code, each in operation["responses"].items()
        ],
    )


def _parameter(parameter: JsonObject) -> Field:
    text, _, rest = parameter["description"].partition(BEFORE_GRAMMAR)
    grammar, _, explanation = rest.partition("\n\n")
    return Field(
        parameter["name"],
        type_name(parameter["schema"]),
        f"{text}. {explanation}" if grammar else text,
        parameter["required"],
        dedent(grammar),
    )


def _properties(document: JsonObject, message: JsonObject | None) -> list[Field]:
    """Return the properties of a body or an answer; for a list, those of its items."""
    if message is None:
        return []
    schema = _content_schema(document, message)
    if items := schema.get("properties", {}).get("items"):
        schema = _resolve(document, items["items"])
    required = schema.get("required", [])
    return [
        Field(
            name,
            type_name(_resolve(document, each)),
            each.get("description", ""),
            name in required,
        )
        for name, each in schema.get("properties", {}).items()
    ]


def _content_schema(document: JsonObject, message: JsonObject) -> JsonObject:
    return _resolve(document, message["content"]["application/json"]["schema"])


def _resolve(document: JsonObject, schema: JsonObject) -> JsonObject:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def type_name(schema: JsonObject) -> str:
    """Return a schema's type in words: "text", "whole number", "any number of: text"."""
    if "anyOf" in schema:
        return " or ".join(type_name(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"any number of: {type_name(schema['items'])}"
    if schema.get("format") == "date-time":
        return "time"
    name = str(schema.get("type", "object"))
    return TYPE_NAMES.get(name, name)
