"""Read the vocabulary: tags, and the tag behind a name.

Tags and groups are changed and deleted by ``tags.editing`` and ``tags.merging``; names of the feed
and of files become tags in ``tags.sent_names``.
"""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Value
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.shipped_names import ShippedLabels, stored_tag, tag_labels
from config.stored_texts import StoredText, stored_text
from config.text import has_invisible
from tags.models import NameKey, Tag
from tags.rows import read_unless

MAX_NAME_LENGTH = 50  # characters
# Names that a person may have meant: how many, and how near, from 0 to 1.
MAX_NEAR_NAMES, MIN_NEARNESS = 3, 0.6


class VocabularyError(ValidationError):
    """A name or a change that is not allowed, with a message for the person."""

    def __init__(
        self, message: StoredText | str, code: str | None = None, params: Any = None
    ) -> None:
        super().__init__(message, code, params)  # type: ignore[arg-type]  # shown by str()


@dataclass(frozen=True, slots=True)
class TagChip:
    """A tag for display. ``order`` is its place in the vocabulary: by group, then by rank."""

    id: int
    name: str
    color: str
    group_id: int
    group: str
    exclusive: bool
    order: int
    title: str
    retired: bool = False
    description: str = ""
    synonyms: tuple[str, ...] = ()
    # The stage in which a record must have a tag of the group; "" if the group is optional.
    required_when: str = ""
    # Whether records with the tag go to the top of a queue.
    raises: bool = False
    # The names of the tag and of its group as their reader knows them. Kept, because pages show
    # them often, and finding the language takes a while.
    label: str = field(kw_only=True)
    group_label: str = field(kw_only=True)

    def __str__(self) -> str:
        return self.label

    @property
    def stored_name(self) -> StoredText:
        """Return the name of the tag for texts that are stored."""
        return stored_tag(self.name)


type Vocabulary = dict[int, TagChip]


# By language, the vocabulary that was read last, with its mark.
_last_read: dict[str | None, tuple[str, Vocabulary]] = {}


def load_vocabulary(mark: str = "") -> Vocabulary:
    """Return every tag by its id, in display order. One query, small unless tags have changed.

    ``mark`` is what ``VOCABULARY_MARK_SQL`` has just given; with it, there is no query either.
    """
    language = get_language()
    known_mark, vocabulary = _last_read.get(language, ("", {}))
    if mark and mark == known_mark:
        return dict(vocabulary)
    mark, rows = read_unless(known_mark)
    if rows is not None:
        labels = tag_labels()
        vocabulary = {row[0]: _chip(order, row, labels) for order, row in enumerate(rows)}
        _last_read[language] = mark, vocabulary
    return dict(vocabulary)


def _chip(order: int, row: tuple[Any, ...], labels: ShippedLabels) -> TagChip:
    id_, name, color, group_id, group, exclusive, retired_at, description, *rest = row
    synonyms, required_when, raises = rest
    label, label_of_group = labels.tags.get(name, name), labels.groups.get(group, group)
    title = f"{label_of_group}: {label}"
    title += f", {description}" if description else ""
    retired = retired_at is not None
    if retired:
        title = _("%(tag)s (retired)") % {"tag": title}
    return TagChip(
        *(id_, name, color, group_id, group, exclusive, order, title),
        *(retired, description, tuple(synonyms), required_when, raises),
        label=label,
        group_label=label_of_group,
    )


def chips(tag_ids: Iterable[int], vocabulary: Vocabulary) -> list[TagChip]:
    """Return the tags with these ids, in display order. Unknown ids are ignored."""
    known = (vocabulary[tag_id] for tag_id in tag_ids if tag_id in vocabulary)
    return sorted(known, key=lambda chip: chip.order)


@dataclass(frozen=True, slots=True)
class TagOption:
    """A tag to choose for a record; ``replaces`` is the record's tag that it would replace."""

    chip: TagChip
    is_present: bool
    replaces: TagChip | None

    @property
    def group(self) -> str:
        """Return the name of the tag's group."""
        return self.chip.group

    @property
    def other_names(self) -> list[str]:
        """Return what a person may type instead of the name: the label and the synonyms."""
        names = dict.fromkeys((self.chip.label, *self.chip.synonyms))
        return [name for name in names if name != self.chip.name]


def tag_options(vocabulary: Vocabulary, present: Collection[TagChip]) -> list[TagOption]:
    """Return the tags that can be chosen for a record with the ``present`` tags."""
    exclusive = {chip.group_id: chip for chip in present if chip.exclusive}
    return [
        TagOption(
            chip,
            is_present=chip in present,
            replaces=None if chip in present else exclusive.get(chip.group_id),
        )
        for chip in vocabulary.values()
        if not chip.retired
    ]


