"""Merging of records: what is known about a return, from all the records that were sent about it.

Of each fact, the newest record that has it decides; what a record does not have, it says nothing
about. So records may arrive in any order, in any batches and any number of times, with any facts
left out, and the result is the same.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from json import dumps
from operator import attrgetter
from typing import Any

from returns.feed.records import (
    NEEDED_TIMES,
    TIME_COLUMNS,
    RecordError,
    ReturnRecord,
    check_all,
    check_state,
    check_tags,
)
from returns.feed.redacting import without_texts
from returns.feed.rounded import more_exact, more_exact_items
from returns.models import State
from returns.models.facts import FACTS, LINE_ITEMS, STATE_COLUMNS

# How new a record is: its update, the rank of its state, its completion and its arrival.
Stamp = tuple[datetime, int, datetime, datetime]

EARLIEST = datetime.min.replace(tzinfo=UTC)
NOT_SENT: Stamp = (EARLIEST, -1, EARLIEST, EARLIEST)
STATE_RANKS = {str(state): rank for rank, state in enumerate(State.values)}
FACT_COLUMNS = tuple(fact.column for fact in FACTS)
# No record changes these of a return.
IDENTITY = ("source", "return_reference_number")
# Every record has its update and its state, so these come with the newest one.
MERGED_COLUMNS = tuple(
    name for name in FACT_COLUMNS if name not in {*IDENTITY, "updated_at", "state"}
)
# The WMS leaves these out if a return lacks them, and sends the others empty.
OMITTED_COLUMNS = frozenset(fact.column for fact in FACTS if fact.is_omitted)
SENT_EMPTY_COLUMNS = frozenset(MERGED_COLUMNS) - OMITTED_COLUMNS
UNKNOWN_FIELD = "unknown_fields."  # before the name of an unknown field in ``Known.stamps``
# Before the name of a time in ``Known.stamps``: the stamp of the newest record that has the time,
# if a newer one says that there is none. A state that needs the time finds it in the stamp.
EARLIER_TIME = "earlier."
PLACES_IN_STAMP = {"completed_at": 2, "arrived_to_warehouse_at": 3}
# An admin's correction holds while the WMS repeats what it sent for all of these columns.
CORRECTED_TOGETHER = (
    STATE_COLUMNS,
    *((name,) for name in FACT_COLUMNS if name not in STATE_COLUMNS),
)
_fact_values = attrgetter(*FACT_COLUMNS)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a return.

    ``facts`` are the values that were sent, by column, and ``corrected`` the values that an admin
    put in their place. ``stamps`` has the facts that the newest record did not have, with the stamp
    of the record that they are from, or ``NOT_SENT``. ``tags`` are the names of all tags ever sent.
    ``redacted_at`` is since when its texts are gone, if they are; see ``redacting``.
    """

    facts: dict[str, Any]
    unknown_fields: Mapping[str, Any]
    corrected: dict[str, Any]
    stamps: Mapping[str, Stamp]
    tags: tuple[str, ...]
    redacted_at: datetime | None = None


