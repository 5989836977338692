"""Tags that records bring: only those that a return has never had are added.

Whether a tag is new, and whether there is room for it, is decided for each record in the order of
arrival. So it does not matter how records are cut into batches.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import batched, chain, groupby
from operator import itemgetter

from django.conf import settings

from config.shipped_names import stored_group
from config.stored_texts import stored_text
from returns.feed.merging import Known
from returns.feed.records import RecordError, ReturnRecord, split_tags
from returns.feed.stored_rows import StoredRow
from returns.models import ReturnTag
from tags import tagging
from tags.groups import UNSORTED
from tags.models import TagAction
from tags.sent_names import count_unsorted, find_all, find_or_create, similar_keys

MAX_NAMES_AT_ONCE = 10_000  # that are looked up
MAX_PAIRS_AT_ONCE = 30_000  # of a record and a tag, in one statement
RECORDS_AT_ONCE = 500  # if there are more

# What a name means: the id of a tag, or what names of the same new tag have in common.
type Meaning = int | str
# Where a return has a tag: the slot of an exclusive group, otherwise 0, and then what the tag is.
type Place = tuple[int, Meaning]


class BatchTags:
    """What the names of tags in a batch mean, and which of them are new."""

    def __init__(self) -> None:
        self._meanings: dict[str, Meaning] = {}
        # The first name of each new tag, in the order of arrival.
        self._new: dict[Meaning, str] = {}
        self._room: int | None = None
        self._had: dict[str, set[Meaning]] = {}
        # Tags of an exclusive group share one place.
        self._slots: dict[Meaning, int] = {}
        self._places: dict[str, set[Place]] = {}

    def look_up(self, records: Iterable[ReturnRecord], stored: Mapping[str, StoredRow]) -> None:
        """Look up the tags of these records, and those that the stored returns have or had."""
        new: dict[str, set[str]] = {}
        for record in records:
            row = stored.get(record.return_reference_number)
            for name in split_tags(record.tag or ""):
                if row is None or name not in row.known.tags:
                    new.setdefault(record.return_reference_number, set()).add(name)
        known = {reference: stored[reference] for reference in new if reference in stored}
        sent = (row.known.tags for row in known.values())
        self._find_meanings({*chain(*new.values()), *chain(*sent)})
        self._had = {
            reference: {self._meanings[name] for name in row.known.tags}
            for reference, row in known.items()
        }
        self._add_tags_of_before(new, known)

    def _add_tags_of_before(
        self, new: Mapping[str, set[str]], known: Mapping[str, StoredRow]
    ) -> None:
        references = {row.pk: reference for reference, row in known.items()}
        pairs = [
            (pk, tag_id)
            for pk, reference in references.items()
            for name in new[reference]
            if isinstance(tag_id := self._meanings[name], int)
        ]
        present = tagging.slots_of(ReturnTag, references)
        self._places = {
            references[pk]: {_place(slot, tag_id) for tag_id, slot in slots.items()}
            for pk, slots in present.items()
        }
        # Somebody may have removed them.
        for pk, tag_id in tagging.ever_tagged(ReturnTag, pairs):
            self._had[references[pk]].add(tag_id)

    def _find_meanings(self, names: Collection[str]) -> None:
        for some in batched(sorted(set(names) - self._meanings.keys()), MAX_NAMES_AT_ONCE):
            tags = find_all(some)
            self._meanings |= {name: tag.pk for name, tag in tags.items()}
            self._slots |= {tag.pk: tag.slot or 0 for tag in tags.values()}
            if unknown := [name for name in some if name not in tags]:
                self._meanings |= similar_keys(unknown)

    def new_names(self, record: ReturnRecord, known: Known | None) -> list[str]:
        """Return the names in a record that mean tags which its return has never had."""
        names = split_tags(record.tag or "")
        if known:
            names = tuple(name for name in names if name not in known.tags)
        if not names:
            return []
        had = self._had.get(record.return_reference_number, set())
        by_meaning: dict[Meaning, str] = {}
        for name in names:
            by_meaning.setdefault(self._meanings[name], name)
        return [name for meaning, name in by_meaning.items() if meaning not in had]

    def count_with(self, reference: str, names: Sequence[str]) -> int:
        """Return how many tags a return has with these and with those accepted in this batch."""
        return len(self._places_with(reference, names)) if names else 0

    def _places_with(self, reference: str, names: Iterable[str]) -> set[Place]:
        places = set(self._places.get(reference, ()))
        for name in names:
            meaning = self._meanings[name]
            places.add(_place(self._slots.get(meaning, 0), meaning))
        return places

    def accept(self, reference: str, names: Sequence[str]) -> None:
        """Count these tags as tags of the return.

        Raises ``RecordError`` if there is no room for so many new tags.
        """
        meanings = {self._meanings[name]: name for name in names}
        unknown = [name for meaning, name in meanings.items() if self._is_new(meaning)]
        if unknown:
            if self._room is None:
                self._room = max(0, settings.FEED_NEW_TAGS - count_unsorted())
            if len(self._new) + len(unknown) > self._room:
                raise _no_room(unknown[max(0, self._room - len(self._new))])
            self._new |= {self._meanings[name]: name for name in unknown}
        self._had.setdefault(reference, set()).update(meanings)
        self._places[reference] = self._places_with(reference, names)

    def _is_new(self, meaning: Meaning) -> bool:
        return isinstance(meaning, str) and meaning not in self._new

    def add(
        self,
        names_of: Mapping[int, tuple[str, ...]],
        new: Collection[int],
        action: TagAction | None,
    ) -> tuple[tagging.TagsAdded, list[str]]:
        """Add tags, given as names by the id of the return; ``new`` are the ids of new returns.

        Returns what was added, and the names that were unknown. With an action, what changes is
        stored so that it can be undone, except for new returns: undoing deletes them.
        """
        names = {name for some in names_of.values() for name in some}
        unknown = sorted(name for name in names if isinstance(self._meanings[name], str))
        needed = {self._meanings[name] for name in names}
        first = [name for meaning, name in self._new.items() if meaning in needed]
        tags = find_or_create([*first, *sorted(names)])
        pairs = [(pk, tags[name].pk) for pk, some in names_of.items() for name in some]
        of_new = [pair for pair in pairs if pair[0] in new]
        others = [pair for pair in pairs if pair[0] not in new]
        return _add(of_new) + _add(others, action), unknown


def _place(slot: int, meaning: Meaning) -> Place:
    return slot, 0 if slot else meaning


def _no_room(name: str) -> RecordError:
    why = stored_text(
        "“%(tag)s” would be a new tag, but the group “%(group)s” may have only %(most)s tags. Move "
        "tags to other groups, or merge them",
        tag=name,
        group=stored_group(UNSORTED),
        most=str(settings.FEED_NEW_TAGS),
    )
    return RecordError("tag", why)


def _add(pairs: list[tuple[int, int]], action: TagAction | None = None) -> tagging.TagsAdded:
    """Add tags to records. More than a statement can add in time are added in several."""
    parts = [pairs]
    if len(pairs) > MAX_PAIRS_AT_ONCE:
        by_record = (list(group) for _, group in groupby(pairs, key=itemgetter(0)))
        parts = [list(chain(*some)) for some in batched(by_record, RECORDS_AT_ONCE)]
    added = (tagging.add_many(ReturnTag, part, action=action) for part in parts)
    return sum(added, tagging.TagsAdded())
