"""The shapes of what the API is sent and answers: for the document, and to check a body."""

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StrictStr, create_model
from pydantic.alias_generators import to_camel

from returns.models import State
from returns.models.facts import FACTS, REQUIRED_FIRST, Absence, Fact, Kind


class _Camel(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel,
        field_title_generator=lambda name, _field: to_camel(name),
        populate_by_name=True,
    )


TYPES: dict[Kind, Any] = {Kind.STATE: State, Kind.TIME: datetime}


def _field(fact: Fact) -> tuple[Any, Any]:
    """Return the type of a fact in an answer, and what the document says of it."""
    kind = TYPES.get(fact.kind, str)
    said: dict[str, Any] = {"description": fact.description} if fact.description else {}
    if fact.example:
        said["examples"] = [fact.example]
    if fact.is_left_out:
        known = {"description": "Only where it is known."} | said
        return (kind | None, Field(None, **known)) if fact.is_time else (kind, Field("", **known))
    if fact.may_be_missing and fact.absence is Absence.NULL:
        kind |= None
    return kind, Field(**said)


_FIELDS: dict[str, Any] = {fact.column: _field(fact) for fact in FACTS}
_Facts: Any = create_model("_Facts", __base__=_Camel, **_FIELDS)


class ReturnSaid(_Facts):
    """A return; what the warehouse system sent beyond these fields stands beside them."""

    model_config = ConfigDict(title="Return", extra="allow")


class TaggedReturn(ReturnSaid):
    """A return with its tags."""

    model_config = ConfigDict(title="TaggedReturn", extra="allow")

    tag: str = Field(description="The names of its tags, parted by commas; empty for none.")


class _Page(_Camel):
    count: int = Field(description="How many were asked for, at most.", ge=1, le=100)
    offset: int = Field(ge=0)
    data_set_count: int | None = Field(
        description="How many match in all; null where counting takes too long, or a cursor is "
        "followed."
    )
    next_cursor: str | None = Field(
        None,
        description="Only where a cursor is followed: what to send for the next page, null at the "
        "end.",
    )


class PageOfReturns(_Page):
    """A page of returns."""

    items: list[ReturnSaid]


class PageOfTaggedReturns(_Page):
    """A page of returns with their tags."""

    items: list[TaggedReturn]


class TagSaid(_Camel):
    """A tag of the vocabulary."""

    name: str
    description: str
    synonyms: list[str] = Field(description="Other names that mean it.")
    urgent: bool = Field(description="Whether its returns come first in the queue.")
    retired: bool = Field(description="Whether it is not offered to people any more.")


class GroupSaid(_Camel):
    """A group of tags, in the order of their rank."""

    name: str
    description: str
    exclusive: bool = Field(description="Whether a return has at most one of them.")
    required_when: str = Field(
        description="The state from which on a return should have one of them; empty for never."
    )
    tags: list[TagSaid]


class Vocabulary(_Camel):
    """All groups."""

    items: list[GroupSaid]


class TagsWanted(_Camel):
    """The tags that a return is to have, and no others."""

    model_config = ConfigDict(extra="forbid")

    reference_number: StrictStr = Field(
        description="The return's reference.", examples=["Return-14844"], min_length=1
    )
    tag: StrictStr = Field(
        description="Names of tags, parted by commas; empty for none. An unknown name becomes a "
        "tag of the group “Unsorted”.",
        examples=["wrong-size, apparel"],
    )


class GivenWay(_Camel):
    """A tag that was asked for beside another one of its exclusive group."""

    tag: str
    kept: str = Field(description="The higher-ranked one that the return has instead.")


class TagsReplaced(_Camel):
    """What became of a return's tags."""

    reference_number: str
    tag: str
    added: list[str]
    removed: list[str]
    given_way: list[GivenWay]


class FeedMistake(_Camel):
    """What is wrong with a record."""

    property: str
    message: str


class FeedItem(_Camel):
    """What became of one record."""

    return_reference_number: str | None
    result: Literal["created", "updated", "unchanged", "rejected"] = Field(
        description="Of several records of one return each says what became of the return."
    )
    errors: list[FeedMistake] = Field(description="Why it was rejected.")


class FeedTaken(_Camel):
    """What became of the records; `items` in the order in which they were sent."""

    run: int = Field(description="What people find this by on the page of the feed.")
    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    items: list[FeedItem]


class Problem(_Camel):
    """One thing that was not understood."""

    property: str
    message: str
    error_code: str


class ErrorSaid(_Camel):
    """Why a call got nothing."""

    code: str
    message: str
    errors: list[Problem]


class Failure(_Camel):
    """The answer to a call that got nothing."""

    error: ErrorSaid
    request_id: str
    timestamp: datetime


class TooManyCalls(_Camel):
    """The answer to a call that came too early."""

    status_code: Literal[429]
    message: str


_SENT = {
    Kind.STATE: f"One of {', '.join(State.values)}.",
    Kind.TIME: "A time.",
    Kind.TEXT: "Text.",
    Kind.PROSE: "Text.",
}
_RECORD = {
    "properties": {
        fact.api_name: {"description": fact.feed_description or _SENT[fact.kind]}
        for fact in REQUIRED_FIRST
    }
    | {"tag": {"description": "Names of tags to add, parted by commas."}},
}
# Whatever an item is, it is answered for; so the document asks nothing of it.
FEED_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["items"],
                    "properties": {"items": {"type": "array", "items": _RECORD}},
                }
            }
        },
    }
}