def merge(
    known: Known | None,
    record: ReturnRecord,
    tags: Sequence[str] = (),
    tag_count: int = 0,
    redacted_at: datetime | None = None,
) -> Known:
    """Return what is known after a record; the same object if the record adds nothing.

    ``tags`` are the names in the record that no record has brought yet, and ``tag_count`` is the
    number of tags that the return has with these. Raises ``RecordError`` if the record is the
    newest and its state needs a time that no record has, or if the return would get too many tags.
    The texts of a redacted return stay gone; ``redacted_at`` is for one that is not known any more.
    """
    redacted_at = known.redacted_at if known else redacted_at
    if redacted_at:
        record = without_texts(record)
    facts = dict(zip(FACT_COLUMNS, _fact_values(record), strict=True))
    if known is None:
        check_all(facts, tags, tag_count)
        return replace(_first_known(record, facts, tags), redacted_at=redacted_at)
    if not tags and _repeats(record, facts, known):
        return known
    if record.is_rounded:
        facts |= {name: more_exact(known.facts[name], facts[name]) for name in TIME_COLUMNS}
        facts[LINE_ITEMS] = more_exact_items(known.facts[LINE_ITEMS], facts[LINE_ITEMS])
        # Our own export shows corrections; a file that repeats them does not speak for the WMS.
        facts |= {
            name: known.facts[name]
            for name, value in known.corrected.items()
            if facts[name] == value or (value and more_exact(value, facts[name]) == value)
        }
    newest = _stamp(known.facts, known.stamps, known)
    merged = _merge_facts(known, newest, record, facts, tags)
    if record.is_update_derived and _same_but_for_update(known, merged):
        # Nobody said the time of this update, so it alone is no news.
        merged = replace(known, tags=merged.tags)
    if merged == known and _rank(merged.unknown_fields) == _rank(known.unknown_fields):
        return known  # compared as text too, because 1 == 1.0
    try:
        check_state(merged.facts)
    except RecordError:
        if _stamp(facts, record.absent, known) > newest:
            check_all(merged.facts, tags, tag_count)
        # An older record, whose times contradict the newest one, may have other facts.
        timeless = replace(record, absent=record.absent | set(STATE_COLUMNS[1:]))
        return merge(known, timeless, tags, tag_count)
    check_tags(tags, tag_count)
    return replace(merged, corrected=_corrections_that_hold(known, merged))


def _first_known(record: ReturnRecord, facts: dict[str, Any], tags: Sequence[str]) -> Known:
    stamps = dict.fromkeys(SENT_EMPTY_COLUMNS & record.absent, NOT_SENT)
    if empty := [name for name in OMITTED_COLUMNS - record.absent if not facts[name]]:
        stamps |= dict.fromkeys(empty, _stamp(facts, record.absent))
    return Known(facts, record.unknown_fields, {}, stamps, tuple(tags))


def _repeats(record: ReturnRecord, facts: dict[str, Any], known: Known) -> bool:
    """Tell quickly whether a record has no news; False if that is not plain to see."""
    return (
        facts == known.facts
        and not record.unknown_fields
        and known.stamps.keys() <= record.absent
        and all(facts[name] or name in record.absent for name in OMITTED_COLUMNS)
    )


def with_stamps_of_correction(known: Known) -> Known:
    """Return what is known, with no fact from a record newer than the newest one.

    A correction of the update may have moved that one back.
    """
    if "updated_at" not in known.corrected:
        return known
    newest = _stamp(known.facts, known.stamps, known)
    stamps = {
        # An earlier time stays in its stamp.
        name: (*newest[:2], *stamp[2:])
        if stamp > newest and name.startswith(EARLIER_TIME)
        else min(stamp, newest)
        for name, stamp in known.stamps.items()
    }
    return replace(known, stamps=_without_usual(stamps, known.facts, newest))


def _merge_facts(
    known: Known,
    newest: Stamp,
    record: ReturnRecord,
    sent: Mapping[str, Any],
    tags: Sequence[str],
) -> Known:
    stamp = _stamp(sent, record.absent, known)
    facts, unknown_fields = _latest_facts(known), dict(known.unknown_fields)
    stamps: dict[str, Stamp] = {}
    if stamp > newest:
        facts |= {"updated_at": sent["updated_at"], "state": sent["state"]}
    for name in MERGED_COLUMNS:
        before = known.stamps.get(name) or _usual_stamp(name, known.facts, newest)
        is_said = name not in record.absent
        if is_said and (stamp, _rank(sent[name])) > (before, _rank(facts[name])):
            facts[name], before = sent[name], stamp
        stamps[name] = before
    for name in known.unknown_fields.keys() | record.unknown_fields.keys():
        key = f"{UNKNOWN_FIELD}{name}"
        before = known.stamps.get(key) or (newest if name in known.unknown_fields else NOT_SENT)
        value = record.unknown_fields.get(name)
        is_said = name in record.unknown_fields
        if is_said and (stamp, _rank(value)) > (before, _rank(unknown_fields.get(name))):
            unknown_fields[name], before = value, stamp
        stamps[key] = before
    for name, place in PLACES_IN_STAMP.items():
        if not facts[name] and (earlier := _earlier_time(name, place, known, newest, stamp)):
            stamps[f"{EARLIER_TIME}{name}"] = earlier
            if name == NEEDED_TIMES.get(facts["state"]):
                facts[name] = earlier[place]
    kept = _without_usual(stamps, facts, max(stamp, newest))
    return replace(
        known, facts=facts, unknown_fields=unknown_fields, stamps=kept, tags=(*known.tags, *tags)
    )


