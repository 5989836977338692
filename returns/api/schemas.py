"""Schemas of the API's bodies and answers, for the OpenAPI document and for checking bodies.

The classes' names are names of components in the document, from which clients generate code.
"""

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StrictStr, create_model
from pydantic.alias_generators import to_camel

from returns.models import DamagedState, ItemState, State
from returns.models.facts import FACTS, FACTS_REQUIRED_FIRST, Absence, Fact, Kind
from returns.models.line_items import ITEM_FACTS, ITEM_FACTS_BY_COLUMN


class CamelSchema(Schema):
    """A schema whose names in the API are in camel case."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        field_title_generator=lambda name, _field: to_camel(name),
        populate_by_name=True,
    )


PYTHON_TYPES: dict[Kind, Any] = {Kind.STATE: State, Kind.TIME: datetime}


def _field(fact: Fact) -> tuple[Any, Any]:
    """Return the type of a fact in an answer, and its Pydantic field."""
    type_ = PYTHON_TYPES.get(fact.kind, str)
    options: dict[str, Any] = {"description": fact.description} if fact.description else {}
    if fact.example:
        options["examples"] = [fact.example]
    if fact.is_omitted:
        options = {"description": "Left out if unknown."} | options
        if fact.is_time:
            return type_ | None, Field(None, **options)
        return type_, Field("", **options)
    if fact.may_be_missing and fact.absence is Absence.NULL:
        type_ |= None
    return type_, Field(**options)


_FIELDS: dict[str, Any] = {
    fact.column: _field(fact) for fact in FACTS if fact.kind is not Kind.ITEMS
}
_Facts: Any = create_model("_Facts", __base__=CamelSchema, **_FIELDS)


class ReturnSaid(_Facts):
    """A return. Other fields that the warehouse system sent are included unchanged."""

    model_config = ConfigDict(title="Return", extra="allow")


class LineItemSaid(CamelSchema):
    """One line of what is in the parcel."""

    model_config = ConfigDict(title="LineItem", extra="allow")

    line_item_reference_number: str = Field(
        description=ITEM_FACTS_BY_COLUMN["line_reference"].description
    )
    sku: str | None = Field(description=ITEM_FACTS_BY_COLUMN["sku"].description)
    serial_number: str | None
    state: ItemState
    damaged_state: DamagedState | None = Field(
        description=ITEM_FACTS_BY_COLUMN["damaged_state"].description
    )
    processed_at: datetime | None = Field(
        description=ITEM_FACTS_BY_COLUMN["processed_at"].description
    )


class ReturnWithLineItems(ReturnSaid):
    """A return with its line items. Other fields are included unchanged."""

    model_config = ConfigDict(title="ReturnWithLineItems", extra="allow")

    line_items: list[LineItemSaid] | None = Field(
        None, description="What is in the parcel; left out if that is not known."
    )


class TaggedReturn(ReturnSaid):
    """A return with its tags."""

    model_config = ConfigDict(title="TaggedReturn", extra="allow")

    tag: str = Field(description="Tag names separated by commas; empty if it has no tags.")


class _Page(CamelSchema):
    count: int = Field(description="The requested size of a page.", ge=1, le=100)
    offset: int = Field(ge=0)
    data_set_count: int | None = Field(
        description="The number of matches; null if counting takes too long, and with a cursor."
    )
    next_cursor: str | None = Field(
        None,
        description="Only with a cursor: the cursor of the next page; null on the last page.",
    )


class PageOfReturns(_Page):
    """A page of returns."""

    items: list[ReturnSaid]


class PageOfReturnsWithLineItems(_Page):
    """A page of returns with their line items."""

    items: list[ReturnWithLineItems]


class PageOfTaggedReturns(_Page):
    """A page of returns with their tags."""

    items: list[TaggedReturn]


class TagSaid(CamelSchema):
    """A tag of the vocabulary."""

    name: str
    description: str
    synonyms: list[str] = Field(description="Other names of the tag.")
    urgent: bool = Field(description="Whether returns with this tag go to the top of the queue.")
    retired: bool = Field(description="Whether people can no longer choose this tag.")


class GroupSaid(CamelSchema):
    """A tag group with its tags in the order of their rank."""

    name: str
    description: str
    exclusive: bool = Field(description="Whether a return can have only one of these tags.")
    required_when: str = Field(
        description="The state from which a return should have one of these tags; empty if never."
    )
    tags: list[TagSaid]


class Vocabulary(CamelSchema):
    """All tag groups."""

    items: list[GroupSaid]


class TagsWanted(CamelSchema):
    """All tags that a return should have."""

    model_config = ConfigDict(extra="forbid")

    reference_number: StrictStr = Field(
        description="The return's reference.", examples=["Return-14844"], min_length=1
    )
    tag: StrictStr = Field(
        max_length=5_000,  # more than as many names as one call may have
        description="Tag names separated by commas; empty for no tags. An unknown name becomes a "
        "new tag in the group “Unsorted”.",
        examples=["wrong-size, apparel"],
    )


class GivenWay(CamelSchema):
    """A requested tag that was left out in favour of another one of its exclusive group."""

    tag: str
    kept: str = Field(description="The higher-ranked tag that the return has instead.")


class TagsReplaced(CamelSchema):
    """The tags of a return after replacing them, and what changed."""

    reference_number: str
    tag: str
    added: list[str]
    removed: list[str]
    given_way: list[GivenWay]


class FeedMistake(CamelSchema):
    """One thing that is wrong with a record."""

    property: str
    message: str


class FeedItem(CamelSchema):
    """The result for one record."""

    return_reference_number: str | None
    result: Literal["created", "updated", "unchanged", "rejected"] = Field(
        description="Several records of one return all have the result of that return."
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
    rejected: int
    items: list[FeedItem]
    errors_left_out: int = Field(
        description="How many rejected records have no `errors` here, because there are too many. "
        "The feed page lists what is wrong with them."
    )


class Problem(CamelSchema):
    """One thing that is wrong with the request."""

    property: str
    message: str
    error_code: str


class ErrorSaid(CamelSchema):
    """Why a request failed."""

    code: str
    message: str
    errors: list[Problem]


class Failure(CamelSchema):
    """The answer to a failed request."""

    error: ErrorSaid
    request_id: str
    timestamp: datetime


class TooManyCalls(CamelSchema):
    """The answer to a call over the limit."""

    status_code: Literal[429]
    message: str


_VALUE_DESCRIPTIONS = {
    Kind.STATE: f"One of {', '.join(State.values)}.",
    Kind.TIME: "A time.",
    Kind.TEXT: "Text.",
    Kind.PROSE: "Text.",
}
_LINE_ITEMS = {
    "type": "array",
    "items": {
        "properties": {
            fact.api_name: {"description": fact.description or "Text."} for fact in ITEM_FACTS
        }
    },
}
_RECORD = {
    "properties": {
        fact.api_name: {"description": fact.feed_description or _VALUE_DESCRIPTIONS[fact.kind]}
        | (_LINE_ITEMS if fact.kind is Kind.ITEMS else {})
        for fact in FACTS_REQUIRED_FIRST
    }
    | {"tag": {"description": "Names of tags to add, separated by commas."}},
}


def feed_body(record: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a body with such records.

    An item of any type gets a result of its own, so the document does not restrict items.
    """
    schema = {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": record}},
    }
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


FEED_BODY = feed_body(_RECORD)
