"""Schemas of the API's bodies and answers, for the OpenAPI document and for checking bodies.

The classes' names are names of components in the document, from which clients generate code.
"""

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel

from returns.models import DamagedState, ItemState, State
from returns.models.facts import FACTS, Absence, Fact, Kind
from returns.models.line_items import ITEM_FACTS_BY_COLUMN


class CamelSchema(Schema):
    """A schema whose names in the API are in camel case."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        field_title_generator=lambda name, _field: to_camel(name),
        populate_by_name=True,
    )


def left_out() -> Any:
    """Stand for a field that an answer may lack, though it is never null."""
    return None


PYTHON_TYPES: dict[Kind, Any] = {Kind.STATE: State, Kind.TIME: datetime}


def _field(fact: Fact) -> tuple[Any, Any]:
    """Return the type of a fact in an answer, and its Pydantic field."""
    type_ = PYTHON_TYPES.get(fact.kind, str)
    options: dict[str, Any] = {"description": fact.description} if fact.description else {}
    if fact.example:
        options["examples"] = [fact.example]
    if fact.is_omitted:
        options = {"description": "Left out if unknown."} | options
        return type_, Field(default_factory=left_out, **options)
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

    changed_at: datetime = Field(
        description="When the return last changed, its tags included; each change makes it later."
    )
    tag: str = Field(
        default_factory=left_out,
        description="Tag names separated by commas; empty if it has no tags. Only with "
        "include=tag, and in GetReturnsWithTag.",
    )


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

    line_items: list[LineItemSaid] = Field(
        default_factory=left_out,
        description="What is in the parcel; left out if that is not known.",
    )


class TaggedReturn(ReturnSaid):
    """A return with its tags."""

    model_config = ConfigDict(title="TaggedReturn", extra="allow")

    tag: str = Field(description="Tag names separated by commas; empty if it has no tags.")


class _Page(CamelSchema):
    count: int = Field(description="The requested size of a page.", ge=1, le=100)
    offset: int = Field(ge=0)
    data_set_count: int | None = Field(
        description="The exact number of matches; null if counting would take too long, and with "
        "a cursor."
    )
    next_cursor: str | None = Field(
        None,
        description="Only with a cursor: the cursor of the next page. Null on the last page of a "
        "walk; never null with sort=changed.",
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