def clean_tag_name(name: str) -> str:
    """Return the name in normal form, without superfluous spaces.

    Raises ``VocabularyError`` for a name that no tag can have.
    """
    name = unicodedata.normalize("NFC", name.strip())
    if has_invisible(name):
        raise VocabularyError(stored_text("A tag name cannot contain invisible characters."))
    name = " ".join(name.split())
    if not name:
        raise VocabularyError(stored_text("Enter a tag name."))
    if "," in name:
        raise VocabularyError(stored_text("A tag name cannot contain a comma."))
    if len(name) > MAX_NAME_LENGTH:
        text = stored_text(
            "A tag name can have up to %(most)s characters; this one has %(count)s.",
            most=MAX_NAME_LENGTH,
            count=len(name),
        )
        raise VocabularyError(text)
    return name


# The tag behind a name or an id


def find_tag(name: str) -> Tag | None:
    """Return the tag with this name or synonym, ignoring case, or None.

    Raises ``VocabularyError`` for a name that no tag can have.
    """
    match = find_name(name)
    return resolve_id(match.pk) if match else None


def near_names(name: str) -> list[str]:
    """Return the names of up to three tags that a person may have meant by an unknown name.

    A synonym counts for its tag, and so does its label. Retired tags are left out.
    """
    names: dict[str, str] = {}
    for tag in Tag.names.filter(is_forgotten=False).select_related("synonym_of"):
        meant = tag.synonym_of or tag
        if not meant.retired_at:
            names |= dict.fromkeys((tag.label.casefold(), tag.name.casefold()), meant.name)
    near = get_close_matches(name.casefold(), names, n=MAX_NEAR_NAMES + 3, cutoff=MIN_NEARNESS)
    return list(dict.fromkeys(names[each] for each in near))[:MAX_NEAR_NAMES]


def find_name(name: str) -> Tag | None:
    """Return the row with this name, a tag or a synonym, ignoring case, or None.

    Raises ``VocabularyError`` for a name that no tag can have.
    """
    names = Tag.names.select_related("group", "synonym_of__group")
    return names.filter(name_key=NameKey(Value(clean_tag_name(name)))).first()


def resolve_id(tag_id: int) -> Tag | None:
    """Return the tag with this id, or the tag that it was merged into, or None."""
    tag = Tag.names.select_related("group", "synonym_of__group").filter(pk=tag_id).first()
    return tag and (tag.synonym_of or tag)


def resolve_ids(ids: Iterable[int]) -> dict[int, int]:
    """Map each id to the current tag: itself, or the tag it was merged into.

    Ids of deleted tags are left out.
    """
    rows = Tag.names.filter(pk__in=list(ids)).values_list("id", "synonym_of")
    return {id_: merged_into or id_ for id_, merged_into in rows}


def ids_with_synonyms(tag_id: int) -> list[int]:
    """Return the ids of the tag and of its synonyms, including tags merged into it."""
    return [tag_id, *Tag.names.filter(synonym_of=tag_id).values_list("id", flat=True)]


def tag_by_id(value: str) -> Tag | None:
    """Return the tag whose id a form sent, or None, also if the value is not a number."""
    try:
        return resolve_id(int(value))
    except ValueError:
        return None


def canonical_names(names: list[str]) -> dict[str, str]:
    """Map each name or synonym to the name of its tag. Names of no tag are left out."""
    return {name: tag_name for name, _, tag_name in ids_of_names(names)}


def tag_names(ids: Iterable[int]) -> dict[int, str]:
    """Map each id to the name of its tag; for a merged tag, the name of the remaining one."""
    rows = Tag.names.filter(pk__in=list(ids)).values_list("id", "name", "synonym_of__name")
    return {id_: merged_into or name for id_, name, merged_into in rows}


def synonyms_of(tag: Tag) -> list[Tag]:
    """Return the synonyms of a tag, by name."""
    return list(Tag.names.filter(synonym_of=tag, is_forgotten=False).order_by("name"))


def ids_of_names(names: list[str], statement: str = "") -> list[tuple[str, int, str]]:
    """Return (given name, tag id, tag name) for each name or synonym of a tag."""
    if not names:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement or FIND_TAGS, [names])
        rows: list[tuple[str, int, str]] = cursor.fetchall()
        return rows


FIND_TAGS = """
    SELECT n.name, coalesce(main.id, t.id), coalesce(main.name, t.name)
    FROM unnest(%s::text[]) AS n (name)
    JOIN tags_tag t ON t.name_key = tags_name_key(n.name)
    LEFT JOIN tags_tag main ON main.id = t.synonym_of_id
"""
