"""Schemas of the records that programs push, and of what became of them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, create_model

from returns.api.schemas import CamelSchema
from returns.models import DamagedState, ItemState, State
from returns.models.facts import FACTS_REQUIRED_FIRST, Fact, Kind
from returns.models.line_items import ITEM_FACTS_BY_COLUMN

TYPES: dict[Kind, Any] = {Kind.STATE: State, Kind.TIME: datetime}


class FeedLineItem(CamelSchema):
    """One line of what is in the parcel. Other fields are kept with it."""

    model_config = ConfigDict(extra="allow")

    line_item_reference_number: str = Field(
        description="Identifies the line within its return.", min_length=1, max_length=100
    )
    state: ItemState
    sku: str | None = Field(None, description="The product.", max_length=100)
    serial_number: str | None = Field(None, max_length=100)
    damaged_state: DamagedState | Literal[""] | None = Field(
        None, description=ITEM_FACTS_BY_COLUMN["damaged_state"].description
    )
    processed_at: datetime | None = Field(None, description="A time: when it was inspected.")


def _field(fact: Fact) -> tuple[Any, Any]:
    """Return the type of a fact in a record, and its Pydantic field."""
    options: dict[str, Any] = {}
    if fact.feed_description:
        options["description"] = fact.feed_description
    if fact.kind is Kind.ITEMS:
        return list[FeedLineItem] | None, Field(None, **options)
    type_ = TYPES.get(fact.kind, str)
    return (type_, Field(**options)) if fact.is_required else (type_ | None, Field(None, **options))


_FED_FIELDS: dict[str, Any] = {fact.column: _field(fact) for fact in FACTS_REQUIRED_FIRST}
_FedFacts: Any = create_model("_FedFacts", __base__=CamelSchema, **_FED_FIELDS)


class FeedRecord(_FedFacts):
    """A record of a return. Null means that it has no such value; what is left out says nothing.

    Other fields are kept with the return, and answered unchanged.
    """

    model_config = ConfigDict(extra="allow")

    tag: str | None = Field(None, description="Names of tags to add, separated by commas.")


class FeedMistake(CamelSchema):
    """One thing that is wrong with a record."""

    property: str
    message: str


class FeedItem(CamelSchema):
    """The result for one record."""

    return_reference_number: str | None
    result: Literal["created", "updated", "unchanged", "older", "rejected"] = Field(
        description="Several records of one return all have the result of that return. `older`: "
        "nothing was taken from it, because a newer record of the return came before."
    )
    errors: list[FeedMistake] = Field(
        description="Why it was rejected; of many rejected records only for the first ones."
    )


class FeedTaken(CamelSchema):
    """The results of an import; `items` are in the order in which the records were sent."""

    run: int = Field(description="The number of this import on the feed page.")
    read: int
    created: int
    updated: int
    unchanged: int
    older: int = Field(description="Records that are older than what is stored, and added nothing.")
    rejected: int
    items: list[FeedItem]
    errors_left_out: int = Field(
        description="How many rejected records have no `errors` here, because there are too many. "
        "The feed page lists what is wrong with them."
    )


def feed_body(record: type[CamelSchema]) -> dict[str, Any]:
    """Return the description of a body with such records.

    It says what a record should be. One that is something else is not refused with the whole call:
    it gets a result of its own.
    """
    schema = {
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {
                "type": "array",
                "items": {"$ref": f"#/components/schemas/{record.__name__}"},
            }
        },
    }
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


FEED_BODY = feed_body(FeedRecord)
