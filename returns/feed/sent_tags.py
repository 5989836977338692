"""Tags that records bring: only those that a return has never had are added."""

from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import replace
from itertools import batched, chain, groupby
from operator import itemgetter

from returns.feed.merging import Known
from returns.feed.stored_rows import StoredRow
from returns.models import ReturnTag
from tags import tagging
from tags.models import TagAction
from tags.sent_names import find_all, find_or_create

MAX_PAIRS_AT_ONCE = 30_000  # of a record and a tag, in one statement
RECORDS_AT_ONCE = 500  # if there are more


def leave_out_tags_of_before(
    known: MutableMapping[str, Known | None], stored: Mapping[str, StoredRow]
) -> None:
    """Leave out names of tags that the return has or had: somebody may have removed them."""
    new = {
        reference: set(after.tags[len(stored[reference].known.tags) :])
        for reference, after in known.items()
        if after and reference in stored and len(after.tags) > len(stored[reference].known.tags)
    }
    tags = find_all({name for names in new.values() for name in names}) if new else {}
    pairs = [
        (stored[reference].pk, tags[name].pk)
        for reference, names in new.items()
        for name in names
        if name in tags
    ]
    before = tagging.ever_tagged(ReturnTag, pairs)
    for reference, names in new.items():
        row, after = stored[reference], known[reference]
        gone = {name for name in names if name in tags and (row.pk, tags[name].pk) in before}
        if after and gone:
            kept = replace(after, tags=tuple(name for name in after.tags if name not in gone))
            known[reference] = row.known if kept == row.known else kept


def add_tags(
    names_of: Mapping[int, tuple[str, ...]], new: Collection[int], action: TagAction | None
) -> tuple[tagging.TagsAdded, list[str]]:
    """Add tags, given as names by the id of the return; ``new`` are the ids of new returns.

    Returns what was added, and the names that were unknown. With an action, what changes is stored
    so that it can be undone, except for new returns: undoing deletes them.
    """
    names = {name for some in names_of.values() for name in some}
    unknown = sorted(names - find_all(names).keys())
    tags = find_or_create(names)
    pairs = [(pk, tags[name].pk) for pk, some in names_of.items() for name in some]
    of_new = [pair for pair in pairs if pair[0] in new]
    others = [pair for pair in pairs if pair[0] not in new]
    return _add(of_new) + _add(others, action), unknown


def _add(pairs: list[tuple[int, int]], action: TagAction | None = None) -> tagging.TagsAdded:
    """Add tags to records. More than a statement can add in time are added in several."""
    parts = [pairs]
    if len(pairs) > MAX_PAIRS_AT_ONCE:
        by_record = (list(group) for _, group in groupby(pairs, key=itemgetter(0)))
        parts = [list(chain(*some)) for some in batched(by_record, RECORDS_AT_ONCE)]
    added = (tagging.add_many(ReturnTag, part, action=action) for part in parts)
    return sum(added, tagging.TagsAdded())
