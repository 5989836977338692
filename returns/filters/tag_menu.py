"""The list's menu of tags, with three ways to filter by each, and the chips of the tag filters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from config.shipped_names import group_label
from returns.filters.fields import TAG_PARAMETERS, group_value_label, tag_value_label
from returns.filters.form import PAGING_PARAMETERS
from returns.filters.query import Query
from returns.filters.wording import filter_phrase, say_value
from returns.filters.words import VALUE_PLACE, around_value
from tags.vocabulary import TagChip, Vocabulary

# The ids of the menu's checkboxes begin with these, by the parameter of the filter.
ID_PREFIXES = {
    "tag": "tag-filter",
    "tag_any": "tag-any",
    "tag_none": "tag-none",
    "missing_group": "no-tag-of",
}

# The chosen names of tags or groups, by parameter, as the vocabulary spells them.
NamesByParameter = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class TagFilterOption:
    """A tag of the menu, and which of the three filters by it is chosen."""

    chip: TagChip
    all_of: bool
    any_of: bool
    none_of: bool


@dataclass(frozen=True, slots=True)
class TagFilterGroup:
    """A group of the menu: its tags, and whether returns without a tag from it are chosen."""

    id: int
    name: str
    tags: tuple[TagFilterOption, ...]
    is_missing: bool

    @property
    def label(self) -> str:
        """Return the name of the group as its reader knows it."""
        return group_label(self.name)


@dataclass(frozen=True, slots=True)
class FilterChip:
    """A chosen filter as a chip: its texts, its field, and the address of the list without it.

    ``phrase`` has a place for ``name``, the value as people read it. ``key`` is part of the ids of
    the chip's elements.
    """

    phrase: str
    name: str
    parameter: str
    value: str
    color: str
    key: str
    address_without: str

    @property
    def label(self) -> str:
        """Return the words in front of the value."""
        return around_value(self.phrase)[0]

    @property
    def after(self) -> str:
        """Return the words behind the value; English has none."""
        return around_value(self.phrase)[1]

    @property
    def text(self) -> str:
        """Return the filter as a phrase."""
        return say_value(self.phrase, self.name)


def tag_filter_groups(
    vocabulary: Vocabulary, names: NamesByParameter
) -> tuple[TagFilterGroup, ...]:
    """Return the groups of the menu with their tags, and what is chosen."""
    chosen = [set(names[parameter]) for parameter in TAG_PARAMETERS]
    return tuple(
        TagFilterGroup(
            group_id,
            name,
            tuple(TagFilterOption(chip, *(chip.name in each for each in chosen)) for chip in chips),
            name in names["missing_group"],
        )
        for (group_id, name), chips in groupby(vocabulary.values(), lambda c: (c.group_id, c.group))
    )


def tag_chips(
    vocabulary: Vocabulary, names: NamesByParameter, query: Query, base: str
) -> Iterator[FilterChip]:
    """Yield the chips of the filters by tags, in the order of the menu.

    ``query`` is the query of the list at the path ``base``.
    """
    tags = {chip.name: (chip.id, chip.color) for chip in vocabulary.values()}
    groups = {chip.group: (chip.group_id, chip.color) for chip in vocabulary.values()}
    for parameter, prefix in ID_PREFIXES.items():
        phrase = VALUE_PLACE if parameter == "tag" else filter_phrase(parameter)
        is_group = parameter == "missing_group"
        known, label = (groups, group_value_label) if is_group else (tags, tag_value_label)
        for name in names[parameter]:
            number, color = known.get(name, (0, ""))
            others = [other for other in names[parameter] if other != name]
            address = address_without(base, query, parameter, others)
            key = f"{prefix}-{number}"
            yield FilterChip(phrase, label(name), parameter, name, color, key, address)


def address_without(base: str, query: Query, parameter: str, others: list[str]) -> str:
    """Return the address of the first page of the list with only these values of a parameter."""
    rest = query.without(parameter, *PAGING_PARAMETERS)
    return rest.replace(**{parameter: others}).path(base)
