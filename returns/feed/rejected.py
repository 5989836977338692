# ruff: noqa: S608 - built from our own conditions alone
"""Rejected records: each is kept once, with the reason; only so many of a run and of a source."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import override

from config.stored_texts import to_stored
from config.text import shorten, to_storable_text
from returns.feed.items import Item
from returns.feed.reasons import storable
from returns.feed.records import REFERENCE_FIELD, RecordError
from returns.feed.redacting import lock_redacted, raw_without_texts
from returns.models import Fate, FeedRun, RejectedRecord, Way
from tags.deadlocks import retry_deadlocks

Rejects = Sequence[tuple[Item, RecordError]]

MAX_SHORT_TEXT = 200
MAX_EXPONENT = 300
# Texts of a record that may be a reference which is not where it belongs.
MAX_MENTIONS, MAX_MENTION, MAX_MENTION_DEPTH = 500, 100, 4
TOO_DEEP = json.dumps("nested too deeply to be stored")
SETTLED = (Fate.IMPORTED, Fate.SUPERSEDED)
# What people bring and retry is one source, whatever the files are called.
BY_PEOPLE = (Way.FILE, Way.RETRY)
# A record that was set aside or superseded keeps that fate when it is received again. A record that
# is retried stays with the run that first rejected it. The ids are in the order of the run, but the
# records are locked in the order of their digests: then no two runs wait for each other.
UPSERT_REJECTS = """
    WITH given AS MATERIALIZED (
        SELECT nextval('returns_rejectedrecord_id_seq') AS id, each.* FROM unnest(
            %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::text[]
        ) AS each (place, reference, field, reason, written, is_record, digest)
    )
    INSERT INTO returns_rejectedrecord
        (id, place, reference, field, reason, written, is_record, digest, run_id, fate)
    SELECT given.*, %s, 'waiting' FROM given ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET
        run_id = CASE (SELECT way FROM returns_feedrun WHERE id = excluded.run_id)
            WHEN 'retry' THEN returns_rejectedrecord.run_id ELSE excluded.run_id END,
        place = excluded.place, field = excluded.field, reason = excluded.reason, seen_at = now(),
        fate = CASE returns_rejectedrecord.fate WHEN 'taken' THEN 'waiting'
            ELSE returns_rejectedrecord.fate END
"""

# A reference that is a word is looked up among the words of a record, however many are given.
PLAIN_REFERENCE = re.compile(r"[A-Za-z0-9_-]+")
REJECTS_ABOUT = """
    FROM returns_rejectedrecord WHERE reference = ANY(%(words)s::text[])
        OR EXISTS (
            SELECT FROM regexp_split_to_table(written, '[^A-Za-z0-9_-]+') AS word
            WHERE word = ANY(%(words)s::text[])
        )
        OR EXISTS (
            SELECT FROM unnest(%(parts)s::text[]) AS part WHERE strpos(written, part) > 0
        )
"""
DELETE_REJECTS_ABOUT = f"""
    DELETE FROM returns_rejectedrecord
    WHERE id IN (SELECT id {REJECTS_ABOUT} ORDER BY digest FOR UPDATE)
"""


@transaction.atomic
def settle(rejects: QuerySet[RejectedRecord], **values: Any) -> int:
    """Update rejected records, locked in the order in which runs lock them; return how many."""
    locked = rejects.order_by("digest").select_for_update(of=("self",))
    return rejects.filter(pk__in=list(locked.values_list("pk", flat=True))).update(**values)


def keep_rejects(run: FeedRun, rejects: Rejects, kept_before: int) -> int:
    """Keep the records that a run has rejected; return how many are not kept.

    They are too many for the run, which has kept others before, or for its source. Settled
    records of the source are deleted to make room, the oldest first.
    """
    kept = rejects[: max(0, settings.REJECTED_PER_RUN - kept_before)]
    if not kept:
        return len(rejects)

    @transaction.atomic
    def write() -> int:
        redacted = lock_redacted(set().union(*(_names_in(item) for item, _ in kept)))
        values = (_values(run, item, error, redacted) for item, error in kept)
        rows = {each[-1]: each for each in values}
        full = _without_room(run, set(rows))
        some = [values for digest, values in rows.items() if digest not in full]
        if some:
            with connection.cursor() as cursor:
                cursor.execute(UPSERT_REJECTS, [*map(list, zip(*some, strict=True)), run.pk])
        return len(full)

    return len(rejects) - len(kept) + retry_deadlocks(write)


def _without_room(run: FeedRun, digests: set[str]) -> set[str]:
    """Return the digests of new records for which the source has no room, after making some."""
    of_source = RejectedRecord.objects.filter(run__way=run.way, run__origin=run.origin)
    if run.way in BY_PEOPLE:
        of_source = RejectedRecord.objects.filter(run__way__in=BY_PEOPLE)
    most = settings.REJECTED_PER_SOURCE
    needed = of_source[: most + 1].count() + len(digests) - most
    if needed <= 0:
        return set()
    known = RejectedRecord.objects.filter(digest__in=digests).values_list("digest", flat=True)
    new = digests.difference(known)
    settled = of_source.filter(fate__in=SETTLED).exclude(digest__in=digests)
    old = list(settled.order_by("pk").values_list("pk", flat=True)[:needed])
    needed = of_source.count() + len(new) - most - len(old)
    locked = RejectedRecord.objects.filter(pk__in=old).order_by("digest").select_for_update()
    RejectedRecord.objects.filter(pk__in=list(locked.values_list("pk", flat=True))).delete()
    return set(sorted(new)[: min(len(new), max(0, needed))])


def count_rejects_about(references: Collection[str]) -> int:
    """Return how many rejected records are of these returns, or mention them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {REJECTS_ABOUT}", _words_and_parts(references))
        return int(cursor.fetchone()[0])


