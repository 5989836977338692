"""The OpenAPI document as its page shows it."""

from dataclasses import dataclass
from typing import Any

Part = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Described:
    """A parameter, or a property of a body: its name, what it takes, in words."""

    name: str
    kind: str
    description: str
    required: bool


@dataclass(frozen=True, slots=True)
class Status:
    """An answer: its number, and when it is given."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as the page shows it. ``scope`` is what its token needs."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    example: str
    parameters: list[Described]
    body: list[Described]
    answer: list[Described]
    is_list: bool
    statuses: list[Status]


def endpoints_of(document: Part, site: str) -> list[Endpoint]:
    """Return the endpoints of a document; ``site`` is where the API is, for the examples."""
    return [
        _endpoint(document, path, method, operation, site)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def _endpoint(document: Part, path: str, method: str, operation: Part, site: str) -> Endpoint:
    return Endpoint(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        scope=next(iter(operation["security"][0].values()))[0],
        example=operation["x-codeSamples"][0]["source"].replace("[site]", site),
        parameters=[_described(each) for each in operation["parameters"]],
        body=_properties(document, operation.get("requestBody")),
        answer=_properties(document, operation["responses"]["200"]),
        is_list="items" in _schema_of(document, operation["responses"]["200"])["properties"],
        statuses=[
            Status(code, each["description"]) for code, each in operation["responses"].items()
        ],
    )


def _described(parameter: Part) -> Described:
    return Described(
        parameter["name"],
        kind_of(parameter["schema"]),
        parameter.get("description", ""),
        parameter["required"],
    )


def _properties(document: Part, holder: Part | None) -> list[Described]:
    if holder is None:
        return []
    schema = _schema_of(document, holder)
    if items := schema.get("properties", {}).get("items"):
        # Of a list, what each of them is.
        schema = _meant(document, items["items"])
    required = schema.get("required", [])
    return [
        Described(
            name,
            kind_of(_meant(document, each)),
            each.get("description", ""),
            name in required,
        )
        for name, each in schema.get("properties", {}).items()
    ]


def _schema_of(document: Part, holder: Part) -> Part:
    return _meant(document, holder["content"]["application/json"]["schema"])


def _meant(document: Part, schema: Part) -> Part:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def kind_of(schema: Part) -> str:
    """Return in words what a schema takes: "text", "Completed, ...", "several of text"."""
    if "anyOf" in schema:
        return " or ".join(kind_of(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"any number of: {kind_of(schema['items'])}"
    if schema.get("format") == "date-time":
        return "time"
    names = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    kind = str(schema.get("type", "object"))
    return names.get(kind, kind)