def _latest_facts(known: Known) -> dict[str, Any]:
    """Return of each fact what the newest record that has it says, also if it needs another."""
    earlier = (name for name in PLACES_IN_STAMP if f"{EARLIER_TIME}{name}" in known.stamps)
    return known.facts | dict.fromkeys(earlier)


def _earlier_time(name: str, place: int, known: Known, newest: Stamp, stamp: Stamp) -> Stamp | None:
    """Return the stamp of the newest record that has a time; None if no record has it."""
    found = [known.stamps[key]] if (key := f"{EARLIER_TIME}{name}") in known.stamps else []
    if not found and known.facts[name]:
        before = known.stamps.get(name) or newest
        found.append((*before[:place], known.facts[name], *before[place + 1 :]))
    if stamp[place] != EARLIEST:
        found.append(stamp)
    return max(found, default=None)


def has_needed_time(known: Known, record: ReturnRecord) -> bool:
    """Tell whether the time that a record needs for its state may be known by now."""
    needed = NEEDED_TIMES.get(record.state, "")
    is_known = known.facts.get(needed) or f"{EARLIER_TIME}{needed}" in known.stamps
    return bool(is_known or known.corrected)


def newest_stamp(known: Known) -> Stamp:
    """Return how new the newest record of a return was."""
    return _stamp(known.facts, known.stamps, known)


def stamp_of(record: ReturnRecord) -> Stamp:
    """Return how new a record is."""
    return _stamp(dict(zip(FACT_COLUMNS, _fact_values(record), strict=True)), record.absent)


def said_at(known: Known, column: str) -> datetime:
    """Return when the newest record that has a fact was updated; the first moment if none has."""
    newest = newest_stamp(known)
    usual = _usual_stamp(column, known.facts, newest) if column in known.facts else newest
    return known.stamps.get(column, usual)[0]


def _stamp(facts: Mapping[str, Any], absent: Collection[str], known: Known | None = None) -> Stamp:
    """Return how new a record is that has these facts, but for those that are absent.

    An update whose time an admin has corrected is as new as the admin says, also when it is sent
    again. So a return that a wrong time in the future had frozen takes newer records.
    """
    updated_at = facts["updated_at"]
    if known and known.corrected and updated_at == known.facts["updated_at"]:
        updated_at = known.corrected.get("updated_at", updated_at)
    completed_at, arrived_at = (
        (None if name in absent else facts[name]) or EARLIEST
        for name in ("completed_at", "arrived_to_warehouse_at")
    )
    return updated_at, STATE_RANKS[facts["state"]], completed_at, arrived_at


def _usual_stamp(name: str, facts: Mapping[str, Any], newest: Stamp) -> Stamp:
    """Return the stamp of a fact for which none is kept."""
    return NOT_SENT if name in OMITTED_COLUMNS and not facts[name] else newest


def _without_usual(
    stamps: Mapping[str, Stamp], facts: Mapping[str, Any], newest: Stamp
) -> dict[str, Stamp]:
    return {
        name: stamp for name, stamp in stamps.items() if stamp != _usual_stamp(name, facts, newest)
    }


def _rank(value: object) -> tuple[bool, Any]:
    """Return the order of values that were sent with the same stamp: an empty one comes first."""
    if isinstance(value, (str, datetime)):
        return bool(value), value
    return value is not None, "" if value is None else dumps(value, sort_keys=True)


def _same_but_for_update(before: Known, after: Known) -> bool:
    same = after.facts | {"updated_at": before.facts["updated_at"]} == before.facts
    return same and after.unknown_fields == before.unknown_fields


def _corrections_that_hold(before: Known, after: Known) -> dict[str, Any]:
    return {
        name: before.corrected[name]
        for names in CORRECTED_TOGETHER
        if all(before.facts[name] == after.facts[name] for name in names)
        for name in names
        if name in before.corrected
    }