def delete_rejects_about(references: Collection[str]) -> None:
    """Delete the rejected records that are of these returns, or mention them."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_REJECTS_ABOUT, _words_and_parts(references))


def _words_and_parts(references: Collection[str]) -> dict[str, list[str]]:
    """Return the references, and those that are no single word, as JSON writes these."""
    odd = (each for each in references if not PLAIN_REFERENCE.fullmatch(each))
    return {"words": sorted(references), "parts": sorted(json.dumps(each)[1:-1] for each in odd)}


def digest_of(run: FeedRun, item: Item, error: RecordError) -> str:
    """Return what identifies a rejected record, however often it is received."""
    content = item.original if item.raw is None else item.raw
    if content is None:
        # It is identified by its place and error, in whatever language the process works.
        with override("en"):
            identity = f"{run.origin} {item.place} {error}"
    else:
        identity = to_ascii_json(content)
    return sha256(identity.encode(errors="replace")).hexdigest()


def _values(run: FeedRun, item: Item, error: RecordError, redacted: Collection[str]) -> list[Any]:
    reference = reference_of(item)
    content = item.original if item.raw is None else item.raw
    if not _names_in(item).isdisjoint(redacted):
        # What cannot be read as a record may have the texts anywhere.
        content = {REFERENCE_FIELD: reference}
        if item.raw is not None:
            content = raw_without_texts(item.raw)
    written = to_ascii_json(content)
    is_whole = len(written) <= settings.REJECTED_LENGTH
    return [
        to_short_text(item.place),
        reference,
        to_short_text(error.field),
        to_stored(storable(item.reason(error))),
        written if is_whole else _cut(written),
        item.raw is not None and written != TOO_DEEP and is_whole,
        digest_of(run, item, error),
    ]


def _cut(written: str) -> str:
    """Return the beginning of a record as JSON, marked as cut."""
    most = settings.REJECTED_LENGTH
    return json.dumps(f"Cut to {most:,} of {len(written):,} characters: {written[:most]}")


def _names_in(item: Item) -> set[str]:
    """Return the reference of an entry; without a readable one, all short texts in it."""
    if reference := reference_of(item):
        return {reference}
    return set(islice(_short_texts(item.raw), MAX_MENTIONS))


def _short_texts(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str) and 0 < len(value) <= MAX_MENTION:
        yield value.strip()
    elif isinstance(value, Mapping | list | tuple) and depth < MAX_MENTION_DEPTH:
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _short_texts(each, depth + 1)


def reference_of(item: Item) -> str:
    """Return the reference of an entry as it is kept with a rejected record; "" if it has none."""
    raw = item.raw or (item.rows[0].raw if item.rows else {})
    value = raw.get(REFERENCE_FIELD)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # as it is stored
    return to_short_text(value.strip()) if isinstance(value, str) else ""


def to_ascii_json(value: object) -> str:
    """Return a value as ASCII JSON, which every text column can store."""
    try:
        return json.dumps(value, default=_plain_number)
    except RecursionError:
        return TOO_DEEP


def _plain_number(value: object) -> object:
    if isinstance(value, Decimal):
        if value.adjusted() > MAX_EXPONENT:  # as an integer it would take all memory
            return str(value)
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"not JSON: {value!r}")


def to_short_text(text: str) -> str:
    """Return a text that fits into a short column."""
    return shorten(to_storable_text(text), MAX_SHORT_TEXT)
