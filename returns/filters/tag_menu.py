"""The filters by tags as the list offers them: each with three ways, and those that are chosen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from returns.filters.fields import TAG_PARAMETERS
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.filters.wording import kind_of
from tags.vocabulary import TagChip

# The beginning of the id of a filter's box in the menu.
BOXES = {
    "tag": "tag-filter",
    "tag_any": "tag-any",
    "tag_none": "tag-none",
    "missing_group": "no-tag-of",
}

# The names that are chosen in each filter, as the vocabulary writes them.
Names = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class TagWays:
    """A tag of the menu, and in which of the three ways it is chosen."""

    chip: TagChip
    all_of: bool
    any_of: bool
    none_of: bool


@dataclass(frozen=True, slots=True)
class GroupOfWays:
    """A group of the menu: its tags, and whether returns without any of them are chosen."""

    id: int
    name: str
    tags: list[TagWays]
    is_missing: bool


@dataclass(frozen=True, slots=True)
class ChosenFilter:
    """A chosen filter as a chip: what it says, what its field holds, and the list without it.

    ``box`` is part of the ids of the chip.
    """

    kind: str
    name: str
    parameter: str
    value: str
    color: str
    box: str
    address_without: str

    @property
    def words(self) -> str:
        """Return the filter in words."""
        return f"{self.kind} {self.name}".strip()


def groups_of_ways(words: Mapping[int, TagChip], names: Names) -> list[GroupOfWays]:
    """Return the vocabulary by group, with what is chosen of it."""
    chosen = [set(names[parameter]) for parameter in TAG_PARAMETERS]
    return [
        GroupOfWays(
            group_id,
            name,
            [TagWays(chip, *(chip.name in each for each in chosen)) for chip in chips],
            name in names["missing_group"],
        )
        for (group_id, name), chips in groupby(words.values(), lambda c: (c.group_id, c.group))
    ]


def chosen_tags(
    words: Mapping[int, TagChip], names: Names, query: Query, base: str
) -> Iterator[ChosenFilter]:
    """Yield the chosen filters in the order of the menu.

    ``query`` is what the list at the path ``base`` shows.
    """
    tags = {chip.name: (chip.id, chip.color) for chip in words.values()}
    groups = {chip.group: (chip.group_id, chip.color) for chip in words.values()}
    for parameter, beginning in BOXES.items():
        kind = "" if parameter == "tag" else kind_of(parameter)
        known = groups if parameter == "missing_group" else tags
        for name in names[parameter]:
            number, color = known.get(name, (0, ""))
            box = f"{beginning}-{number}"
            without = [other for other in names[parameter] if other != name]
            address = address_without(base, query, parameter, without)
            yield ChosenFilter(kind, name, parameter, name, color, box, address)


def address_without(base: str, query: Query, parameter: str, values: list[str]) -> str:
    """Return the address of the list where a parameter has only these values."""
    rest = query.without(parameter, *PAGING_PARAMETERS)
    return rest.replace(**{parameter: values}).path(base)
