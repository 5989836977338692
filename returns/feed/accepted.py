"""Records that were accepted before and are sent again: recognised before they are parsed.

Most of what a WMS sends is what it sent before. Once a return has taken a record, or has found it
to be no news, a digest of the record is kept with the version of the return's row. While the row
has this version, merging the record again gives the same row, as it depends on nothing but these
two and the code that does it; the digest is one of that code too, see ``digests``.

Where merging may depend on more, nothing is kept: a record with tags that its return does not have
from it, a return for which rejected records wait, one that is redacted, and several records of a
return in one batch. Neither is anything kept of a record that is older than another one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from django.db import connection

from returns.feed.records import ReturnRecord, split_tags
from returns.feed.stored_rows import StoredRow
from returns.models import AcceptedRecord, Fate, RejectedRecord

BETWEEN_REFERENCES = "\x1f"  # in no reference that has a digest
# Looked up first; if none of them was accepted before, a file of new records is no slower.
TRIED_FIRST = 200


class SentEntry(Protocol):
    """An entry that has not been parsed, and may have been accepted before.

    ``reference`` is that of its return, "" if it has none. Without a digest, it is always parsed.
    """

    reference: str
    digest: bytes

    def repeat(self) -> None:
        """Note that it was accepted before, and changes nothing."""

    def parse(self) -> ReturnRecord | None:
        """Return its record; None if it was rejected."""


def without_accepted(
    batch: Sequence[tuple[int, ReturnRecord | SentEntry]],
) -> tuple[list[tuple[int, ReturnRecord]], dict[str, bytes]]:
    """Return the records of a batch that were not accepted before, with digests by reference.

    Several records of a return have none, because what each of them does depends on the others.
    """
    counts = Counter(
        each.return_reference_number if isinstance(each, ReturnRecord) else each.reference
        for _, each in batch
    )
    digests = {
        each.reference: each.digest
        for _, each in batch
        if not isinstance(each, ReturnRecord) and each.digest and counts[each.reference] == 1
    }
    accepted = find_accepted(digests)
    pending: list[tuple[int, ReturnRecord]] = []
    for position, each in batch:
        if isinstance(each, ReturnRecord):
            pending.append((position, each))
        elif each.reference in accepted:
            each.repeat()
        elif record := each.parse():
            pending.append((position, record))
    return pending, digests


def forget_accepted(ids: Iterable[int]) -> None:
    """Forget what these returns took, whose facts are becoming those of before.

    Their versions tell that too, but those of a restored backup are other ones.
    """
    AcceptedRecord.objects.filter(pk__in=list(ids)).delete()


def find_accepted(given: Mapping[str, bytes]) -> set[str]:
    """Return the references of the returns that have taken just the record with this digest."""
    references = list(given)
    found = _find(references[:TRIED_FIRST], given)
    if found:
        found |= _find(references[TRIED_FIRST:], given)
    waiting = RejectedRecord.objects.filter(fate=Fate.WAITING)
    if found and waiting.exists():
        found -= set(waiting.filter(reference__in=found).values_list("reference", flat=True))
    return found


def _find(references: Sequence[str], given: Mapping[str, bytes]) -> set[str]:
    if not references:
        return set()
    digests = _array(given[reference] for reference in references)
    with connection.cursor() as cursor:
        cursor.execute(
            FIND_ACCEPTED, [BETWEEN_REFERENCES.join(references), BETWEEN_REFERENCES, digests]
        )
        return {reference for (reference,) in cursor.fetchall()}


class AcceptedRecords:
    """The records of a batch that their returns have taken, to be kept in its transaction."""

    def __init__(
        self, batch: Iterable[tuple[int, ReturnRecord]], digests: Mapping[str, bytes]
    ) -> None:
        self._digests = digests
        self._tags = {record.return_reference_number: record.tag for _, record in batch}
        self._accepted: list[tuple[int, bytes, str]] = []

    def add(self, reference: str, row: StoredRow) -> None:
        """Add a record that is no news to this row, or no longer is."""
        tags = self._tags[reference]
        is_plain = row.known.redacted_at is None and (
            not tags or set(row.known.tags).issuperset(split_tags(tags))
        )
        if is_plain and (digest := self._digests.get(reference)):
            self._accepted.append((row.pk, digest, row.version))

    def keep(self) -> None:
        """Store them, sorted, so that all imports lock them in the same order."""
        if not self._accepted:
            return
        ids, digests, versions = zip(*sorted(self._accepted), strict=True)
        given = [f"{{{','.join(map(str, ids))}}}", _array(digests), f"{{{','.join(versions)}}}"]
        with connection.cursor() as cursor:
            cursor.execute(KEEP_ACCEPTED, given)


def _array(digests: Iterable[bytes]) -> str:
    return f"{{{','.join(map(bytes.hex, digests))}}}"


FIND_ACCEPTED = """
    SELECT given.reference
    FROM unnest(string_to_array(%s, %s), %s::uuid[]) AS given (reference, digest)
    CROSS JOIN LATERAL (
        SELECT id, xmin FROM returns_return
        WHERE return_reference_number = given.reference OFFSET 0
    ) r
    CROSS JOIN LATERAL (
        SELECT digest, version FROM returns_acceptedrecord WHERE record_id = r.id OFFSET 0
    ) a
    WHERE a.digest = given.digest AND a.version = r.xmin
"""
KEEP_ACCEPTED = """
    INSERT INTO returns_acceptedrecord AS a (record_id, digest, version)
    SELECT id, digest, version::text::xid
    FROM unnest(%s::bigint[], %s::uuid[], %s::text[]) AS given (id, digest, version)
    ON CONFLICT (record_id) DO UPDATE SET digest = excluded.digest, version = excluded.version
    WHERE (a.digest, a.version::text) <> (excluded.digest, excluded.version::text)
"""
