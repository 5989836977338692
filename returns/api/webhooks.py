"""The webhooks of the OpenAPI document: what the desk sends, and what it expects as an answer."""

import json
from typing import Any

from django.utils import translation

from returns.models import EventType, OccasionType
from returns.outgoing.beginnings import MAX_COUNT
from returns.outgoing.messages import WITHOUT_RETURN, Example, examples

COUNT_SCHEMA: dict[str, Any] = {
    "type": "integer",
    "maximum": MAX_COUNT + 1,
    "description": f"How many returns match. {MAX_COUNT + 1:,} means more than {MAX_COUNT:,}.",
}
DETAIL_SCHEMAS: dict[str, dict[str, Any]] = {
    EventType.TAGGED: {"tag": {"type": "string", "description": "The name of the tag."}},
    EventType.UNTAGGED: {"tag": {"type": "string", "description": "The name of the tag."}},
    EventType.COMMENT: {"comment": {"type": "integer", "description": "The number of it."}},
    EventType.SILENT: {"readAt": {"type": "string", "format": "date-time"}},
    EventType.REJECTED: {"run": {"type": "integer"}, "rejected": {"type": "integer"}},
    OccasionType.COUNT: {"count": COUNT_SCHEMA, "above": {"type": "integer"}},
    OccasionType.TIMED: {"count": COUNT_SCHEMA},
    OccasionType.RULE: {"rule": {"type": "string", "description": "The name of the rule."}},
}
MESSAGE_HEADERS = {
    "webhook-id": "Identifies the event; the same whenever the message is sent again.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "Signatures of Standard Webhooks, separated by spaces: `v1,` and Base64.",
}
RECEIVED = "The message was received. It is not sent again."
NOT_RECEIVED = "The message was not received. It is sent again, up to 15 times in three days."
NO_RECEIVER = "There is no receiver any more. Nothing is sent to this address again."


def describe_webhooks(return_schema: str) -> dict[str, Any]:
    """Return all webhooks by the type of their event; ``return_schema`` refers to a return."""
    # The document is made once, for readers of any language.
    with translation.override("en"):
        return {each.type.value: {"post": _operation(each, return_schema)} for each in examples()}


def _operation(example: Example, return_schema: str) -> dict[str, Any]:
    content = {"schema": _schema(example, return_schema), "example": json.loads(example.body)}
    return {
        "summary": str(example.type.label),
        "tags": ["Webhooks"],
        "parameters": [
            {
                "in": "header",
                "name": name,
                "required": True,
                "description": description,
                "schema": {"type": "string"},
            }
            for name, description in MESSAGE_HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "2XX": {"description": RECEIVED},
            "410": {"description": NO_RECEIVER},
            "default": {"description": NOT_RECEIVED},
        },
    }


def _schema(example: Example, return_schema: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "type": {"type": "string", "const": example.type.value},
        "timestamp": {"type": "string", "format": "date-time"},
    }
    details = DETAIL_SCHEMAS.get(example.type.value)
    details_schema = {"type": "object", "properties": details, "required": list(details or {})}
    if example.type.value in WITHOUT_RETURN:
        properties["data"] = details_schema
    else:
        tag = {"type": "string", "description": "Tag names separated by commas."}
        with_tag = {"type": "object", "properties": {"tag": tag}, "required": ["tag"]}
        properties["data"] = {"allOf": [{"$ref": return_schema}, with_tag]}
        if details:
            properties["details"] = details_schema
    return {"type": "object", "properties": properties, "required": list(properties)}
