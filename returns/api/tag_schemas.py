"""Schemas of tags: the vocabulary, and changes of the tags of returns."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictStr

from returns.api.schemas import CamelSchema, Problem

# Tags to add to a return, or to remove, and returns, in one call.
MAX_TAG_NAMES, MAX_RETURNS_AT_ONCE = 50, 500


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


TagNames = Annotated[
    list[Annotated[StrictStr, Field(max_length=200)]],
    Field(max_length=MAX_TAG_NAMES),
]


class TagsToChange(CamelSchema):
    """Tags to add to a return, and to remove from it. Its other tags stay."""

    model_config = ConfigDict(extra="forbid")

    reference_number: StrictStr = Field(
        description="The return's reference.", examples=["Return-14844"], min_length=1
    )
    add: TagNames = Field(
        [],
        description="Names of tags to add. A tag of an exclusive group replaces the other one of "
        "its group. An unknown name becomes a new tag in the group “Unsorted”.",
        examples=[["wrong-size"]],
    )
    remove: TagNames = Field(
        [],
        description="Names of tags to remove; those that the return does not have change nothing.",
        examples=[["refund-pending"]],
    )


class TagsToChangeIf(TagsToChange):
    """Tags to change if the return is still as it was read."""

    if_match: StrictStr | None = Field(
        None,
        max_length=1_000,
        description="The ETag of an answer about the return, as in the header If-Match: if the "
        "return has changed since, nothing is done to it.",
    )


class ManyTagsToChange(CamelSchema):
    """Tags to change on several returns."""

    model_config = ConfigDict(extra="forbid")

    items: list[TagsToChangeIf] = Field(
        min_length=1, max_length=MAX_RETURNS_AT_ONCE, description="One entry for each return."
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


class TagsChangedItem(CamelSchema):
    """What became of the tags of one return."""

    reference_number: str
    result: Literal["changed", "unchanged", "notFound", "changedSince", "rejected"]
    tag: str | None = Field(
        description="Its tags now, separated by commas; null if nothing was tried."
    )
    added: list[str]
    removed: list[str]
    given_way: list[GivenWay]
    etag: str | None = Field(
        description="Send it as `ifMatch`, or as the header If-Match, with the next change; null "
        "if there is no such return."
    )
    errors: list[Problem] = Field(description="Everything that kept it from being changed.")


class ManyTagsChanged(CamelSchema):
    """The results; `items` are in the order in which the returns were sent."""

    changed: int
    unchanged: int
    not_found: int
    changed_since: int
    rejected: int
    items: list[TagsChangedItem]
